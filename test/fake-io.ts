import type { Io } from '../src/cli/io.ts'

/** An Io that keeps what is written, bytes as latin1; for tests. */
export function fakeIo(given: Partial<Io> = {}): Io & { out: string; err: string } {
  const io = {
    out: '',
    err: '',
    stdout: async (data: string | Uint8Array) => {
      io.out += typeof data === 'string' ? data : Buffer.from(data).toString('latin1')
    },
    stderr: (text: string) => {
      io.err += text
    },
    isTTY: false,
    columns: 80,
    colour: false,
    signal: new AbortController().signal,
    progress: () => ({ update() {}, done() {} }),
    ...given,
  }
  return io
}

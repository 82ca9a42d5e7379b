import type { Io } from '../src/cli/io.ts'

/** An Io that keeps what is written; for tests. */
export function fakeIo(given: Partial<Io> = {}): Io & { out: string; err: string } {
  const io = {
    out: '',
    err: '',
    stdout: async (text: string) => {
      io.out += text
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

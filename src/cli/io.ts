import { UnwritableError } from '../core/index.ts'
import { type Progress, progressBar } from './progress.ts'

/** All that a command may touch of the outside; tests pass their own. */
export interface Io {
  /** Writes to standard output; resolves when the reader keeps up. */
  stdout(data: string | Uint8Array): Promise<void>
  stderr(text: string): void
  /** Whether standard output is a terminal. */
  readonly isTTY: boolean
  /** Width of the terminal in characters; 80 where there is none. */
  readonly columns: number
  /** Whether to colour: a terminal, and NO_COLOR not set. */
  readonly colour: boolean
  /** Aborted by Ctrl-C, or by SIGTERM. */
  readonly signal: AbortSignal
  /** A progress bar on standard error, silent unless that is a terminal. @param total null where it is not known */
  progress(label: string, total: number | null): Progress
}

/** The real terminal, with Ctrl-C and SIGTERM bound to `signal` (status 130 and 143); the second ends the program at once. */
export function terminal(): Io {
  const abort = new AbortController()
  const stopWith = (status: number) => () => {
    if (abort.signal.aborted) process.exit(status)
    abort.abort()
    // Commands end as after Ctrl-C; who asked is known here only.
    process.once('exit', (code) => {
      if (code === 130) process.exitCode = status
    })
  }
  process.on('SIGINT', stopWith(130))
  process.on('SIGTERM', stopWith(143))
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    // The reader went away (`taxon … | head`): nobody is left to tell.
    if (error.code === 'EPIPE') process.exit(0)
    process.stderr.write(`taxon: ${new UnwritableError('standard output', error).message}\n`)
    process.exit(2)
  })
  // Where complaints cannot be written, the exit status still tells.
  process.stderr.on('error', () => {})
  return {
    stdout: (data) =>
      new Promise((resolve) => {
        if (process.stdout.write(data)) resolve()
        else process.stdout.once('drain', resolve)
      }),
    stderr: (text) => void process.stderr.write(text),
    isTTY: process.stdout.isTTY ?? false,
    columns: process.stdout.columns ?? 80,
    colour: (process.stdout.isTTY ?? false) && !process.env.NO_COLOR,
    signal: abort.signal,
    progress: (label, total) => progressBar(process.stderr, label, total),
  }
}

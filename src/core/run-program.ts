import { type ChildProcess, spawn } from 'node:child_process'
import { beforeEnd } from './before-end.ts'

/** Characters of what a program writes that are kept, the last ones. */
const MAX_SAID = 65_536

/** How long what it wrote last may be on its way after its end. */
const LAST_OUTPUT_MS = 1000

/** How a program is run. */
export interface ProgramOptions {
  readonly cwd: string
  /** Variables beside those of this process, or instead of them. */
  readonly env?: Readonly<Record<string, string>>
  readonly timeoutMs: number
  readonly signal?: AbortSignal | undefined
}

/** How a program ended, and what it wrote to its standard streams. */
export interface ProgramEnd {
  readonly status: number | null
  /** How it ended other than with a status, e.g. `ended by SIGSEGV`. */
  readonly problem: string | null
  /** Whether it was ended because it took longer than it was allowed. */
  readonly isLate: boolean
  /** Both streams, as they came; the last of it where it is much. */
  readonly said: string
}

/**
 * Runs a program that is asked for nothing, in a group of its own: it and all that it started are gone when this resolves,
 * whether it ended by itself, by its time, by the signal or with this process.
 */
export function runProgram(
  path: string,
  args: readonly string[],
  { cwd, env, timeoutMs, signal }: ProgramOptions,
): Promise<ProgramEnd> {
  return new Promise((resolve) => {
    let said = ''
    let isLate = false
    const child = spawn(path, args, {
      cwd,
      detached: process.platform !== 'win32',
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...env },
      windowsHide: true,
    })
    const kill = () => killGroup(child)
    const forget = beforeEnd(kill)
    const timer = setTimeout(() => {
      isLate = true
      kill()
    }, timeoutMs)
    signal?.addEventListener('abort', kill)
    if (signal?.aborted) kill()
    const finish = (status: number | null, problem: string | null) => {
      forget()
      child.stdout.destroy()
      child.stderr.destroy()
      resolve({ status, problem, isLate, said })
    }
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('latin1')
      stream.on('data', (text: string) => {
        said = (said + text).slice(-MAX_SAID)
      })
    }
    const stop = () => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', kill)
      // What it left behind may hold the pipes, or write to a folder that is about to go.
      kill()
    }
    child.once('error', (error: NodeJS.ErrnoException) => {
      stop()
      finish(null, `could not be started, ${error.code}`)
    })
    child.once('exit', (status, by) => {
      stop()
      const done = () => {
        clearTimeout(patience)
        finish(status, by === null ? null : `ended by ${by}`)
      }
      // A process that left the group may hold the pipes for ever.
      const patience = setTimeout(done, LAST_OUTPUT_MS)
      child.once('close', done)
    })
  })
}

function killGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return
  try {
    if (process.platform === 'win32')
      spawn('taskkill', ['/pid', String(pid), '/T', '/F'], { stdio: 'ignore' })
    else process.kill(-pid, 'SIGKILL')
  } catch {
    // There is none left.
  }
}

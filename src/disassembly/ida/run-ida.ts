import { type ChildProcess, spawn } from 'node:child_process'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeEnd } from './before-end.ts'
import { IdaFailedError, IdaLicenceError, IdaListingError, IdaTimeoutError } from './errors.ts'
import type { IdaProgram } from './find-ida.ts'
import { CANNOT_WRITE, END_MARK } from './scripts.ts'

/** Characters of what IDA writes that are kept, and those of its last words that an error tells. */
const MAX_SAID = 65_536
const MAX_WORDS = 200

/** How long what it wrote last may be on its way after its end. */
const LAST_OUTPUT_MS = 1000

/** One run of IDA Pro over one file, all of it inside one folder. */
export interface IdaRun {
  readonly program: IdaProgram
  readonly folder: string
  /** The sample and the script, inside the folder. */
  readonly sample: string
  readonly script: string
  readonly timeoutMs: number
  readonly signal?: AbortSignal | undefined
}

/**
 * Runs IDA Pro and returns the path of its listing, which is whole: the program ended well, and the listing ends with our
 * mark. The program and all that it started are gone when this returns or throws.
 * @throws IdaLicenceError, IdaTimeoutError, IdaFailedError, IdaListingError, the reason of the signal
 */
export async function runIda(run: IdaRun): Promise<string> {
  const { program, folder, sample, timeoutMs, signal } = run
  const [listing, log] = [join(folder, 'listing.lst'), join(folder, 'ida.log')]
  const { path } = program
  const end = await ended(run, [
    '-A',
    `-S${quoted(run.script)} ${quoted(listing)}`,
    `-o${sample}`,
    `-L${log}`,
    sample,
  ])
  signal?.throwIfAborted()
  if (end.isLate) throw new IdaTimeoutError(path, timeoutMs)
  const said = `${await endOf(log, MAX_SAID)}\n${end.said}`
  const words = lastWords(said)
  const works = end.status === 0 && end.problem === null
  if (works && (await isWhole(listing))) return listing
  const licence = LICENCE.exec(said)
  if (licence !== null) throw new IdaLicenceError(path, licence[0].trim().slice(0, MAX_WORDS))
  if (works) throw new IdaListingError(path, 'it ended without a whole listing', words)
  if (end.status === CANNOT_WRITE) throw new IdaListingError(path, 'it could not write its listing', words)
  throw new IdaFailedError(path, end.problem ?? `ended with status ${end.status}`, words)
}

/** A line that speaks of the licence and of something that is wrong with it; a good one is told of in each log. */
const LICENCE =
  /^.*\blicen[cs]e\b.*\b(?:not|no|invalid|expired|cannot|missing|failed|denied)\b.*$|^.*\b(?:not?|invalid|cannot|missing|failed|expired|without)\b.*\blicen[cs]e\b.*$/im

/** How a program ended, and what it wrote to its standard streams. */
interface End {
  readonly status: number | null
  /** How it ended other than with a status. */
  readonly problem: string | null
  readonly isLate: boolean
  readonly said: string
}

function ended({ program, folder, timeoutMs, signal }: IdaRun, args: readonly string[]): Promise<End> {
  return new Promise((resolve) => {
    let said = ''
    let isLate = false
    // A group of its own, so that whatever it starts ends with it.
    const child = spawn(program.path, args, {
      cwd: folder,
      detached: process.platform !== 'win32',
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, TVHEADLESS: '1', TERM: 'xterm' },
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
      // What it left behind may hold the pipes, or write to the folder that is about to go.
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

/** IDA takes the script and its arguments as one text, which it parts at blanks. */
function quoted(path: string): string {
  return /[ \t]/.test(path) ? `"${path}"` : path
}

function lastWords(said: string): string {
  const lines = said.split(/[\r\n]+/).filter((line) => /\w/.test(line))
  return (lines.at(-1) ?? '').trim().slice(0, MAX_WORDS)
}

/** Whether a listing ends with our mark. */
async function isWhole(path: string): Promise<boolean> {
  const tail = await endOf(path, END_MARK.length + 4)
  return tail.trimEnd().endsWith(END_MARK)
}

/** The last bytes of a file, one character each; none where there is no such file. */
async function endOf(path: string, most: number): Promise<string> {
  try {
    const file = await open(path)
    try {
      const { size } = await file.stat()
      const tail = Buffer.alloc(Math.min(size, most))
      const { bytesRead } = await file.read(tail, 0, tail.length, size - tail.length)
      return tail.toString('latin1', 0, bytesRead)
    } finally {
      await file.close()
    }
  } catch {
    return ''
  }
}

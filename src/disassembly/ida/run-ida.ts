import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { runProgram } from '../../core/index.ts'
import { IdaFailedError, IdaLicenceError, IdaListingError, IdaTimeoutError } from './errors.ts'
import type { IdaProgram } from './find-ida.ts'
import { CANNOT_WRITE, END_MARK } from './scripts.ts'

/** Characters of IDA's log that are looked at, and those of its last words that an error tells. */
const MAX_SAID = 65_536
const MAX_WORDS = 200

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
  const end = await runProgram(
    path,
    ['-A', `-S${quoted(run.script)} ${quoted(listing)}`, `-o${sample}`, `-L${log}`, sample],
    { cwd: folder, env: { TVHEADLESS: '1', TERM: 'xterm' }, timeoutMs, signal },
  )
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

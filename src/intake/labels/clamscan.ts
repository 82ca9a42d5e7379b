import { createWriteStream, rmSync } from 'node:fs'
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { beforeEnd, KnownError, type ProgramEnd, runProgram, UnwritableError } from '../../core/index.ts'
import { boundedDetection, type EngineLabel, type LabelSource } from './label-source.ts'
import { limitsLabel } from './limits-exceeded.ts'

/** How clamscan is run. */
export interface ClamscanOptions {
  /** The program; `clamscan` from the PATH by default. */
  readonly program?: string
  /** Signatures, a file or folder; those of the system by default. */
  readonly database?: string
  /** For one sample, the loading of signatures included; ten minutes by default. */
  readonly timeoutMs?: number
  /** Where samples lie while they are looked at; the system's temporary folder by default. */
  readonly temporary?: string
  /** The clock, milliseconds since 1970. */
  now?(): number
}

/** There is no clamscan, or it cannot work: no signatures, an unreadable folder. */
export class ClamscanUnavailableError extends KnownError {
  readonly code = 'clamscan-unavailable'

  constructor(program: string, problem: string) {
    super(`${program}: ${problem}`)
  }
}

const TIMEOUT_MS = 600_000
const VERSION_TIMEOUT_MS = 60_000
/** ClamAV looks at no file from here on, whatever its settings. */
const MAX_SAMPLE_BYTES = 2 ** 31 - 1
const AN_HOUR_MS = 3_600_000
const FOLDER = /^taxon-clamscan-(\d+)-/

/**
 * Labels by the program clamscan, for machines without clamd. It loads its signatures anew for every sample, which takes
 * it many seconds with all of ClamAV's. The sample lies in a new folder that only its owner may enter, and is gone
 * afterwards, also when this process is ended by a signal; what one that was killed left behind goes an hour later.
 */
export function clamscan(options: ClamscanOptions = {}): LabelSource {
  const {
    program = 'clamscan',
    database,
    timeoutMs = TIMEOUT_MS,
    temporary = tmpdir(),
    now = Date.now,
  } = options
  let known: Promise<string> | null = null
  let swept = false

  async function askVersion(signal?: AbortSignal): Promise<string> {
    const args = ['--version', ...(database === undefined ? [] : [`--database=${database}`])]
    const end = await runProgram(program, args, { cwd: temporary, timeoutMs: VERSION_TIMEOUT_MS, signal })
    signal?.throwIfAborted()
    const version = /^ClamAV .+$/m.exec(end.said)?.[0]
    if (end.status !== 0 || version === undefined) throw new ClamscanUnavailableError(program, wordsOf(end))
    return boundedDetection(version)
  }

  function version(signal?: AbortSignal): Promise<string> {
    known ??= askVersion(signal).catch((error) => {
      known = null
      throw error
    })
    return known
  }

  return {
    name: 'clamscan',
    version,
    async label(sample, signal) {
      const label = { family: null, category: null, firstSeen: null, by: 'clamscan', source: 'clamscan' }
      const by = { ...label, engine: 'ClamAV', version: await version(signal) }
      if (sample.size > MAX_SAMPLE_BYTES) return [{ ...by, at: now(), ...TOO_BIG }]
      if (!swept) await sweep(temporary)
      swept = true
      const folder = await mkdtemp(join(temporary, `taxon-clamscan-${process.pid}-`)).catch((error) => {
        throw new UnwritableError(temporary, error)
      })
      const forget = beforeEnd(() => rmSync(folder, { recursive: true, force: true }))
      try {
        const path = join(folder, 'sample')
        await writePrivately(path, sample.open(), signal)
        const args = ['--no-summary', '--stdout', '--alert-exceeds-max=yes', `--tempdir=${folder}`]
        if (database !== undefined) args.push(`--database=${database}`)
        const end = await runProgram(program, [...args, path], { cwd: folder, timeoutMs, signal })
        signal?.throwIfAborted()
        return [{ ...by, at: now(), ...meaningOf(program, path, end, timeoutMs) }]
      } finally {
        await rm(folder, { recursive: true, force: true })
        forget()
      }
    },
  }
}

async function writePrivately(
  path: string,
  chunks: AsyncIterable<Uint8Array>,
  signal?: AbortSignal,
): Promise<void> {
  const out = createWriteStream(path, { mode: 0o600, flags: 'wx' })
  try {
    await pipeline(Readable.from(chunks), out, signal ? { signal } : {})
  } catch (error) {
    signal?.throwIfAborted()
    throw (error as NodeJS.ErrnoException).syscall && out.errored === error
      ? new UnwritableError(path, error)
      : error
  }
}

type Meaning = Pick<EngineLabel, 'malicious' | 'detection' | 'state' | 'problem'>

const UNSEEN = { malicious: null, detection: null } as const
const TOO_BIG: Meaning = {
  ...UNSEEN,
  state: 'too-big',
  problem: 'it is larger than what ClamAV looks at, 2 GiB',
}

/** clamscan ends with 0 for nothing and 1 for something found, and says which behind the path. */
function meaningOf(program: string, path: string, end: ProgramEnd, timeoutMs: number): Meaning {
  const line = end.said.split('\n').findLast((each) => each.startsWith(`${path}: `))
  const said = line?.slice(path.length + 2).trimEnd()
  if (end.isLate)
    return { ...UNSEEN, state: 'failed', problem: `clamscan took longer than ${timeoutMs / 1000} s` }
  if (said === undefined && end.problem === null) throw new ClamscanUnavailableError(program, wordsOf(end))
  const found = /^(.+) FOUND$/.exec(said ?? '')?.[1]
  if (end.status === 1 && found !== undefined) {
    return (
      limitsLabel(found) ?? {
        malicious: 1,
        detection: boundedDetection(found),
        state: 'found',
        problem: null,
      }
    )
  }
  if (end.status === 0 && (said === 'OK' || said === 'Empty file')) {
    return { malicious: 0, detection: null, state: 'clean', problem: null }
  }
  return { ...UNSEEN, state: 'failed', problem: `clamscan: ${end.problem ?? boundedDetection(said ?? '')}` }
}

/** How it ended and the last it said, for people. */
function wordsOf({ status, problem, isLate, said }: ProgramEnd): string {
  if (isLate) return 'it does not end'
  if (problem !== null) return problem
  if (/No supported database files/.test(said)) return 'it has no signatures; freshclam fetches them'
  const last = said.trim().split('\n').at(-1) ?? ''
  return `it ended with status ${status}${last === '' ? '' : `: ${boundedDetection(last)}`}`
}

/** Removes the folders of processes that are gone, where they are old enough not to be of a process that is not seen. */
async function sweep(temporary: string): Promise<void> {
  for (const name of await readdir(temporary).catch(() => [])) {
    const pid = FOLDER.exec(name)?.[1]
    const path = join(temporary, name)
    if (pid === undefined || isAlive(Number(pid))) continue
    const about = await stat(path).catch(() => null)
    if (about && Date.now() - about.mtimeMs > AN_HOUR_MS)
      await rm(path, { recursive: true, force: true }).catch(() => {})
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH'
  }
}

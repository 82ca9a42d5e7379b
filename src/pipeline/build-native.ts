import { rmSync } from 'node:fs'
import { mkdir, mkdtemp, open, rename, rm } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { dirname, join } from 'node:path'
import { beforeEnd, KnownError, type ProgramEnd, runProgram, UnwritableError } from '../core/index.ts'
import { builtAddonPath, sourcesDigest } from '../kernels/network/native-addon.ts'
import { EngineProbeError, type EngineReport, probeEngines } from './probe-engines.ts'

/** The native build of the network's kernels did not come about. */
export class NativeBuildError extends KnownError {
  readonly code = 'native-build'

  constructor(problem: string, options?: ErrorOptions) {
    super(`native build: ${problem}`, options)
  }
}

/** How `buildNative` goes about it. */
export interface BuildNativeOptions {
  /** Longest time of one run of the compiler; 10 minutes by default. */
  readonly timeoutMs?: number
  /** Told how many of the steps are done. */
  onProgress?(done: number, total: number): void
  readonly signal?: AbortSignal
}

/** A native build that was checked and put in its place. */
export interface NativeBuild {
  readonly path: string
  /** The compiler as it was called. */
  readonly compiler: string
  /** The builds that this processor can run, which were checked. */
  readonly builds: readonly string[]
}

/** Loaded when it is wanted: all else of taxon works without the sources. */
type Native = typeof import('../../native/build-addon.js')

const TIMEOUT_MS = 600_000
const VERSION_TIMEOUT_MS = 10_000
/** Lines of what a compiler said, and characters of them, that an error tells. */
const [MAX_LINES, MAX_WORDS] = [3, 400]

/**
 * Builds the network's kernels with the C++ compiler of this machine, holds them to WebAssembly's bytes in a process of
 * their own, and only then puts them where they are found. Whatever else happens, nothing is left behind.
 * @throws NativeBuildError, UnwritableError, the reason of the signal
 */
export async function buildNative(options: BuildNativeOptions = {}): Promise<NativeBuild> {
  const { signal } = options
  const native: Native = await import('../../native/build-addon.js').catch((error: unknown) => {
    throw new NativeBuildError('its sources are not here; reinstall taxon', { cause: error })
  })
  const compiler = await findCompiler(native, signal)
  const path = builtAddonPath()
  const folder = await folderBeside(path)
  const forget = beforeEnd(() => rmSync(folder, { recursive: true, force: true }))
  try {
    const addon = join(folder, 'taxon.node')
    const { objects, link } = native.addonRuns(folder, addon, sourcesDigest())
    const steps = objects.length + 2
    let done = 0
    options.onProgress?.(done, steps)
    const run = async (args: readonly string[], stop?: AbortSignal) => {
      const { timeoutMs = TIMEOUT_MS } = options
      const end = await runProgram(compiler[0], [...compiler.slice(1), ...args], {
        cwd: native.nativeFolder,
        // Its temporary files go with all the others, and its complaints are in one language.
        env: { TMPDIR: folder, LC_ALL: 'C' },
        timeoutMs,
        signal: stop,
      })
      signal?.throwIfAborted()
      checkEnd(compiler[0], end, timeoutMs)
      options.onProgress?.(++done, steps)
    }
    await allAtOnce(objects, run, signal)
    await run(link, signal)
    const builds = await check(addon, compiler[0], signal)
    signal?.throwIfAborted()
    await moveTo(path, addon)
    options.onProgress?.(steps, steps)
    return { path, compiler: compiler.join(' '), builds }
  } finally {
    await rm(folder, { recursive: true, force: true })
    forget()
  }
}

type Compiler = readonly [command: string, ...args: string[]]

async function findCompiler(
  { compilers, nativeFolder }: Native,
  signal: AbortSignal | undefined,
): Promise<Compiler> {
  if (process.platform === 'win32') {
    throw new NativeBuildError('there is none for Windows, where WebAssembly does the work')
  }
  const known = compilers()
  for (const [command, ...args] of known) {
    const options = { cwd: nativeFolder, timeoutMs: VERSION_TIMEOUT_MS, signal }
    const { status } = await runProgram(command, [...args, '--version'], options)
    signal?.throwIfAborted()
    if (status === 0) return [command, ...args]
  }
  throw new NativeBuildError(
    `no C++ compiler works here, looked for ${known.map(([command]) => command).join(', ')}; ${WAY_TO_COMPILER}`,
  )
}

const WAY_TO_COMPILER =
  process.platform === 'darwin'
    ? 'to get one: xcode-select --install'
    : 'to get one: apt-get install g++ (Debian, Ubuntu), dnf install gcc-c++ (Fedora), apk add g++ (Alpine), or name yours in CXX'

/** A new folder on the same device as the addon's place, so that it can be moved there at once. */
async function folderBeside(path: string): Promise<string> {
  try {
    await mkdir(dirname(path), { recursive: true })
    return await mkdtemp(join(dirname(path), 'build-'))
  } catch (error) {
    throw new UnwritableError(dirname(path), error)
  }
}

/** @throws NativeBuildError where the compiler did not end well */
function checkEnd(compiler: string, { status, problem, isLate, said }: ProgramEnd, timeoutMs: number): void {
  if (isLate) throw new NativeBuildError(`${compiler} was not done after ${timeoutMs / 1000} s`)
  if (status === 0) return
  const how = problem ?? `ended with status ${status}`
  throw new NativeBuildError([`${compiler} ${how}`, ...firstWords(said)].join(': '))
}

/** What a compiler complained of first; nothing where it was silent. */
function firstWords(said: string): string[] {
  const lines = said
    .split(/[\r\n]+/)
    .map((line) => line.trim())
    .filter((line) => line !== '')
  const from = Math.max(
    0,
    lines.findIndex((line) => /\berror\b|undefined|cannot/i.test(line)),
  )
  const words = lines
    .slice(from, from + MAX_LINES)
    .join(' | ')
    .slice(0, MAX_WORDS)
  return words === '' ? [] : [words]
}

/** Runs as many at once as there are cores. When one fails the others are ended, and this rejects once they are gone. */
async function allAtOnce<Item>(
  items: readonly Item[],
  run: (item: Item, signal: AbortSignal) => Promise<void>,
  signal: AbortSignal | undefined,
): Promise<void> {
  const stop = new AbortController()
  const end = () => stop.abort()
  signal?.addEventListener('abort', end)
  if (signal?.aborted) end()
  const waiting = [...items]
  const failures: unknown[] = []
  const lane = async () => {
    for (let item = waiting.shift(); item !== undefined && !stop.signal.aborted; item = waiting.shift()) {
      await run(item, stop.signal).catch((error: unknown) => {
        failures.push(error)
        end()
      })
    }
  }
  await Promise.all(Array.from({ length: availableParallelism() }, lane))
  signal?.removeEventListener('abort', end)
  signal?.throwIfAborted()
  if (failures.length > 0) throw failures[0]
}

/** Loads and tries the new addon in a process of its own. @returns its builds */
async function check(
  addon: string,
  compiler: string,
  signal: AbortSignal | undefined,
): Promise<readonly string[]> {
  const made = `what ${compiler} made`
  let report: EngineReport
  try {
    report = await probeEngines({ TAXON_NATIVE: addon, TAXON_ENGINE: '' }, signal)
  } catch (error) {
    if (!(error instanceof EngineProbeError)) throw error
    throw new NativeBuildError(`${made} does not work, ${error.message}`, { cause: error })
  }
  const { place, builds, refused, faults } = report
  if (place === null) throw new NativeBuildError(`${made} does not load: ${refused[0]?.problem}`)
  if (faults.length === 0) return builds
  const wrong = faults.map(({ engine, problem }) => `${engine} ${problem}`)
  throw new NativeBuildError(`${made} computes otherwise: ${wrong.join(', ')}`)
}

/** Moves a file to its place once it is on disk: power that fails leaves no half of it. */
async function moveTo(path: string, from: string): Promise<void> {
  try {
    const file = await open(from)
    await file.sync()
    await file.close()
    await rename(from, path)
  } catch (error) {
    throw new UnwritableError(path, error)
  }
}

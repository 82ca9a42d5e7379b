import { createHash } from 'node:crypto'
import { KnownError, LimitExceededError, UsageError } from '../core/index.ts'
import {
  type AnalysisOptions,
  type SandboxSample,
  type ServerState,
  type Settlement,
  sandboxGate,
  settleAll,
  systemClock,
  type TaskStatus,
} from '../intake/index.ts'
import { findSources, openSource, type Source } from '../sources/index.ts'
import { openSandbox, type SandboxAddress } from './sandbox-address.ts'
import { openSandboxFolder } from './sandbox-folder.ts'
import { MAX_SAMPLE_BYTES } from './whole-sample.ts'

/** How paths are submitted; every setting but the folder has a default. */
export interface SubmitOptions {
  /** Where reports are kept, and how far each sample is. */
  readonly folder: string
  readonly recursive?: boolean
  /** For encrypted zip members. */
  readonly password?: string
  readonly analysis?: AnalysisOptions
  /** Submit what failed before once more. */
  readonly again?: boolean
  /** Most samples with the sandbox at once. */
  readonly inFlight?: number
  /** Shortest time between two submissions, in milliseconds. */
  readonly intervalMs?: number
  /** Longest time from the submission of a sample to its report, in milliseconds. */
  readonly timeoutMs?: number
  /** First time between two questions for a task's state, in milliseconds. */
  readonly pollMs?: number
  /** Most bytes of one report. */
  readonly maxReportBytes?: number
  readonly signal?: AbortSignal
  /** Told of each path once it is settled, or why it cannot be submitted. */
  onOutcome(outcome: SubmitOutcome): Promise<void> | void
  onSkip?(path: string, reason: string): void
  /** Told how many samples are in each state with the sandbox. */
  onStates?(counts: ReadonlyMap<string, number>): void
}

/** What became of a path. */
export type SubmitOutcome =
  | {
      readonly path: string
      readonly settlement: Settlement
      /** Where its report is kept; null where there is none. */
      readonly report: string | null
    }
  | { readonly path: string; readonly error: KnownError }

/** A sandbox by its name, and what it says of itself. @throws UsageError, SandboxError */
export async function sandboxState(
  address: SandboxAddress,
  signal?: AbortSignal,
): Promise<{ readonly sandbox: string; readonly state: ServerState }> {
  const sandbox = await openSandbox(address)
  return { sandbox: sandbox.name, state: await sandbox.state(signal) }
}

/**
 * Has a sandbox run all samples that some paths hold and keeps the reports. What was begun in the same folder is gone on
 * with; files with the same bytes are submitted once.
 * @throws UsageError, UnwritableError, the reason of the signal
 */
export async function submitPaths(
  paths: readonly string[],
  address: SandboxAddress,
  options: SubmitOptions,
): Promise<void> {
  const { maxReportBytes, signal, onOutcome } = options
  const sandbox = await openSandbox(address, maxReportBytes === undefined ? {} : { maxReportBytes })
  const folder = await openSandboxFolder(options.folder, signal)
  /** The paths of each sample, until it is settled. */
  const waiting = new Map<string, string[]>()
  const settled = new Map<string, Settlement>()
  const tell = (path: string, settlement: Settlement) => {
    const report = settlement.state === 'read' ? folder.reportPath(settlement.sha256) : null
    return onOutcome({ path, settlement, report })
  }
  const samples = async function* () {
    for await (const [path, sample] of readableSamples(paths, options)) {
      const { sha256 } = sample
      const before = settled.get(sha256)
      const others = waiting.get(sha256)
      if (before) await tell(path, before)
      else if (others) others.push(path)
      else {
        waiting.set(sha256, [path])
        yield sample
      }
    }
  }
  const states = stateCounts(options)
  const { analysis, again, timeoutMs, pollMs, inFlight, intervalMs } = options
  const settings = {
    gate: sandboxGate({
      clock: systemClock,
      ...(inFlight !== undefined && { inFlight }),
      ...(intervalMs !== undefined && { intervalMs }),
    }),
    keep: folder.keep,
    onState: states.set,
    ...(analysis && { analysis }),
    ...(again !== undefined && { again }),
    ...(timeoutMs !== undefined && { timeoutMs }),
    ...(pollMs !== undefined && { pollMs }),
  }
  try {
    for await (const settlement of settleAll(sandbox, samples(), folder.journal, settings, signal)) {
      const { sha256 } = settlement
      states.drop(sha256)
      settled.set(sha256, settlement)
      for (const path of waiting.get(sha256) ?? []) await tell(path, settlement)
      waiting.delete(sha256)
    }
  } finally {
    await folder.close()
  }
}

/** The samples of some paths that can be read, hashed; of the others it is told why not. */
async function* readableSamples(
  paths: readonly string[],
  options: SubmitOptions,
): AsyncGenerator<[string, SandboxSample]> {
  const { recursive = false, password, signal, onSkip, onOutcome } = options
  const sources = findSources(paths, {
    recursive,
    // Anything may be a sample; which it can run is the sandbox's to say.
    accepts: () => true,
    ...(password !== undefined && { password }),
    ...(signal && { patience: { signal } }),
    ...(onSkip && { onSkip }),
  })
  for await (const source of sources) {
    try {
      yield [source.path, await sampleOf(source, options)]
    } catch (error) {
      if (!(error instanceof KnownError)) throw error
      await onOutcome({ path: source.path, error })
    }
  }
}

async function sampleOf(source: Source, { signal, password }: SubmitOptions): Promise<SandboxSample> {
  const hash = createHash('sha256')
  let size = 0
  for await (const chunk of source.open()) {
    signal?.throwIfAborted()
    size += chunk.length
    if (size > MAX_SAMPLE_BYTES)
      throw new LimitExceededError(`${source.path}: bytes of a sample`, MAX_SAMPLE_BYTES)
    hash.update(chunk)
  }
  // It is sent after it was hashed, and perhaps again.
  if (!source.reopens) throw new UsageError(`${source.path}: a file is wanted, a pipe can be read only once`)
  const open = async function* () {
    // The walk may have left its archive by then.
    yield* (await openSource(source.path, password === undefined ? {} : { password })).open()
  }
  return { sha256: hash.digest('hex'), name: source.name, size, open }
}

/** How many samples are in each state, told whenever that changes. */
function stateCounts({ onStates }: SubmitOptions) {
  const states = new Map<string, string>()
  const tell = () => {
    if (!onStates) return
    const counts = new Map<string, number>()
    for (const state of states.values()) counts.set(state, (counts.get(state) ?? 0) + 1)
    onStates(counts)
  }
  return {
    set(sha256: string, _task: string, state: TaskStatus) {
      states.set(sha256, typeof state === 'string' ? state : 'failed')
      tell()
    },
    drop(sha256: string) {
      states.delete(sha256)
      tell()
    },
  }
}

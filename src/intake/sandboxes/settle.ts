import { randomUUID } from 'node:crypto'
import { setMaxListeners } from 'node:events'
import { KnownError, MalformedInputError, UnknownFormatError } from '../../core/index.ts'
import type { ReadOptions } from '../../reports/index.ts'
import type { Report } from '../../samples/index.ts'
import { type Clock, systemClock } from './clock.ts'
import { type Gate, sandboxGate } from './gate.ts'
import { type Entry, entryText, type Journal, type ReportSummary, readEntry } from './journal.ts'
import { jittered, type Patience, persist } from './persist.ts'
import { type Keep, readAndKeep } from './read-and-keep.ts'
import type { AnalysisOptions, Sandbox, SandboxSample, TaskStatus } from './sandbox.ts'
import {
  RefusedBySandboxError,
  SampleChangedError,
  SandboxError,
  WrongReportError,
} from './sandbox-errors.ts'

/** How samples are settled; every setting has a default. */
export interface SettleSettings {
  readonly analysis?: AnalysisOptions
  /** Shared by all that go to one sandbox; without it there are no bounds. */
  readonly gate?: Gate
  /** Keeps the report of a sample's task; without it reports are only read. */
  keep?(sha256: string, task: string, chunks: AsyncIterable<Uint8Array>): Promise<void>
  /** Takes each report once it is whole and kept. After a restart that came between, it is read and told again. */
  onReport?(sha256: string, task: string, report: Report): Promise<void> | void
  /** Told when a task is known and when its state changes. */
  onState?(sha256: string, task: string, state: TaskStatus): void
  readonly reading?: ReadOptions
  /** Longest time from the submission to the report, in milliseconds; default two hours. */
  readonly timeoutMs?: number
  /** The first wait between two questions for a task's state and the longest, in milliseconds. */
  readonly pollMs?: number
  readonly maxPollMs?: number
  /** Failures in a row after which a call is given up; default 8, which waits about three minutes in all. */
  readonly retries?: number
  readonly retryMs?: number
  readonly maxRetryMs?: number
  /** Submit what failed before once more. */
  readonly again?: boolean
  readonly clock?: Clock
  readonly random?: () => number
}

/** What became of a sample. `read` and `failed` are settled for good; `unsettled` is taken up where it is left. */
export type Settlement = { readonly sha256: string; readonly task: string | null } & (
  | { readonly state: 'read'; readonly read: ReportSummary }
  | { readonly state: 'failed' | 'unsettled'; readonly code: string; readonly reason: string }
)

const DEFAULTS = {
  timeoutMs: 2 * 3_600_000,
  pollMs: 2000,
  maxPollMs: 60_000,
  retries: 8,
  retryMs: 1000,
  maxRetryMs: 60_000,
}

/** A task that is not done in time; the sandbox may still be at it. */
class TaskLateError extends KnownError {
  readonly code = 'timeout'

  constructor(sandbox: string, task: string, timeoutMs: number) {
    super(`${sandbox}: no report of task ${task} within ${timeoutMs / 1000} s`)
  }
}

/** A task that the sandbox gave up. */
class AnalysisFailedError extends KnownError {
  readonly code = 'analysis-failed'

  constructor(sandbox: string, task: string, reason: string) {
    super(`${sandbox}: task ${task} failed: ${reason}`)
  }
}

/**
 * Has a sandbox run a sample and reads the report. The journal is told before a sample is sent and as soon as its task is
 * known, so that after an end at any moment the next call goes on with that task. Where it is not known whether a sample
 * arrived, the sandbox is asked before it is sent again.
 * @throws what `journal.load` throws, the reason of the signal, what is no KnownError; all else is told in the settlement
 */
export async function settle(
  sandbox: Sandbox,
  sample: SandboxSample,
  journal: Journal,
  settings: SettleSettings = {},
  signal?: AbortSignal,
): Promise<Settlement> {
  const { sha256 } = sample
  // As many listen to one signal as there are samples in flight; node warns from the eleventh on.
  if (signal) setMaxListeners(0, signal)
  let entry = readEntry(sandbox.name, await journal.load(sha256))
  if (entry?.state === 'read' || (entry?.state === 'failed' && !settings.again))
    return settlement(sha256, entry)
  const clock = settings.clock ?? systemClock
  const gate = settings.gate ?? sandboxGate({ inFlight: 1, readings: 1, clock })
  const save = async (next: Entry) => {
    await journal.save(sha256, entryText(sandbox.name, next))
    entry = next
  }
  const leave = await gate.enter(signal)
  try {
    const patience = patienceOf(settings, clock, signal)
    const submitted = await taskOf(sandbox, sample, entry, save, gate, settings, patience)
    const { task } = await reported(sandbox, sha256, submitted, save, settings, patience)
    const done = await gate.reading(signal)
    const read = await fetchReport(sandbox, sha256, task, settings, patience).finally(done)
    await save({ state: 'read', task, read })
  } catch (error) {
    signal?.throwIfAborted()
    if (!(error instanceof KnownError)) throw error
    const told = { task: taskIn(entry), code: error.code, reason: error.message }
    if (!isFinal(error, told.task)) return { sha256, state: 'unsettled', ...told }
    await save({ state: 'failed', ...told })
  } finally {
    leave()
  }
  return settlement(sha256, entry)
}

type Submitted = Extract<Entry, { readonly state: 'submitted' }>

function taskIn(entry: Entry | null): string | null {
  return entry && 'task' in entry ? entry.task : null
}

function settlement(sha256: string, entry: Entry | null): Settlement {
  if (entry?.state === 'read') return { sha256, ...entry }
  if (entry?.state === 'failed') return { sha256, ...entry }
  throw new TypeError('a settlement of what is not settled')
}

/** Statuses that are about who asks; with another token all is well. */
const OF_ACCESS: ReadonlySet<number> = new Set([401, 403, 407])

/** Whether trying again with the same bytes and the same task would end the same. */
function isFinal(error: KnownError, task: string | null): boolean {
  if (error instanceof RefusedBySandboxError) {
    // Nothing there to take a sample is a wrong address, not a wrong sample.
    const isWrongAddress =
      task === null && (error.status < 400 || error.status === 404 || error.status === 405)
    return error.status === 200 || !(isWrongAddress || OF_ACCESS.has(error.status))
  }
  if (error instanceof SandboxError) return !error.passes
  return [AnalysisFailedError, SampleChangedError, UnknownFormatError, MalformedInputError].some(
    (kind) => error instanceof kind,
  )
}

function patienceOf(settings: SettleSettings, clock: Clock, signal: AbortSignal | undefined): Patience {
  const { retries, retryMs, maxRetryMs, timeoutMs } = { ...DEFAULTS, ...settings }
  const deadline = clock.now() + timeoutMs
  return { clock, random: settings.random ?? Math.random, retries, retryMs, maxRetryMs, deadline, signal }
}

/** The task of a sample: the one that is known, the one that an earlier submission made, or a new one. */
async function taskOf(
  sandbox: Sandbox,
  sample: SandboxSample,
  entry: Entry | null,
  save: (entry: Entry) => Promise<void>,
  gate: Gate,
  { analysis = {} }: SettleSettings,
  patience: Patience,
): Promise<Submitted> {
  if (entry?.state === 'submitted') return entry
  let mayBeThere = entry?.state === 'submitting'
  const mark = entry?.state === 'submitting' ? entry.mark : `taxon-${randomUUID()}`
  if (!mayBeThere) await save({ state: 'submitting', mark })
  const task = await persist(async () => {
    const found = mayBeThere ? await sandbox.find(sample.sha256, mark, patience.signal) : null
    if (found !== null) return found
    mayBeThere = false
    await gate.pace(patience.signal)
    try {
      return (await sandbox.submit(sample, mark, analysis, patience.signal)).task
    } catch (error) {
      mayBeThere = error instanceof SandboxError && error.mayBeTaken
      throw error
    }
  }, patience)
  const submitted = { state: 'submitted', mark, task } as const
  await save(submitted)
  return submitted
}

/** Waits until a report is there, and follows a task that is moved. @throws AnalysisFailedError, TaskLateError */
async function reported(
  sandbox: Sandbox,
  sha256: string,
  submitted: Submitted,
  save: (entry: Entry) => Promise<void>,
  settings: SettleSettings,
  patience: Patience,
): Promise<Submitted> {
  const { pollMs, maxPollMs, timeoutMs } = { ...DEFAULTS, ...settings }
  const { clock, random, deadline, signal } = patience
  let before: TaskStatus = 'waiting'
  let at = submitted
  settings.onState?.(sha256, at.task, before)
  for (let waitMs = pollMs; ; waitMs = Math.min(waitMs * 1.5, maxPollMs)) {
    const status = await persist(() => sandbox.status(at.task, signal), patience)
    if (status === 'reported') return at
    if (typeof status !== 'string') throw new AnalysisFailedError(sandbox.name, at.task, status.failed)
    if (status === 'moved') {
      const task = await persist(() => sandbox.find(sha256, at.mark, signal), patience)
      if (task === null || task === at.task) throw new AnalysisFailedError(sandbox.name, at.task, 'recovered')
      at = { ...at, task }
      await save(at)
    }
    if (status !== before) settings.onState?.(sha256, at.task, status)
    before = status
    const ms = jittered(waitMs, random)
    if (clock.now() + ms > deadline) throw new TaskLateError(sandbox.name, at.task, timeoutMs)
    await clock.wait(ms, signal)
  }
}

async function fetchReport(
  sandbox: Sandbox,
  sha256: string,
  task: string,
  settings: SettleSettings,
  patience: Patience,
): Promise<ReportSummary> {
  const keep: Keep | null = settings.keep ? (chunks) => settings.keep!(sha256, task, chunks) : null
  // After its database was made anew a sandbox gives the same numbers to other samples.
  const check = ({ sample }: Report) => {
    if (sample.sha256 !== null && sample.sha256 !== sha256)
      throw new WrongReportError(sandbox.name, task, sha256, sample.sha256)
  }
  const { report, bytes } = await persist(
    () => readAndKeep(sandbox.report(task, patience.signal), keep, check, settings.reading),
    patience,
  )
  await settings.onReport?.(sha256, task, report)
  const { format, trace, processes, state: completeness, reasons } = report
  return { format, calls: trace.length, processes: processes.length, bytes, completeness, reasons }
}

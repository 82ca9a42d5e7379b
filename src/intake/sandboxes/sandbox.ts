/** What a sandbox is given to run. */
export interface SandboxSample {
  readonly sha256: string
  /** The name that it had where it was found: hostile. A sandbox is told a harmless form of it. */
  readonly name: string
  readonly size: number
  /** The bytes; may be asked for again. */
  open(): AsyncIterable<Uint8Array>
}

/** The form fields by which Cuckoo 2 and CAPEv2 both are told how to run a sample. */
export const ANALYSIS_OPTIONS = [
  'package',
  'timeout',
  'priority',
  'options',
  'machine',
  'platform',
  'tags',
  'memory',
  'clock',
  'enforce_timeout',
  'route',
] as const

/** The name of a setting of an analysis. */
export type AnalysisOption = (typeof ANALYSIS_OPTIONS)[number]

/** How a sample is to be run, in the sandbox's own words; what is left out is the sandbox's to choose. */
export type AnalysisOptions = Readonly<Partial<Record<AnalysisOption, string>>>

/**
 * How far a sandbox is with a task. `reported`: the report can be fetched; `moved`: another task was made of it, which
 * `find` knows, as sandboxes do that were restarted.
 */
export type TaskStatus = 'waiting' | 'running' | 'reported' | 'moved' | { readonly failed: string }

/** What a sandbox says of itself; null where it does not say. All texts are hostile. */
export interface ServerState {
  readonly version: string | null
  readonly hostname: string | null
  readonly machines: { readonly total: number | null; readonly available: number | null }
  readonly tasks: {
    readonly total: number | null
    readonly pending: number | null
    readonly running: number | null
    readonly completed: number | null
    readonly reported: number | null
  }
}

/** A sandbox. Each call is one try: it gives an answer or throws a SandboxError, which says whether to try again. */
export interface Sandbox {
  /** Kind and address, e.g. `cuckoo http://localhost:8090`; tasks are known by it and their number. */
  readonly name: string
  /**
   * Has a sample run.
   * @param mark travels with the task, so that `find` knows it again
   * @throws SampleChangedError, what `sample.open` throws
   */
  submit(
    sample: SandboxSample,
    mark: string,
    options: AnalysisOptions,
    signal?: AbortSignal,
  ): Promise<{ readonly task: string }>
  /** The last task that was made of a submission; null where there is none or it cannot be asked for. */
  find(sha256: string, mark: string, signal?: AbortSignal): Promise<string | null>
  status(task: string, signal?: AbortSignal): Promise<TaskStatus>
  /** The report as it is sent. @throws AnswerCutError at its end, when it is not the end */
  report(task: string, signal?: AbortSignal): AsyncIterable<Uint8Array>
  state(signal?: AbortSignal): Promise<ServerState>
}

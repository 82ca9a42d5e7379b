import type { ExecutableSummary } from './executable-summary.ts'
import type { Label } from './label.ts'
import type { Trace } from './trace.ts'

/** Whether all of an input was read, or only part of it. */
export type State = 'complete' | 'partial'

/** One process of a sandbox run, in the order of the report. */
export interface Process {
  /** Process id, null where the report has none. */
  readonly pid: number | null
  readonly parentPid: number | null
  readonly name: string | null
  /** Calls of this process, repeats included. */
  readonly calls: number
}

/** What a report says of the file that was run; null where it does not say. */
export interface ReportedSample {
  readonly sha256: string | null
  readonly sha1: string | null
  readonly md5: string | null
  readonly name: string | null
  readonly size: number | null
}

/** What a sandbox says of each call, beside the call's place; kept only when asked for. All as long as the sequence. */
export interface CallColumns {
  /** Thread id, NaN where unknown. */
  readonly thread: Float64Array
  /** Index into `categories`. */
  readonly category: Uint32Array
  /** The sandbox's names of kinds of calls, such as `registry`; the empty string stands for none. */
  readonly categories: readonly string[]
  /** 1 when the call succeeded, 0 when it failed, -1 where unknown. */
  readonly success: Int8Array
}

/** One sample as a source recorded it: a sandbox's report, one line of a traces file, an executable or its listing. */
export interface Report {
  /** Format that was recognised: `cuckoo-1`, `cuckoo-2`, `cape`, `speakeasy`, `traces`, `pe32`, `elf64`, `ida`, … */
  readonly format: string
  /** Version of the sandbox as it states it, e.g. `2.0.7`. */
  readonly version: string | null
  readonly sample: ReportedSample
  readonly processes: readonly Process[]
  /** What the headers say; null of all that is no executable. */
  readonly executable: ExecutableSummary | null
  readonly trace: Trace
  /** Beside `trace.sequence`; null unless they were asked for and the report has calls. */
  readonly columns: CallColumns | null
  /** The sandbox's own score, in its own unit. */
  readonly score: number | null
  /** The label a traces line carries; UNLABELLED for sandbox reports. */
  readonly label: Label
  /** The id a traces line carries. */
  readonly id: string | null
  /** Whatever else a traces line carries, as the text of one JSON object; null for sandbox reports. */
  readonly extra: string | null
  readonly state: State
  /** Why the state is partial, and other things worth saying, each a short sentence. */
  readonly reasons: readonly string[]
}

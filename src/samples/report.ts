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

/** One sample as a source recorded it: a sandbox's report, or one line of a traces file. */
export interface Report {
  /** Format that was recognised: `cuckoo-1`, `cuckoo-2`, `cape`, `speakeasy`, `traces`. */
  readonly format: string
  /** Version of the sandbox as it states it, e.g. `2.0.7`. */
  readonly version: string | null
  readonly sample: ReportedSample
  readonly processes: readonly Process[]
  readonly trace: Trace
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

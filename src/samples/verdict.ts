import type { ExecutableSummary } from './executable-summary.ts'
import type { View } from './trace.ts'

/** Where a piece of evidence stands: a call of a process, or an address in the code. */
export type Place =
  | {
      /** Position of the process in the report, and its id in the sandbox; null where unknown. */
      readonly process: number | null
      readonly pid: number | null
      /** Number of the call in its process, from 0. */
      readonly call: number
      /** Seconds since 1970, null where unknown. */
      readonly time: number | null
    }
  | { readonly address: string }

/** One feature's share in a verdict. */
export interface Evidence {
  /** Name of the feature, e.g. `CreateRemoteThread` or `mov add jmp`. */
  readonly feature: string
  /** Share of the decision value, positive towards malicious (or the named family), in the model's own unit. */
  readonly contribution: number
  /** The family or category that it speaks for; absent where it speaks for the verdict itself. */
  readonly for?: string
  /** Said of a feature that the sample does not have: its absence is what counted. */
  readonly absent?: true
  /** The first places where the feature stands in the sample. */
  readonly places: readonly Place[]
}

/** What a model says of one sample, in the shape that `taxon classify --json` prints. */
export interface Verdict {
  readonly sample: {
    readonly path: string
    readonly name: string | null
    readonly sha256: string | null
    readonly size: number | null
    readonly kind: string
  }
  readonly view: View
  readonly verdict: 'malicious' | 'benign' | 'unknown'
  readonly family: string | null
  readonly category: string | null
  /** Calibrated probability of being malicious, 0 … 1; null where no model had anything to score. */
  readonly probability: number | null
  readonly families: readonly { readonly name: string; readonly probability: number }[]
  readonly state: 'complete' | 'partial' | 'abstained'
  readonly reasons: readonly string[]
  readonly evidence: readonly Evidence[]
  /** Tokens read one by one, repeats included; 0 where only counts or a set are known. */
  readonly trace: { readonly tokens: number; readonly processes: number }
  /** What the headers of an executable say; null of reports, traces and listings. */
  readonly executable: ExecutableSummary | null
  readonly model: { readonly name: string; readonly sha256: string } | null
}

/** What stands in a verdict's place when a path fails. */
export interface Failure {
  readonly sample: { readonly path: string }
  readonly error: { readonly code: string; readonly message: string }
}

/** What `classify` yields for each sample. */
export type Outcome = Verdict | Failure

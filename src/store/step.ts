import type { Sample } from './sample.ts'

/** How far one step of `taxon run` is with one sample. */
export interface Step {
  readonly sha256: string
  readonly step: string
  /** What the step's result depends on besides the bytes (version, model digest, signature version); another is done anew. */
  readonly version: string
  readonly state: 'pending' | 'running' | 'done' | 'failed' | 'skipped'
  /** Times it was taken for this version. */
  readonly attempts: number
  /** Reason of a failure or a skip, or the step's own notes (a sandbox's task id), as JSON text. */
  readonly detail: string | null
  readonly at: number
  /** When to try again, of `running` when another may take it, 0 of `pending` for at once; null where it is settled. */
  readonly nextAt: number | null
}

/** How `takeForStep` chooses. */
export interface TakeOptions {
  /** Steps that must be settled before. */
  readonly after: readonly string[]
  readonly limit: number
  readonly leaseMs: number
  readonly now: number
}

/** A sample that was taken for a step, and the step as it is now, `running`. */
export interface Taken {
  readonly sample: Sample
  readonly step: Step
}

/** How many samples are in one state of one step. */
export interface StepCount {
  readonly step: string
  readonly state: Step['state']
  readonly count: number
}

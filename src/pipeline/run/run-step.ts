import { KnownError } from '../../core/index.ts'
import type { Sample } from '../../store/index.ts'

/** How a step ended with a sample; `detail` is kept as JSON. */
export interface StepEnd {
  readonly state: 'done' | 'failed' | 'skipped'
  readonly detail?: unknown
}

/** One step with one sample under way. */
export interface StepTask {
  readonly sample: Sample
  /** What was kept of the step before, as JSON text: how far a sandbox is, say. */
  readonly detail: string | null
  /** Keeps how far it is, so that a restart goes on from there. */
  keep(detail: string): Promise<void>
  readonly signal: AbortSignal
}

/** One step of `taxon run`. Doing it twice does no harm, since a restart may. */
export interface RunStep {
  readonly name: string
  /** Steps that must be settled before, well or not. */
  readonly after: readonly string[]
  /** What its result depends on besides the sample: with another it is done anew. */
  readonly version: string
  /** Samples at once. */
  readonly atOnce: number
  /** Its detail tells how far it is, and outlives that it was given up. */
  readonly keepsDetail?: true
  /** @throws LaterError where trying again may help, any other error for what is the sample's fault, the reason of the signal */
  run(task: StepTask): Promise<StepEnd>
}

/** A step cannot be done now: what it needs is not there. */
export class LaterError extends KnownError {
  readonly code = 'later'

  constructor(reason: string, options?: ErrorOptions) {
    super(reason, options)
  }
}

/** Times that a step is tried before it counts as failed. */
export const MAX_ATTEMPTS = 6

const [FIRST_WAIT_MS, LONGEST_WAIT_MS] = [2000, 600_000]

/** How long to wait after so many attempts, in milliseconds. */
export function waitAfter(attempts: number): number {
  return Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 4 ** Math.max(0, attempts - 1))
}

import type { Step } from '../../store/index.ts'
import type { Allowed } from './silence.ts'

/** What engines, lists and people agree on, with the first detections. */
export interface AgreedLabels {
  readonly malicious: 0 | 1 | null
  readonly family: string | null
  readonly category: string | null
  readonly detections: readonly { readonly engine: string; readonly detection: string }[]
}

/** What happens in a run, in the shape that `taxon run --json` prints, one object a line. */
export type RunEvent = { readonly at: string } & (
  | {
      readonly event: 'stored'
      readonly sha256: string
      readonly isNew: boolean
      readonly source: string
      readonly name: string | null
      readonly state: 'complete' | 'partial'
      readonly reasons: readonly string[]
    }
  | {
      readonly event: 'step'
      readonly sha256: string
      readonly step: string
      readonly state: Step['state']
      readonly detail: unknown
    }
  | {
      readonly event: 'verdict'
      readonly sha256: string
      readonly name: string | null
      readonly view: string
      readonly verdict: string
      readonly state: string
      readonly reasons: readonly string[]
      readonly probability: number | null
      readonly family: string | null
      readonly category: string | null
      readonly model: string | null
      readonly labels: AgreedLabels | null
      readonly allowed: Allowed | null
    }
  | {
      readonly event: 'delivery'
      readonly key: string
      readonly target: string
      readonly delivered: boolean
      readonly problem: string | null
    }
  | { readonly event: 'problem'; readonly source: string; readonly subject: string; readonly problem: string }
)

type Without<Event> = Event extends unknown ? Omit<Event, 'at'> : never

/** An event before it is told when it was. */
export type NewRunEvent = Without<RunEvent>

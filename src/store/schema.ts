import type { Generated } from 'kysely'
import type { Allowance } from './allowance.ts'
import type { Artifact } from './artifact.ts'
import type { Sample } from './sample.ts'
import type { Sighting } from './sighting.ts'
import type { Step } from './step.ts'
import type { StoredLabel } from './stored-label.ts'
import type { Delivery, StoredVerdict } from './stored-verdict.ts'

/** The tables of a store's database, as `migrations.ts` makes them. */
export interface Schema {
  readonly settings: { readonly name: string; readonly value: string }
  readonly samples: Omit<Sample, 'reasons'> & {
    /** In the order of coming. */
    readonly seq: Generated<number>
    /** JSON array. */
    readonly reasons: string
  }
  readonly names: { readonly sha256: string; readonly name: string; readonly at: number }
  readonly sightings: Sighting & { readonly sha256: string }
  readonly tags: {
    readonly sha256: string
    readonly tag: string
    readonly by: string | null
    readonly at: number
  }
  readonly notes: {
    readonly id: Generated<number>
    readonly sha256: string
    readonly text: string
    readonly by: string | null
    readonly at: number
  }
  readonly relations: {
    readonly parent: string
    readonly child: string
    readonly kind: 'member' | 'dropped'
    /** Empty for none. */
    readonly name: string
  }
  readonly labels: Omit<StoredLabel, 'version'> & {
    readonly sha256: string
    /** Empty for none. */
    readonly version: string
  }
  readonly artifacts: Artifact
  readonly verdicts: StoredVerdict
  readonly deliveries: Omit<Delivery, 'nextAt'> & {
    /** Null once it is delivered. */
    readonly nextAt: number | null
  }
  readonly allowances: Allowance
  readonly steps: Omit<Step, 'nextAt'> & {
    /** When it may be taken; null where it is settled, and where it waits for another step. */
    readonly dueAt: number | null
    /** That of the sample. */
    readonly seq: number
  }
  /** The steps that were ever asked for: what a new sample has before it. */
  readonly queues: {
    readonly step: string
    readonly version: string
    /** JSON array of steps. */
    readonly after: string
  }
  readonly cursors: { readonly name: string; readonly value: string }
}

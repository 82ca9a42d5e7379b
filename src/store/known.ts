import type { Artifact } from './artifact.ts'
import type { Note, Relation, Sample } from './sample.ts'
import type { Sighting } from './sighting.ts'
import type { StoredLabel } from './stored-label.ts'
import type { StoredVerdict } from './stored-verdict.ts'

/** All that is known of a sample. */
export interface Known {
  readonly sample: Sample
  readonly names: readonly string[]
  readonly sightings: readonly Sighting[]
  readonly tags: readonly string[]
  readonly notes: readonly Note[]
  readonly parents: readonly Relation[]
  readonly children: readonly Relation[]
  readonly labels: readonly StoredLabel[]
  readonly artifacts: readonly Artifact[]
  readonly verdicts: readonly StoredVerdict[]
}

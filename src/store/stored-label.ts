import type { Label } from '../samples/index.ts'

/** A label with its provenance; of one source, engine and version there is one a sample. */
export interface StoredLabel extends Label {
  /** `clamd`, `clamscan`, `virustotal`, `csv`, `consensus`, `analyst`. */
  readonly source: string
  /** Engine within the source, e.g. `Kaspersky`; the source's name where it has but one. `by` of Label is what is shown. */
  readonly engine: string
  /** The detection's name as it was given, e.g. `Win.Trojan.Agent-1`; null where nothing was found. Hostile. */
  readonly detection: string | null
  /** Version of the engine or its signatures, or of the file it was read from. */
  readonly version: string | null
  readonly at: number
}

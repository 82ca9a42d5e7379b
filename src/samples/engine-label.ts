import type { Label } from './label.ts'

/**
 * What an answer is worth. Only `clean` says that all of a sample was looked at and nothing found; `partial` and `too-big`
 * say that a limit was hit, `unsupported` and `failed` that the engine could not look. `stated` is the word of a person,
 * `undecided` a consensus that is none.
 */
export type LabelState =
  | 'found'
  | 'clean'
  | 'partial'
  | 'too-big'
  | 'unsupported'
  | 'failed'
  | 'stated'
  | 'undecided'

/** What one engine of one source says of a sample. */
export interface EngineLabel extends Label {
  /** `clamd`, `clamscan`, `virustotal`, `csv`, `analyst`, `consensus`. */
  readonly source: string
  /** Engine within the source, e.g. `Kaspersky`; the source's name where it has but one. */
  readonly engine: string
  /** The detection's name as it was given, cut to MAX_DETECTION characters; null where there is none. Hostile. */
  readonly detection: string | null
  /** Version of the engine and its signatures, or of the file that it was read from. */
  readonly version: string | null
  /** When it was said, milliseconds since 1970. */
  readonly at: number
  readonly state: LabelState
  /** Why the sample was not looked at in full; null where it was. */
  readonly problem: string | null
}

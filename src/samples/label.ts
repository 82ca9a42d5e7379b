/** What is held to be true of a sample, and on whose word. */
export interface Label {
  /** 1 malicious, 0 benign, null when nobody said. */
  readonly malicious: 0 | 1 | null
  /** Family such as `Emotet`; null when there is none or nobody said. */
  readonly family: string | null
  /** Type such as `worm` or `dropper`, kept apart from the family. */
  readonly category: string | null
  /** Day first seen, `YYYY-MM-DD`, or null. */
  readonly firstSeen: string | null
  /** Who said so: a data set, a labels file, an antivirus engine. */
  readonly by: string | null
}

/** The label that says nothing. */
export const UNLABELLED: Label = { malicious: null, family: null, category: null, firstSeen: null, by: null }

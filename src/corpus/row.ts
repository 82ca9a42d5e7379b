import type { Kind, Label, State, Trace, View } from '../samples/index.ts'

/** One labelled trace of a corpus. (`id`, `trace.view`, `source`) names it; the same name twice is kept once. */
export interface Row {
  /** SHA-256 of the sample where known, else the name its source gave it. */
  readonly id: string
  /** Where the trace came from: the name of a data set, or of the sandbox format. */
  readonly source: string
  readonly trace: Trace
  readonly label: Label
  readonly state: State
  /** Hash of the trace's content as stored: equal contents share it, whatever their ids. */
  readonly group: string
  /** What else the source said of the sample: the text of one JSON object, or null. */
  readonly extra: string | null
}

/** All of a row but the tokens: cheap to read, enough to count, split and fold. */
export interface RowHead extends Omit<Row, 'trace' | 'extra'> {
  readonly view: View
  readonly kind: Kind
  readonly dialect: string
  /** Tokens in the whole trace. */
  readonly length: number
}

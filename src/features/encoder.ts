import type { Kind, Trace, View } from '../samples/index.ts'
import type { FeatureSettings } from './settings.ts'
import type { SparseMatrix } from './sparse-matrix.ts'

/** Learned columns: turns traces into rows of a matrix, the same way in training and in serving. */
export interface Encoder {
  readonly settings: FeatureSettings
  readonly view: View
  /** The kind at which it looks at traces: the least knowing one of its training rows, or `settings.kind`. */
  readonly kind: Kind
  /** Readable name of each column: `a b c` for n-grams, `a & b` for pairs. */
  readonly names: readonly string[]
  /** One row a trace. @throws UsageError for a trace of another view, or of a kind that knows less than `kind` */
  encode(traces: readonly Trace[]): SparseMatrix
  /** How much of a trace the training vocabulary knows: shares in 0 … 1, both 0 for a trace without tokens. */
  known(trace: Trace): { readonly distinct: number; readonly tokens: number }
  /** First positions in `trace.sequence`, ascending, at most `max`, where a column's tokens stand; [] where there is no order. */
  locate(trace: Trace, column: number, max: number): number[]
  /** What the model file needs to make an equal encoder. */
  readonly table: EncoderTable
}

/** The learned part of an encoder, as it stands in a model file. */
export interface EncoderTable {
  readonly view: View
  readonly kind: Kind
  /** Canonical names of every token of the training rows, ascending by UTF-16 code unit. */
  readonly tokens: readonly string[]
  /** Tokens of every column one after another; column c has those from starts[c] to starts[c + 1]. */
  readonly grams: Uint32Array
  /** [columns + 1] */
  readonly starts: Uint32Array
  /** The columns from here on are pairs, those before n-grams. */
  readonly firstPair: number
  /** Scale of each column, or null when all are 1. */
  readonly scale: Float64Array | null
}

/**
 * Learns the columns from training rows.
 * @param y class of each trace, 0 … classes-1
 * @throws UsageError for traces of two views
 */
export function fitEncoder(
  settings: FeatureSettings,
  traces: readonly Trace[],
  y: Uint32Array,
  classes: number,
): Encoder {
  throw new Error(`not yet: ${settings} ${traces} ${y} ${classes}`)
}

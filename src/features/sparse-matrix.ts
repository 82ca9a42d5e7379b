/** Rows of named columns of which most are 0, in compressed sparse rows; column indices ascend within a row. */
export interface SparseMatrix {
  readonly rows: number
  readonly columns: number
  /** Start of each row in `indices`, [rows + 1]. */
  readonly starts: Uint32Array
  /** Column of each stored value. */
  readonly indices: Uint32Array
  /** The stored values; null when every one is 1. */
  readonly values: Float64Array | null
  /** The order of each row's tokens, which no column holds; absent unless `FeatureSettings.steps` asks for it. */
  readonly sequences?: Sequences
}

/** The order of tokens beside the columns: each row's first tokens as ids of a small vocabulary. */
export interface Sequences {
  /** Distinct ids, at least 1: 0 stands for every token without an id of its own. */
  readonly vocabulary: number
  /** Start of each row in `tokens`, [rows + 1]. */
  readonly starts: Uint32Array
  /** Id of each token, 0 … vocabulary-1. */
  readonly tokens: Uint32Array
}

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
}

/** Compressed sparse rows, as those of the features; `values` is null when every one is 1. */
export interface SparseRows {
  readonly rows: number
  readonly columns: number
  /** Where the entries of each row begin, [rows + 1]. */
  readonly starts: Uint32Array
  /** Column of each entry, ascending within a row. */
  readonly indices: Uint32Array
  readonly values: Float64Array | null
}

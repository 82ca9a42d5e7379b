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

/** Chosen rows of a matrix, in the given order. */
export function selectRows(x: SparseMatrix, rows: ArrayLike<number>): SparseMatrix {
  const starts = new Uint32Array(rows.length + 1)
  for (let i = 0; i < rows.length; i++) {
    starts[i + 1] = starts[i]! + x.starts[rows[i]! + 1]! - x.starts[rows[i]!]!
  }
  const indices = new Uint32Array(starts[rows.length]!)
  const values = x.values ? new Float64Array(indices.length) : null
  for (let i = 0; i < rows.length; i++) {
    const [from, to] = [x.starts[rows[i]!]!, x.starts[rows[i]! + 1]!]
    indices.set(x.indices.subarray(from, to), starts[i])
    if (x.values) values?.set(x.values.subarray(from, to), starts[i])
  }
  return { rows: rows.length, columns: x.columns, starts, indices, values }
}

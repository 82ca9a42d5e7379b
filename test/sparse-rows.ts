import type { SparseMatrix } from '../src/features/index.ts'

/** A matrix of rows that are written out. */
export function sparseRows(
  dense: readonly (readonly number[])[],
  columns = dense[0]?.length ?? 0,
): SparseMatrix {
  const starts = new Uint32Array(dense.length + 1)
  const indices: number[] = []
  const values: number[] = []
  dense.forEach((row, r) => {
    row.forEach((value, column) => {
      if (value === 0) return
      indices.push(column)
      values.push(value)
    })
    starts[r + 1] = indices.length
  })
  return {
    rows: dense.length,
    columns,
    starts,
    indices: Uint32Array.from(indices),
    values: Float64Array.from(values),
  }
}

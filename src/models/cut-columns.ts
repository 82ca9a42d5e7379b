import { UsageError } from '../core/index.ts'
import type { SparseMatrix } from '../features/index.ts'
import { type BinnedColumns, binColumns } from '../kernels/bins.ts'

/** Most cells of a matrix of bins; a byte each, they must fit the memory of a wasm kernel. */
const MAX_CELLS = 3e9

/** The columns of a matrix cut into bins, for trees. @throws UsageError for a matrix that would fill the memory */
export function cutColumns(classifier: string, x: SparseMatrix, bins: number): BinnedColumns {
  if (x.rows * x.columns > MAX_CELLS) {
    throw new UsageError(
      `${classifier}: ${x.rows} rows of ${x.columns} columns are too many, select fewer columns`,
    )
  }
  return binColumns(x, bins)
}

import type { SparseMatrix } from '../../features/index.ts'
import type { Graph, Value } from './graph.ts'

/** Sparse rows, whose values may be float32. */
type SparseRows = Pick<SparseMatrix, 'rows' | 'columns' | 'starts' | 'indices'> & {
  readonly values: ArrayLike<number> | null
}

/**
 * Sparse rows as the columns of a matrix, float64 [columns, widthOf(rows)]. Those that are not 0 are put in their places
 * when the graph is loaded or run: written out, the zeros of ten thousand n-grams would fill the file.
 */
export function sparseColumns(graph: Graph, x: SparseRows): Value {
  const { rows, columns, starts, indices, values } = x
  const width = widthOf(x)
  const places = new BigInt64Array(indices.length)
  for (let row = 0; row < rows; row++) {
    for (let i = starts[row]; i < starts[row + 1]; i++) places[i] = BigInt(indices[i] * width + row)
  }
  const zeros = graph.node('ConstantOfShape', [graph.whole(columns * width)], {
    value: { shape: [1], data: new Float64Array(1) },
  })
  const written = values ? Float64Array.from(values) : new Float64Array(indices.length).fill(1)
  const filled = graph.node('ScatterElements', [
    zeros,
    graph.constant('places', [indices.length], places),
    graph.constant('values', [indices.length], written),
  ])
  return graph.node('Reshape', [filled, graph.whole(columns, width)])
}

/** Columns of such a matrix. Where there are no rows it has one of zeros: tensors without elements are little tried. */
export function widthOf({ rows }: Pick<SparseMatrix, 'rows'>): number {
  return Math.max(1, rows)
}

import type { Random } from '../src/core/index.ts'
import type { SparseMatrix } from '../src/features/index.ts'

/** Random rows with sequences of these lengths, and some columns. */
export function randomSequences(
  random: Random,
  lengths: readonly number[],
  vocabulary: number,
  columns: number,
): SparseMatrix {
  const starts = new Uint32Array(lengths.length + 1)
  lengths.forEach((length, row) => {
    starts[row + 1] = starts[row] + length
  })
  const tokens = Uint32Array.from({ length: starts[lengths.length] }, () => random.below(vocabulary))
  const rowStarts = [0]
  const indices: number[] = []
  for (const _ of lengths) {
    for (let column = 0; column < columns; column++) if (random.below(3) === 0) indices.push(column)
    rowStarts.push(indices.length)
  }
  return {
    rows: lengths.length,
    columns,
    starts: Uint32Array.from(rowStarts),
    indices: Uint32Array.from(indices),
    values: Float64Array.from(indices, () => Math.fround(random.unit() * 2)),
    sequences: { vocabulary, starts, tokens },
  }
}

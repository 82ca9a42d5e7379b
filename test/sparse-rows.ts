import type { Random } from '../src/core/index.ts'
import type { SparseMatrix } from '../src/features/index.ts'

/** A matrix of rows that are written out. */
export function sparseRows(
  dense: readonly (readonly number[])[],
  columns = dense[0]?.length ?? 0,
): SparseMatrix {
  return sparseMatrix(dense.length, columns, (row, column) => dense[row]![column] || null)
}

/**
 * A matrix by chance. @param density chance of an entry, 0 … 1 @param value of an entry, drawn even where it is left out
 * @param binary leaves the values out: every entry is 1
 */
export function randomRows(
  random: Random,
  rows: number,
  columns: number,
  density: (row: number, column: number) => number,
  value: (column: number) => number,
  binary: boolean,
): SparseMatrix {
  const x = sparseMatrix(rows, columns, (row, column) =>
    random.unit() < density(row, column) ? value(column) : null,
  )
  return binary ? { ...x, values: null } : x
}

/** Rows of up to 250 values, a third of them zero, whose class depends on two of them and on chance. */
export function labelledRows(random: Random, rows: number, columns: number, classes: number) {
  const dense = Array.from({ length: rows }, () =>
    Array.from({ length: columns }, () => (random.below(3) === 0 ? 0 : (random.below(249) - 60) / 64)),
  )
  const y = Uint32Array.from(dense, (row) => {
    const told = Math.min(classes - 1, Math.floor(Math.abs(row[0]! + row[1]! / 2)))
    return random.below(4) === 0 ? random.below(classes) : told
  })
  return { dense, y }
}

/** A matrix of the entries that are not null; a zero that is given stands written out. */
function sparseMatrix(
  rows: number,
  columns: number,
  entry: (row: number, column: number) => number | null,
): SparseMatrix {
  const starts = new Uint32Array(rows + 1)
  const indices: number[] = []
  const values: number[] = []
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const value = entry(row, column)
      if (value === null) continue
      indices.push(column)
      values.push(value)
    }
    starts[row + 1] = indices.length
  }
  return { rows, columns, starts, indices: Uint32Array.from(indices), values: Float64Array.from(values) }
}

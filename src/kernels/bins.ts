import type { SparseRows } from './sparse-rows.ts'

/** Most bins of a column: a code is one byte. */
export const MAX_BINS = 256

/**
 * Columns whose values are bins, numbered in the order of what they hold. Zero always has a bin of its own, so that
 * what a row does not store needs no looking at. A byte for every cell: a column lies together, and fits a fast cache.
 */
export interface BinnedColumns {
  readonly rows: number
  readonly columns: number
  /** Bin of each cell within its column, column by column: [columns, rows]. */
  readonly codes: Uint8Array
  /** First bin of each column among the bins of all, [columns + 1]. */
  readonly firstBin: Uint32Array
  /** Bin of zero within its column, [columns]. */
  readonly zeroBin: Uint8Array
  /** Least and largest value of each bin. */
  readonly lower: Float64Array
  readonly upper: Float64Array
}

/**
 * Sorts the values of every column into at most `bins` bins (3 … 256): one for each value where there are few, else of
 * about equally many rows.
 */
export function binColumns(x: SparseRows, bins: number): BinnedColumns {
  const { rows, columns, starts, indices, values } = x
  const ends = new Uint32Array(columns + 1)
  for (const column of indices) ends[column + 1]++
  for (let column = 0; column < columns; column++) ends[column + 1] += ends[column]
  const next = ends.slice()
  const sorted = new Float64Array(indices.length)
  for (let i = 0; i < indices.length; i++) sorted[next[indices[i]]++] = values ? values[i] : 1
  const firstBin = new Uint32Array(columns + 1)
  const zeroBin = new Uint8Array(columns)
  const lower: number[] = []
  const upper: number[] = []
  for (let column = 0; column < columns; column++) {
    const own = sorted.subarray(ends[column], ends[column + 1])
    if (values) own.sort()
    const zeroAt = cutColumn(own, bins, lower, upper)
    zeroBin[column] = zeroAt - firstBin[column]
    firstBin[column + 1] = lower.length
  }
  const binned = {
    ...{ rows, columns, firstBin, zeroBin },
    lower: Float64Array.from(lower),
    upper: Float64Array.from(upper),
    codes: new Uint8Array(rows * columns),
  }
  for (let column = 0; column < columns; column++) {
    if (zeroBin[column] > 0) binned.codes.fill(zeroBin[column], column * rows, (column + 1) * rows)
  }
  for (let row = 0; row < rows; row++) {
    for (let i = starts[row]; i < starts[row + 1]; i++) {
      binned.codes[indices[i] * rows + row] = binOf(binned, indices[i], values ? values[i] : 1)
    }
  }
  return binned
}

/** Appends the bins of one column's sorted values, that of zero among them, and gives the place of the latter. */
function cutColumn(sorted: Float64Array, bins: number, lower: number[], upper: number[]): number {
  let distinct = 0
  for (let i = 0; i < sorted.length; i++) if (sorted[i] !== 0 && sorted[i] !== sorted[i - 1]) distinct++
  // Zero takes a bin, and so may the cut that it makes between the negative values and the positive ones.
  const room = bins - (sorted[0] < 0 ? 2 : 1)
  const fits = distinct <= room
  let zeroAt = -1
  let closed = 0
  let from = 0
  const addZero = () => {
    zeroAt = lower.length
    lower.push(0)
    upper.push(0)
  }
  for (let i = 0; i < sorted.length; i++) {
    if (zeroAt < 0 && sorted[i] >= 0) addZero()
    if (sorted[i] === 0) from = i + 1
    if (sorted[i] === 0 || sorted[i] === sorted[i + 1]) continue
    const signEnds = sorted[i] < 0 && !(sorted[i + 1] < 0)
    const isLast = i + 1 === sorted.length
    if (!fits && !signEnds && !isLast && i + 1 < ((closed + 1) * sorted.length) / room) continue
    lower.push(sorted[from])
    upper.push(sorted[i])
    closed++
    from = i + 1
  }
  if (zeroAt < 0) addZero()
  return zeroAt
}

/** The bin of a value that the columns were cut by. */
function binOf({ firstBin, upper }: Omit<BinnedColumns, 'codes'>, column: number, value: number): number {
  let [low, high] = [firstBin[column], firstBin[column + 1] - 1]
  while (low < high) {
    const middle = (low + high) >> 1
    if (value <= upper[middle]) high = middle
    else low = middle + 1
  }
  return low - firstBin[column]
}

import type { BinnedColumns } from '../bins.ts'
import type { SparseRows } from '../sparse-rows.ts'

/** How one tree of gradient boosting is to grow. */
export interface BoostingSettings {
  /** Most splits between the root and a leaf. */
  readonly depth: number
  /** What the values of the leaves are multiplied by. */
  readonly rate: number
  /** Added to the curvature of every node. */
  readonly l2: number
  /** Least curvature on each side of a split, above 0. */
  readonly minWeight: number
  /** Columns that may be tried, ascending. */
  readonly active: Uint32Array
}

/** A tree, and what it gives each row. */
export interface BoostedTree {
  /** Nodes in preorder: an inner one is column, threshold, value; a leaf is -1, value. Values are float32. */
  readonly nodes: Float64Array
  /** Value of the leaf where each row ends, [rows]. */
  readonly values: Float64Array
}

/** Gradient and curvature of the loss at each row, [rows × 2]; both 0 for a row that is left out. */
export type RowPairs = Float64Array

/** Grows one tree by the gradients. `x` is what the columns were cut from. */
export type GrowBoosted = (
  x: SparseRows,
  binned: BinnedColumns,
  pairs: RowPairs,
  settings: BoostingSettings,
) => BoostedTree

/** A split must better the loss by more than rounding may. */
export const MIN_GAIN = 1e-9

/**
 * One Newton step by a tree: the leaf of gradients gᵢ and curvatures hᵢ gives -rate·Σg/(Σh + l2), and a split is the
 * better the more it adds to Σ (Σg)²/(Σh + l2). Friedman, "Greedy Function Approximation: A Gradient Boosting Machine",
 * 2001; Chen & Guestrin, "XGBoost: A Scalable Tree Boosting System", 2016. Sums are kept by bin, of the smaller child
 * only: the other's are what remains of the parent's. Written to be read; the wasm kernel does the same operations in the
 * same order.
 */
export const reference: GrowBoosted = (x, binned, pairs, { depth: most, rate, l2, minWeight, active }) => {
  const { rows, columns, codes, firstBin, zeroBin, lower, upper } = binned
  const values = new Float64Array(rows)
  const nodes: number[] = []
  const total = (members: readonly number[]): Sum => {
    const sum: Sum = [0, 0]
    for (const row of members) add(sum, pairs[2 * row], pairs[2 * row + 1])
    return sum
  }
  const fill = (members: readonly number[]): Sum[] => {
    const sums = Array.from({ length: firstBin[columns] }, (): Sum => [0, 0])
    for (const row of members) {
      if (pairs[2 * row + 1] === 0) continue
      for (let i = x.starts[row]; i < x.starts[row + 1]; i++) {
        const column = x.indices[i]
        const bin = firstBin[column] + codes[column * rows + row]
        add(sums[bin], pairs[2 * row], pairs[2 * row + 1])
      }
    }
    return sums
  }
  const findSplit = (sums: readonly Sum[], all: Sum) => {
    let best: { readonly column: number; readonly bin: number } | null = null
    let bestScore = (all[0] * all[0]) / (all[1] + l2) + MIN_GAIN
    for (const column of active) {
      const zero = firstBin[column] + zeroBin[column]
      const stored: Sum = [0, 0]
      for (let bin = firstBin[column]; bin < firstBin[column + 1]; bin++) {
        if (bin !== zero) add(stored, ...sums[bin])
      }
      const left: Sum = [0, 0]
      for (let bin = firstBin[column]; bin + 1 < firstBin[column + 1]; bin++) {
        if (bin === zero) add(left, all[0] - stored[0], all[1] - stored[1])
        else add(left, ...sums[bin])
        const right: Sum = [all[0] - left[0], all[1] - left[1]]
        if (left[1] < minWeight || right[1] < minWeight) continue
        const score = (left[0] * left[0]) / (left[1] + l2) + (right[0] * right[0]) / (right[1] + l2)
        if (score > bestScore) {
          bestScore = score
          best = { column, bin: bin - firstBin[column] }
        }
      }
    }
    return best
  }
  const canSplit = (depth: number, all: Sum) => depth < most && all[1] >= 2 * minWeight
  const grow = (members: readonly number[], depth: number, sums: readonly Sum[], all: Sum): void => {
    const weight = all[1] + l2
    const value = weight > 0 ? Math.fround((-rate * all[0]) / weight) : 0
    const split = canSplit(depth, all) ? findSplit(sums, all) : null
    if (!split) {
      nodes.push(-1, value)
      for (const row of members) values[row] = value
      return
    }
    const goesLeft = (row: number) => codes[split.column * rows + row] <= split.bin
    const left = members.filter(goesLeft)
    const right = members.filter((row) => !goesLeft(row))
    const [below, above] = [
      upper[firstBin[split.column] + split.bin],
      lower[firstBin[split.column] + split.bin + 1],
    ]
    const half = below + (above - below) / 2
    nodes.push(split.column, half < above ? half : below, value)
    const leftIsSmaller = left.length <= right.length
    const few = fill(leftIsSmaller ? left : right)
    const many = sums.map((sum, bin): Sum => [sum[0] - few[bin][0], sum[1] - few[bin][1]])
    grow(left, depth + 1, leftIsSmaller ? few : many, total(left))
    grow(right, depth + 1, leftIsSmaller ? many : few, total(right))
  }
  const everyone = Array.from({ length: rows }, (_, row) => row)
  grow(everyone, 0, fill(everyone), total(everyone))
  return { nodes: Float64Array.from(nodes), values }
}

type Sum = [number, number]

function add(sum: Sum, gradient: number, curvature: number): void {
  sum[0] += gradient
  sum[1] += curvature
}

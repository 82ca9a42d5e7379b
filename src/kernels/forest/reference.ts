import { type Random, seededRandom } from '../../core/index.ts'
import type { BinnedColumns } from '../bins.ts'

/** How one tree of a forest is to grow. */
export interface ForestSettings {
  /** Columns tried at each node, 1 … columns; more where all of those have one value. */
  readonly maxFeatures: number
  /** Least draws on each side of a split. */
  readonly minLeaf: number
  /** Whether a column is cut at a random place and every row is used once, in place of the best place and a bootstrap. */
  readonly extra: boolean
  /** How much a row of each class weighs, [classes]. */
  readonly weights: Float64Array
  readonly seed: number
}

/**
 * Grows one tree: its nodes in preorder, the left child first. An inner node is its column and its threshold (rows at or
 * below it go left); a leaf is -1 - n, then n pairs of a class and the draws of it that came there.
 */
export type GrowTree = (
  x: BinnedColumns,
  y: Uint32Array,
  classes: number,
  settings: ForestSettings,
) => Float64Array

/**
 * Random forests: Breiman, "Random Forests", 2001, with Gini's impurity; extremely randomized trees: Geurts, Ernst &
 * Wehenkel, 2006. Written to be read; the wasm kernel does the same operations in the same order.
 */
export const reference: GrowTree = (x, y, classes, settings) => {
  const random = seededRandom(settings.seed)
  const draws = new Uint32Array(x.rows).fill(settings.extra ? 1 : 0)
  if (!settings.extra) for (let i = 0; i < x.rows; i++) draws[Math.floor(random.unit() * x.rows)]++
  const features = Uint32Array.from({ length: x.columns }, (_, column) => column)
  const out: number[] = []
  const countOf = (rows: readonly number[]) => {
    const counts = new Float64Array(classes)
    for (const row of rows) counts[y[row]] += draws[row]
    return counts
  }
  const grow = (rows: readonly number[]) => {
    const total = countOf(rows)
    const present = [...total.keys()].filter((k) => total[k] > 0)
    const canSplit = present.length > 1 && sum(total) >= 2 * settings.minLeaf
    const split = canSplit ? findSplit(rows, total) : null
    if (!split) {
      out.push(-1 - present.length, ...present.flatMap((k) => [k, total[k]]))
      return
    }
    const goesLeft = (row: number) => x.codes[split.column * x.rows + row] <= split.bin
    out.push(split.column, split.threshold)
    grow(rows.filter(goesLeft))
    grow(rows.filter((row) => !goesLeft(row)))
  }
  const findSplit = (rows: readonly number[], total: Float64Array): Split | null => {
    let best: Split | null = null
    let varied = 0
    for (let i = 0; i < x.columns && (i < settings.maxFeatures || varied === 0); i++) {
      const j = i + Math.floor(random.unit() * (x.columns - i))
      const column = features[j]
      features[j] = features[i]
      features[i] = column
      const binOf = (row: number) => x.codes[column * x.rows + row]
      const bins = [...new Set(rows.map(binOf))].sort((a, b) => a - b)
      if (bins.length < 2) continue
      varied++
      for (const { bin, threshold } of cuts(x, column, bins, settings.extra, random)) {
        const left = countOf(rows.filter((row) => binOf(row) <= bin))
        if (sum(left) < settings.minLeaf || sum(total) - sum(left) < settings.minLeaf) continue
        const score = scoreOf(left, total, settings.weights)
        if (!best || score > best.score) best = { score, column, bin, threshold }
      }
    }
    return best
  }
  grow([...draws.keys()].filter((row) => draws[row] > 0))
  return Float64Array.from(out)
}

interface Split {
  readonly score: number
  readonly column: number
  readonly bin: number
  readonly threshold: number
}

/** Where a column may be cut: half way between each two neighbouring bins, or at one random place. */
function cuts(x: BinnedColumns, column: number, bins: readonly number[], extra: boolean, random: Random) {
  const first = x.firstBin[column]
  const [low, high] = [bins[0], bins[bins.length - 1]]
  if (extra) {
    const [least, most] = [x.lower[first + low], x.upper[first + high]]
    const drawn = least + random.unit() * (most - least)
    let bin = low
    while (bin < high && x.lower[first + bin + 1] <= drawn) bin++
    return bin === high ? [] : [{ bin, threshold: Math.max(drawn, x.upper[first + bin]) }]
  }
  return bins.slice(1).map((bin, i) => {
    const [below, above] = [x.upper[first + bins[i]], x.lower[first + bin]]
    const middle = below + (above - below) / 2
    return { bin: bins[i], threshold: middle < above ? middle : below }
  })
}

/** Σ wₖ²/w of both sides, which is largest where Gini's impurity is least. */
function scoreOf(left: Float64Array, total: Float64Array, weights: Float64Array): number {
  let [wl, wr, l2, r2] = [0, 0, 0, 0]
  for (let k = 0; k < total.length; k++) {
    const l = weights[k] * left[k]
    const r = weights[k] * (total[k] - left[k])
    wl += l
    wr += r
    l2 += l * l
    r2 += r * r
  }
  return l2 / wl + r2 / wr
}

function sum(counts: Float64Array): number {
  return counts.reduce((total, n) => total + n, 0)
}

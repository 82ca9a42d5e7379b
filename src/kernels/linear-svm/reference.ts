import { seededRandom } from '../../core/index.ts'
import type { SparseRows } from '../sparse-rows.ts'

/** How far to solve, and how much each side's errors cost. */
export interface SvmSettings {
  /** Cost of an error on a row labelled 1 and on one labelled -1. */
  readonly costs: readonly [number, number]
  /** Stop when the projected gradients differ by no more than this. */
  readonly tolerance: number
  /** Stop after this many passes over the rows. */
  readonly maxPasses: number
  readonly seed: number
}

/** The weights found: [columns + 1], the last one the intercept. */
export interface SvmSolution {
  readonly weights: Float64Array
  readonly passes: number
}

/**
 * Finds the weights of a linear SVM, min ½‖w‖² + Σ cᵢ max(0, 1 - yᵢ w·xᵢ)², each row with a constant 1 appended.
 * `y` is 1 or -1 for each row.
 */
export type SolveSvm = (x: SparseRows, y: Int8Array, settings: SvmSettings) => SvmSolution

/**
 * Dual coordinate descent with shrinking: Hsieh, Chang, Lin, Keerthi & Sundararajan, "A Dual Coordinate Descent Method
 * for Large-scale Linear SVM", ICML 2008, algorithm 3, for the squared hinge. Written to be read; the wasm kernel does
 * the same operations in the same order, so that both give the same bytes.
 */
export const reference: SolveSvm = (x, y, { costs, tolerance, maxPasses, seed }) => {
  const random = seededRandom(seed)
  const weights = new Float64Array(x.columns + 1)
  const alpha = new Float64Array(x.rows)
  const order = Uint32Array.from({ length: x.rows }, (_, i) => i)
  const diagonal = (i: number) => 0.5 / costs[y[i] > 0 ? 0 : 1]
  const curvature = Float64Array.from(order, (i) => squaredLength(x, i) + diagonal(i))
  let active = x.rows
  let largestBefore = Number.POSITIVE_INFINITY
  let passes = 0
  while (passes < maxPasses) {
    let largest = Number.NEGATIVE_INFINITY
    let smallest = Number.POSITIVE_INFINITY
    for (let s = 0; s < active; s++) swap(order, s, s + Math.floor(random.unit() * (active - s)))
    for (let s = 0; s < active; s++) {
      const i = order[s]
      const gradient = y[i] * dot(x, i, weights) - 1 + alpha[i] * diagonal(i)
      let projected = gradient
      if (alpha[i] === 0) {
        if (gradient > largestBefore) {
          swap(order, s--, --active)
          continue
        }
        projected = Math.min(gradient, 0)
      }
      if (projected > largest) largest = projected
      if (projected < smallest) smallest = projected
      if (Math.abs(projected) <= 1e-12) continue
      const before = alpha[i]
      alpha[i] = Math.max(before - gradient / curvature[i], 0)
      addScaled(weights, (alpha[i] - before) * y[i], x, i)
    }
    passes++
    if (largest - smallest <= tolerance) {
      if (active === x.rows) break
      // What was shrunk away is looked at once more.
      active = x.rows
      largestBefore = Number.POSITIVE_INFINITY
    } else {
      largestBefore = largest > 0 ? largest : Number.POSITIVE_INFINITY
    }
  }
  return { weights, passes }
}

function swap(order: Uint32Array, a: number, b: number): void {
  const held = order[a]
  order[a] = order[b]
  order[b] = held
}

/** w·xᵢ in four partial sums, as the kernel needs them to keep its adders busy. */
function dot({ starts, indices, values, columns }: SparseRows, row: number, w: Float64Array): number {
  const sums = [0, 0, 0, 0]
  const from = starts[row]
  const to = starts[row + 1]
  const whole = from + Math.floor((to - from) / 4) * 4
  for (let i = from; i < whole; i++)
    sums[(i - from) % 4] += values ? values[i] * w[indices[i]] : w[indices[i]]
  for (let i = whole; i < to; i++) sums[0] += values ? values[i] * w[indices[i]] : w[indices[i]]
  return sums[0] + sums[1] + (sums[2] + sums[3]) + w[columns]
}

function addScaled(
  w: Float64Array,
  by: number,
  { starts, indices, values, columns }: SparseRows,
  row: number,
): void {
  for (let i = starts[row]; i < starts[row + 1]; i++) w[indices[i]] += values ? by * values[i] : by
  w[columns] += by
}

function squaredLength({ starts, values }: SparseRows, row: number): number {
  if (!values) return starts[row + 1] - starts[row] + 1
  let sum = 0
  for (let i = starts[row]; i < starts[row + 1]; i++) sum += values[i] * values[i]
  return sum + 1
}

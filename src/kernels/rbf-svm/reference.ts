import { exp } from '../../core/index.ts'
import type { SparseRows } from '../sparse-rows.ts'

/** How far to solve, and how much each side's errors cost. */
export interface RbfSettings {
  /** γ of the kernel, above 0. */
  readonly gamma: number
  /** Most that the coefficient of a row labelled 1 and of one labelled -1 may be. */
  readonly costs: readonly [number, number]
  /** Stop when the optimality conditions are met to this. */
  readonly tolerance: number
  /** Stop after this many steps. */
  readonly maxSteps: number
}

/** What was found: the decision of a row is intercept + Σ alpha[k]·y[k]·similarity to row k. */
export interface RbfSolution {
  /** One for each row that was solved for, 0 … its cost. */
  readonly alpha: Float64Array
  readonly intercept: number
  readonly steps: number
}

/** The Gaussian kernel exp(-γ‖a - b‖²) over the rows of one matrix. */
export interface RbfKernel {
  /** The kernel of a row of `other`, which has the same columns, with every row of the matrix: [rows], fresh. */
  similarities(other: SparseRows, row: number, gamma: number): Float64Array
  /**
   * The C-SVC of some rows, ascending, min ½ Σᵢⱼ yᵢyⱼαᵢαⱼKᵢⱼ - Σ αᵢ with 0 ≤ αᵢ ≤ costᵢ and Σ yᵢαᵢ = 0, the kernel rounded
   * to float32. `y` is 1 or -1 for each of them, and both occur.
   */
  solve(rows: Uint32Array, y: Int8Array, settings: RbfSettings): RbfSolution
}

/** Makes the kernel of a matrix. */
export type MakeRbfKernel = (x: SparseRows) => RbfKernel

/** Stands for a curvature that is not positive (Chang & Lin, 2011, §4.1.2). */
const TINY_CURVATURE = 1e-12

/**
 * Sequential minimal optimisation with second-order selection of the working set: Fan, Chen & Lin, "Working Set Selection
 * Using Second Order Information for Training Support Vector Machines", JMLR 2005, as in LIBSVM (Chang & Lin, "LIBSVM: A
 * Library for Support Vector Machines", 2011) but for shrinking. Written to be read; the wasm kernel does the same
 * operations in the same order, so that both give the same bytes.
 */
export const reference: MakeRbfKernel = (x) => {
  const similarities = (other: SparseRows, row: number, gamma: number) => {
    const square = dot(other, row, other, row)
    return Float64Array.from({ length: x.rows }, (_, each) => {
      const distance = square + dot(x, each, x, each) - 2 * dot(other, row, x, each)
      return exp(-gamma * Math.max(distance, 0))
    })
  }
  return {
    similarities,
    solve(rows, y, settings) {
      const gram = Array.from(rows, (row) => {
        const all = similarities(x, row, settings.gamma)
        return Float32Array.from(rows, (each) => all[each])
      })
      return optimise(gram, y, settings)
    },
  }
}

/** Solves for a kernel that stands as a whole, [rows][rows]. */
function optimise(gram: readonly Float32Array[], y: Int8Array, settings: RbfSettings): RbfSolution {
  const { costs, tolerance, maxSteps } = settings
  const alpha = new Float64Array(y.length)
  // yₖ times the gradient of the k-th coefficient: what the decision lacks, but for the intercept.
  const slope = Float64Array.from(y, (side) => -side)
  const cost = (k: number) => costs[y[k] > 0 ? 0 : 1]
  /** How far yₖαₖ may go up or down. */
  const room = (k: number, up: boolean) => (up === y[k] > 0 ? cost(k) - alpha[k] : alpha[k])
  const move = (k: number, step: number, up: boolean) => {
    const grows = up === y[k] > 0
    if (step === room(k, up)) alpha[k] = grows ? cost(k) : 0
    else alpha[k] += grows ? step : -step
  }
  const curvature = (i: number, j: number) => {
    const value = 2 - 2 * gram[i][j]
    return value > 0 ? value : TINY_CURVATURE
  }
  let steps = 0
  for (; steps < maxSteps; steps++) {
    let i = -1
    for (let k = 0; k < y.length; k++) if (room(k, true) > 0 && (i < 0 || slope[k] < slope[i])) i = k
    if (i < 0) break
    let j = -1
    let best = 0
    let most = Number.NEGATIVE_INFINITY
    for (let k = 0; k < y.length; k++) {
      if (!(room(k, false) > 0)) continue
      most = Math.max(most, slope[k])
      const gap = slope[k] - slope[i]
      const gain = gap > 0 ? (gap * gap) / curvature(i, k) : 0
      if (gain > best) {
        best = gain
        j = k
      }
    }
    if (most - slope[i] < tolerance || j < 0) break
    const wanted = (slope[j] - slope[i]) / curvature(i, j)
    const step = Math.min(wanted, room(i, true), room(j, false))
    move(i, step, true)
    move(j, step, false)
    for (let k = 0; k < y.length; k++) slope[k] += step * (gram[i][k] - gram[j][k])
  }
  return { alpha, intercept: interceptOf(slope, room), steps }
}

/** Minus the mean slope of the coefficients within their bounds, or the middle of where it may lie. */
function interceptOf(slope: Float64Array, room: (k: number, up: boolean) => number): number {
  let sum = 0
  let free = 0
  let low = Number.NEGATIVE_INFINITY
  let high = Number.POSITIVE_INFINITY
  for (let k = 0; k < slope.length; k++) {
    const rises = room(k, true) > 0
    if (rises && room(k, false) > 0) {
      sum += slope[k]
      free++
    } else if (rises) high = Math.min(high, slope[k])
    else low = Math.max(low, slope[k])
  }
  return -(free > 0 ? sum / free : (low + high) / 2)
}

function dot(a: SparseRows, row: number, b: SparseRows, other: number): number {
  let sum = 0
  let at = b.starts[other]
  for (let i = a.starts[row]; i < a.starts[row + 1]; i++) {
    while (at < b.starts[other + 1] && b.indices[at] < a.indices[i]) at++
    if (at === b.starts[other + 1]) break
    if (b.indices[at] === a.indices[i]) sum += (a.values ? a.values[i] : 1) * (b.values ? b.values[at] : 1)
  }
  return sum
}

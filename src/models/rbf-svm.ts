import type { SparseMatrix } from '../features/index.ts'
import { makeRbfKernel } from '../kernels/rbf-svm/rbf-svm.ts'
import type { RbfKernel } from '../kernels/rbf-svm/reference.ts'
import type { ClassifierKind } from './classifier-kind.ts'
import { loadRbf } from './load-rbf.ts'
import { pairsOf, rbfModel } from './rbf-model.ts'

const NAME = 'rbf-svm'

/** Most steps of one pair, and most kernel values that they may read in all; a fit that is not done by then is still feasible. */
const MAX_STEPS = 1e7
const MAX_READ = 8e9

/**
 * Support vector machine with a Gaussian kernel, hinge loss, one class against one (C-SVC of Chang & Lin, "LIBSVM: A
 * Library for Support Vector Machines", 2011). The grid is over γ, to which the figures are most sensitive, in units of
 * the "scale" rule 1 / (columns · variance), the variance of all values of the training matrix, zeros included. A part is
 * a pair of classes. The kernel of a matrix is computed row by row, for all pairs, at most 256 MiB a matrix that lives.
 */
export const rbfSvm: ClassifierKind = {
  name: NAME,
  gridName: 'gamma',
  defaultGrid: [1, 2, 4, 8, 16],
  settings: [{ name: 'C', type: 'number', otherwise: 10, least: 1e-6, most: 1e6 }],
  parts: (classes) => pairsOf(classes).length,
  fitPart(x, y, classes, part, { value, tolerance, balanced, own }) {
    const [a, b] = pairsOf(classes)[part]
    const rows = Uint32Array.from(y.keys()).filter((row) => y[row] === a || y[row] === b)
    const sides = Int8Array.from(rows, (row) => (y[row] === b ? 1 : -1))
    let second = 0
    for (const side of sides) if (side > 0) second++
    const first = rows.length - second
    // A class without rows loses to every other one; of two such, the first wins.
    if (first === 0 || second === 0) return Float64Array.of(second > 0 ? 1 : -1)
    const costOf = (count: number) => own.C * (balanced ? y.length / (classes * count) : 1)
    const maxSteps = Math.min(MAX_STEPS, Math.ceil(MAX_READ / rows.length))
    const { alpha, intercept } = kernelOf(x).solve(rows, sides, {
      gamma: value * scaleRule(x),
      costs: [costOf(second), costOf(first)],
      tolerance,
      maxSteps,
    })
    const found = [intercept]
    alpha.forEach((each, k) => {
      if (each > 0) found.push(rows[k], sides[k] * each)
    })
    return Float64Array.from(found)
  },
  join(parts, x, classes, { value }) {
    const pairs = pairsOf(classes)
    const classOf = new Map<number, number>()
    parts.forEach((part, pair) => {
      for (let i = 1; i < part.length; i += 2) classOf.set(part[i], pairs[pair][part[i + 1] > 0 ? 1 : 0])
    })
    const rows = [...classOf.keys()].sort((r, s) => classOf.get(r)! - classOf.get(s)! || r - s)
    const perClass = new Uint32Array(classes)
    for (const k of classOf.values()) perClass[k]++
    const placeOf = new Map(rows.map((row, s) => [row, s]))
    const coefficients = new Float64Array(rows.length * Math.max(0, classes - 1))
    parts.forEach((part, pair) => {
      const [a, b] = pairs[pair]
      for (let i = 1; i < part.length; i += 2) {
        const other = part[i + 1] > 0 ? a : b - 1
        coefficients[placeOf.get(part[i])! * (classes - 1) + other] = part[i + 1]
      }
    })
    const intercepts = Float64Array.from(parts, (part) => part[0])
    const learned = { perClass, coefficients, intercepts, support: takeRows(x, rows) }
    return rbfModel(NAME, classes, { ...learned, gamma: value * scaleRule(x) })
  },
  load(tensors, columns, classes) {
    const learned = loadRbf(tensors, columns, classes)
    return learned && rbfModel(NAME, classes, learned)
  },
}

/** 1 / (columns · variance of all values), 1 where nothing varies. */
function scaleRule({ rows, columns, indices, values }: SparseMatrix): number {
  const cells = rows * columns
  let sum = values ? 0 : indices.length
  let squares = sum
  for (const value of values ?? []) {
    sum += value
    squares += value * value
  }
  const mean = sum / cells
  const variance = squares / cells - mean * mean
  return variance > 0 ? 1 / (columns * variance) : 1
}

function takeRows(x: SparseMatrix, rows: readonly number[]): SparseMatrix {
  const starts = new Uint32Array(rows.length + 1)
  rows.forEach((row, i) => {
    starts[i + 1] = starts[i] + x.starts[row + 1] - x.starts[row]
  })
  const indices = new Uint32Array(starts[rows.length])
  const values = x.values && new Float64Array(starts[rows.length])
  rows.forEach((row, i) => {
    indices.set(x.indices.subarray(x.starts[row], x.starts[row + 1]), starts[i])
    if (values && x.values) values.set(x.values.subarray(x.starts[row], x.starts[row + 1]), starts[i])
  })
  return { rows: rows.length, columns: x.columns, starts, indices, values }
}

// The kernel lives as long as its matrix: the pairs of classes share its rows.
const kernels = new WeakMap<SparseMatrix, RbfKernel>()

function kernelOf(x: SparseMatrix): RbfKernel {
  const kernel = kernels.get(x) ?? makeRbfKernel(x)
  kernels.set(x, kernel)
  return kernel
}

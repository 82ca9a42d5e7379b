import { log } from '../core/index.ts'
import type { SparseMatrix } from '../features/index.ts'
import type { ClassifierKind } from './classifier-kind.ts'
import { linearModel } from './linear-model.ts'
import { loadLinear } from './load-linear.ts'

/** Log prior of a class without rows: finite, for the model file, and too low for any row to choose it. */
const NEVER = -1e30

/**
 * Multinomial naive Bayes: P(column | class) is its share of the class's counts, with `smoothing` added to each count.
 * McCallum & Nigam, "A Comparison of Event Models for Naive Bayes Text Classification", 1998.
 */
export const multinomial: ClassifierKind = {
  name: 'multinomial',
  gridName: 'smoothing',
  defaultGrid: [1],
  settings: [],
  parts: () => 1,
  fitPart(x, y, classes, _part, { value: smoothing }) {
    const { counts, rowsPerClass } = countByClass(x, y, classes, x.values)
    const learned = new Float64Array(classes * (x.columns + 1))
    for (let k = 0; k < classes; k++) {
      const row = counts.subarray(k * x.columns, (k + 1) * x.columns)
      let total = smoothing * x.columns
      for (const n of row) total += n
      const logTotal = log(total)
      for (let j = 0; j < x.columns; j++) learned[k * x.columns + j] = log(row[j] + smoothing) - logTotal
      learned[classes * x.columns + k] = logPrior(rowsPerClass[k], x.rows)
    }
    return learned
  },
  join: ([learned], { columns }, classes) => joinBayes('multinomial', learned, columns, classes),
  load: (tensors, columns, classes) => loadBayes('multinomial', tensors, columns, classes),
}

/**
 * Bernoulli naive Bayes: columns are present or absent, and absence counts too; P(present | class) is
 * (rows with it + smoothing) / (rows + 2·smoothing). McCallum & Nigam, 1998. It is linear in the presences: a present
 * column adds ln p - ln(1 - p), and the intercept is the log joint probability of the empty row.
 */
export const bernoulli: ClassifierKind = {
  name: 'bernoulli',
  gridName: 'smoothing',
  defaultGrid: [1],
  settings: [],
  parts: () => 1,
  fitPart(x, y, classes, _part, { value: smoothing }) {
    const { counts, rowsPerClass } = countByClass(x, y, classes, null)
    const learned = new Float64Array(classes * (x.columns + 1))
    for (let k = 0; k < classes; k++) {
      const logTotal = log(rowsPerClass[k] + 2 * smoothing)
      let empty = logPrior(rowsPerClass[k], x.rows)
      for (let j = 0; j < x.columns; j++) {
        const n = counts[k * x.columns + j]
        const absent = log(rowsPerClass[k] - n + smoothing) - logTotal
        learned[k * x.columns + j] = log(n + smoothing) - logTotal - absent
        empty += absent
      }
      learned[classes * x.columns + k] = empty
    }
    return learned
  },
  join: ([learned], { columns }, classes) => joinBayes('bernoulli', learned, columns, classes),
  load: (tensors, columns, classes) => loadBayes('bernoulli', tensors, columns, classes),
}

type Bayes = 'multinomial' | 'bernoulli'

function countByClass(x: SparseMatrix, y: Uint32Array, classes: number, values: Float64Array | null) {
  const counts = new Float64Array(classes * x.columns)
  const rowsPerClass = new Float64Array(classes)
  const { starts, indices } = x
  for (let row = 0; row < x.rows; row++) {
    const own = counts.subarray(y[row] * x.columns, (y[row] + 1) * x.columns)
    rowsPerClass[y[row]]++
    const end = starts[row + 1]
    // Two loops, since a test of `values` inside one slows it.
    if (values) for (let i = starts[row]; i < end; i++) own[indices[i]] += values[i]
    else for (let i = starts[row]; i < end; i++) own[indices[i]]++
  }
  return { counts, rowsPerClass }
}

function logPrior(rows: number, all: number): number {
  return rows > 0 ? log(rows / all) : NEVER
}

function joinBayes(name: Bayes, learned: Float64Array, columns: number, classes: number) {
  const weights = learned.slice(0, classes * columns)
  const intercepts = learned.slice(classes * columns)
  return linearModel(name, classes, columns, 'log-posterior', name === 'bernoulli', {
    outputs: classes,
    weights,
    intercepts,
  })
}

function loadBayes(
  name: Bayes,
  tensors: Parameters<ClassifierKind['load']>[0],
  columns: number,
  classes: number,
) {
  const learned = loadLinear(tensors, columns, classes)
  return learned && linearModel(name, classes, columns, 'log-posterior', name === 'bernoulli', learned)
}

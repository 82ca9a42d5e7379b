import { logSumExp } from '../core/index.ts'
import type { SparseMatrix } from '../features/index.ts'
import type { Model } from './classifier.ts'

/** What a linear classifier has learned: output k of a row is intercepts[k] + Σ x[j]·weights[k, j]. */
export interface LinearWeights {
  /** 1 for two classes told by one margin (positive is class 1), else one a class. */
  readonly outputs: number
  /** [outputs, columns] */
  readonly weights: Float64Array
  /** [outputs] */
  readonly intercepts: Float64Array
}

/** How outputs become decision values: as they are, or as log posteriors of log joint probabilities. */
type LinearRule = 'margin' | 'log-posterior'

/** A model whose outputs are linear in the row. @param binary whether every stored value counts as 1 */
export function linearModel(
  name: string,
  classes: number,
  columns: number,
  rule: LinearRule,
  binary: boolean,
  learned: LinearWeights,
): Model {
  const { outputs, weights, intercepts } = learned
  const decideRow = (x: SparseMatrix, row: number, out: Float64Array) => {
    const values = binary ? null : x.values
    for (let k = 0; k < outputs; k++) {
      let sum = intercepts[k]
      for (let i = x.starts[row]; i < x.starts[row + 1]; i++) {
        const weight = weights[k * columns + x.indices[i]]
        sum += values ? values[i] * weight : weight
      }
      out[k] = sum
    }
    if (outputs < classes) {
      out[1] = out[0]
      out[0] = -out[1]
    }
    if (rule === 'margin') return
    const all = logSumExp(out)
    for (let k = 0; k < classes; k++) out[k] -= all
  }
  return {
    name,
    classes,
    tensors: {
      weights: { shape: [outputs, columns], data: weights },
      intercepts: { shape: [outputs], data: intercepts },
    },
    decide(x) {
      const decisions = new Float64Array(x.rows * classes)
      for (let row = 0; row < x.rows; row++) {
        decideRow(x, row, decisions.subarray(row * classes, (row + 1) * classes))
      }
      return decisions
    },
    contributions(x, row, target) {
      const decisions = new Float64Array(classes)
      decideRow(x, row, decisions)
      const [from, to] = [x.starts[row], x.starts[row + 1]]
      // A margin already stands against the rest; a joint probability is compared with that of the best other class.
      const rival = rule === 'margin' ? -1 : bestOther(decisions, target)
      const difference = (of: Float64Array, width: number, column: number) => {
        if (outputs < classes) return target === 1 ? of[column] : -of[column]
        return of[target * width + column] - (rival < 0 ? 0 : of[rival * width + column])
      }
      const values = binary ? null : x.values
      return {
        columns: x.indices.slice(from, to),
        shares: Float64Array.from({ length: to - from }, (_, i) => {
          return (values ? values[from + i] : 1) * difference(weights, columns, x.indices[from + i])
        }),
        base: difference(intercepts, 1, 0),
        rival,
      }
    },
  }
}

/** The class with the largest decision value but for `target`; -1 when there is no other. */
export function bestOther(decisions: ArrayLike<number>, target: number): number {
  let best = -1
  for (let k = 0; k < decisions.length; k++) {
    if (k !== target && (best < 0 || decisions[k] > decisions[best])) best = k
  }
  return best
}

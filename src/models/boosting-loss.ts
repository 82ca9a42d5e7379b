import { exp, log, sigmoid } from '../core/index.ts'
import { outputsOf } from './boosting-model.ts'

/** Of a class without rows, as much is taken to have been seen. */
const UNSEEN_ROWS = 0.5

/** The outputs before any tree: logarithms of the classes' shares, or, of two classes, the second's log odds. [outputs] */
export function startingScores(y: Uint32Array, classes: number, weights: Float64Array): Float64Array {
  const sums = new Float64Array(classes)
  for (const own of y) sums[own] += weights[own]
  const seen = sums.map((sum) => Math.max(sum, UNSEEN_ROWS))
  const all = seen.reduce((total, sum) => total + sum, 0)
  if (classes === 2) return Float64Array.of(log(seen[1] / seen[0]))
  return seen.map((sum) => log(sum / all))
}

/**
 * Gradient and curvature of the weighted log loss by each output, one array of [rows × 2] an output: w·(p - t) and
 * w·p·(1 - p), p the probability and t 1 for the row's own class, else 0. Both are 0 where a row is not drawn.
 * @param scores [rows, outputs]
 */
export function gradients(
  scores: Float64Array,
  y: Uint32Array,
  classes: number,
  weights: Float64Array,
  isDrawn: Uint8Array,
): Float64Array[] {
  const outputs = outputsOf(classes)
  const pairs = Array.from({ length: outputs }, () => new Float64Array(2 * y.length))
  const p = new Float64Array(classes)
  for (let row = 0; row < y.length; row++) {
    if (isDrawn[row] === 0) continue
    const weight = weights[y[row]]
    if (outputs < classes) p[1] = sigmoid(scores[row])
    else softmax(scores.subarray(row * outputs, (row + 1) * outputs), p)
    for (let output = 0; output < outputs; output++) {
      const k = outputs < classes ? 1 : output
      pairs[output][2 * row] = weight * (p[k] - (y[row] === k ? 1 : 0))
      pairs[output][2 * row + 1] = weight * p[k] * (1 - p[k])
    }
  }
  return pairs
}

function softmax(scores: Float64Array, out: Float64Array): void {
  let top = Number.NEGATIVE_INFINITY
  for (const score of scores) top = Math.max(top, score)
  let sum = 0
  for (let k = 0; k < scores.length; k++) {
    out[k] = exp(scores[k] - top)
    sum += out[k]
  }
  for (let k = 0; k < scores.length; k++) out[k] /= sum
}

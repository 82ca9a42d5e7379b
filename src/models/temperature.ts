import { exp } from '../core/index.ts'

/** Temperatures beyond these would make a row as sure as can be, or all rows alike. */
const [COLDEST, HOTTEST] = [0.01, 100]

/** Decisions further below the best one count as this far below: a class without rows must not swamp the sums. */
const MAX_GAP = 1e4

const MAX_STEPS = 100
const TOLERANCE = 1e-12

/**
 * Probabilities [rows, classes]: the softmax of the decisions divided by the temperature, which lets every row keep its
 * order of classes. Guo, Pleiss, Sun & Weinberger, "On Calibration of Modern Neural Networks", 2017.
 */
export function softmaxAt(temperature: number, decisions: Float64Array, classes: number): Float64Array {
  const probabilities = gapsBelowBest(decisions, classes)
  for (let from = 0; from < probabilities.length; from += classes) {
    let sum = 0
    for (let i = from; i < from + classes; i++) {
      probabilities[i] = exp(probabilities[i] / temperature)
      sum += probabilities[i]
    }
    for (let i = from; i < from + classes; i++) probabilities[i] /= sum
  }
  return probabilities
}

/**
 * The temperature with the least log loss on decisions [rows, classes] of rows that the model had not seen, from 0.01 to
 * 100; 1 where they say nothing of it. One row's worth of doubt is spread over all rows, as likely one class that occurs as
 * another, so that a model that erred on none of n rows is taken to err on about one in n.
 *
 * The loss is convex in the inverse temperature: Newton's method on its slope, held inside a bracket.
 */
export function fitTemperature(decisions: Float64Array, y: Uint32Array, classes: number): number {
  const gaps = gapsBelowBest(decisions, classes)
  const wanted = wantedSum(gaps, y, classes)
  const slopeAt = (inverse: number) => {
    const { sum, spread } = expected(gaps, classes, inverse)
    return { slope: sum - wanted, bend: spread }
  }
  let [low, high] = [1 / HOTTEST, 1 / COLDEST]
  if (slopeAt(low).slope > 0) return HOTTEST
  if (slopeAt(high).slope < 0) return COLDEST
  let inverse = 1
  for (let step = 0; step < MAX_STEPS; step++) {
    const { slope, bend } = slopeAt(inverse)
    if (slope === 0) break
    if (slope > 0) high = inverse
    else low = inverse
    const newton = inverse - slope / bend
    const next = newton > low && newton < high ? newton : Math.sqrt(low * high)
    const isClose = Math.abs(next - inverse) <= TOLERANCE * inverse
    inverse = next
    if (isClose) break
  }
  return 1 / inverse
}

/** How far each decision lies below the largest of its row, as a number from -MAX_GAP to 0. */
function gapsBelowBest(decisions: Float64Array, classes: number): Float64Array {
  const gaps = new Float64Array(decisions.length)
  for (let from = 0; from < decisions.length; from += classes) {
    let best = Number.NEGATIVE_INFINITY
    for (let i = from; i < from + classes; i++) best = Math.max(best, decisions[i])
    for (let i = from; i < from + classes; i++) gaps[i] = Math.max(decisions[i] - best, -MAX_GAP)
  }
  return gaps
}

/** Σ of the gaps at the true classes, but for the share of each row that is doubt. */
function wantedSum(gaps: Float64Array, y: Uint32Array, classes: number): number {
  const occurring = [...new Set(y)].sort((a, b) => a - b)
  const doubt = 1 / (y.length + 1)
  let sum = 0
  y.forEach((own, row) => {
    const spread = occurring.reduce((all, k) => all + gaps[row * classes + k], 0) / occurring.length
    sum += (1 - doubt) * gaps[row * classes + own] + doubt * spread
  })
  return sum
}

/** Σ over the rows of the mean gap under the softmax, and of its variance: first and second derivative of Σ ln Σ e^(gap·inverse). */
function expected(gaps: Float64Array, classes: number, inverse: number): { sum: number; spread: number } {
  let sum = 0
  let spread = 0
  for (let from = 0; from < gaps.length; from += classes) {
    let [total, first, second] = [0, 0, 0]
    for (let i = from; i < from + classes; i++) {
      const weight = exp(gaps[i] * inverse)
      total += weight
      first += weight * gaps[i]
      second += weight * gaps[i] * gaps[i]
    }
    const mean = first / total
    sum += mean
    spread += Math.max(0, second / total - mean * mean)
  }
  return { sum, spread }
}

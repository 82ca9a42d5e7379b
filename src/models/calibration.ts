import { exp, log, sigmoid } from '../core/index.ts'
import { bestOther } from './linear-model.ts'
import { fitTemperature, softmaxAt } from './temperature.ts'

/** Turns decision values into probabilities. */
export type Calibration = Sigmoids | Temperature

/** A sigmoid for each class, of its lead over its best rival. */
export interface Sigmoids {
  /** P(class k), before a row is made to add up to 1, is sigmoid(slopes[k]·lead + offsets[k]). [classes] */
  readonly slopes: Float64Array
  readonly offsets: Float64Array
}

/** P is the softmax of decision / temperature: for decisions that are log probabilities but for a constant. */
export interface Temperature {
  /** Above 0; the higher, the less sure. */
  readonly temperature: number
}

/** The ways to calibrate, as a kind of classifier names them. */
export type CalibrationKind = 'sigmoids' | 'temperature'

/** The calibration of a model whose decisions could not be tried on rows it had not seen. */
export function plainCalibration(
  classes: number,
  slope = 1,
  kind: CalibrationKind = 'sigmoids',
): Calibration {
  return kind === 'temperature' ? { temperature: 1 / slope } : plainSigmoids(classes, slope)
}

function plainSigmoids(classes: number, slope: number): Sigmoids {
  return { slopes: new Float64Array(classes).fill(slope), offsets: new Float64Array(classes) }
}

/** Fits a calibration on decision values [rows, classes] of rows that the model had not seen. */
export function fitCalibration(
  decisions: Float64Array,
  y: Uint32Array,
  classes: number,
  kind: CalibrationKind = 'sigmoids',
): Calibration {
  if (kind === 'temperature') return { temperature: fitTemperature(decisions, y, classes) }
  return fitSigmoids(decisions, y, classes)
}

/** Of two classes the second's sigmoid is fitted and the first's mirrors it. */
function fitSigmoids(decisions: Float64Array, y: Uint32Array, classes: number): Sigmoids {
  const calibration = plainSigmoids(classes, 1)
  for (let k = classes === 2 ? 1 : 0; k < classes; k++) {
    const leads = Float64Array.from(y, (_, row) => leadOf(decisions, row, k, classes))
    const [slope, offset] = fitSigmoid(
      leads,
      y.map((each) => (each === k ? 1 : 0)),
    )
    calibration.slopes[k] = slope
    calibration.offsets[k] = offset
  }
  if (classes === 2) {
    calibration.slopes[0] = calibration.slopes[1]
    calibration.offsets[0] = -calibration.offsets[1]
  }
  return calibration
}

/** Probabilities [rows, classes] of decision values; each row adds up to 1. */
export function calibrate(calibration: Calibration, decisions: Float64Array, classes: number): Float64Array {
  if ('temperature' in calibration) return softmaxAt(calibration.temperature, decisions, classes)
  const probabilities = new Float64Array(decisions.length)
  for (let row = 0; row * classes < decisions.length; row++) {
    let sum = 0
    for (let k = 0; k < classes; k++) {
      const lead = leadOf(decisions, row, k, classes)
      const p = sigmoid(calibration.slopes[k] * lead + calibration.offsets[k])
      probabilities[row * classes + k] = p
      sum += p
    }
    for (let k = 0; k < classes; k++) {
      const at = row * classes + k
      probabilities[at] = sum > 0 ? probabilities[at] / sum : 1 / classes
    }
  }
  return probabilities
}

function leadOf(decisions: Float64Array, row: number, k: number, classes: number): number {
  const own = decisions.subarray(row * classes, (row + 1) * classes)
  const rival = bestOther(own, k)
  const lead = rival < 0 ? own[k] : own[k] - own[rival]
  return Math.max(-MAX_LEAD, Math.min(MAX_LEAD, lead))
}

/** Leads beyond this are as sure as can be; without a bound those over a class without rows would swamp Newton's sums. */
export const MAX_LEAD = 1e4

const MAX_STEPS = 100
const MIN_STEP = 1e-10
const RIDGE = 1e-12

/**
 * Slope and offset of P(1 | f) = sigmoid(slope·f + offset) by maximum likelihood with Platt's smoothed targets: Newton's
 * method with backtracking, Lin, Lin & Weng, "A Note on Platt's Probabilistic Outputs for SVMs", 2007, algorithm 1
 * (whose A and B are -slope and -offset). @param labels 1 or 0 for each value
 */
export function fitSigmoid(values: Float64Array, labels: Uint32Array): [number, number] {
  let positives = 0
  for (const label of labels) positives += label
  const negatives = labels.length - positives
  const high = (positives + 1) / (positives + 2)
  const low = 1 / (negatives + 2)
  const target = (i: number) => (labels[i] === 1 ? high : low)
  const loss = (a: number, b: number) => {
    let sum = 0
    for (let i = 0; i < values.length; i++) {
      const z = values[i] * a + b
      sum += z >= 0 ? target(i) * z + log(1 + exp(-z)) : (target(i) - 1) * z + log(1 + exp(z))
    }
    return sum
  }
  let a = 0
  let b = log((negatives + 1) / (positives + 1))
  let best = loss(a, b)
  for (let step = 0; step < MAX_STEPS; step++) {
    let [h11, h22, h21, g1, g2] = [RIDGE, RIDGE, 0, 0, 0]
    for (let i = 0; i < values.length; i++) {
      const p = sigmoid(-(values[i] * a + b))
      const d2 = p * (1 - p)
      const d1 = target(i) - p
      h11 += values[i] * values[i] * d2
      h22 += d2
      h21 += values[i] * d2
      g1 += values[i] * d1
      g2 += d1
    }
    if (Math.abs(g1) < 1e-5 && Math.abs(g2) < 1e-5) break
    const determinant = h11 * h22 - h21 * h21
    const stepA = -(h22 * g1 - h21 * g2) / determinant
    const stepB = -(-h21 * g1 + h11 * g2) / determinant
    const descent = g1 * stepA + g2 * stepB
    let size = 1
    for (; size >= MIN_STEP; size /= 2) {
      const tried = loss(a + size * stepA, b + size * stepB)
      if (tried < best + 0.0001 * size * descent) {
        a += size * stepA
        b += size * stepB
        best = tried
        break
      }
    }
    if (size < MIN_STEP) break
  }
  return [-a, -b]
}

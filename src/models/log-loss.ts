import { log } from '../core/index.ts'
import { type Calibration, calibrate } from './calibration.ts'

/** Probabilities below this count as this: one row that is surely wrong must not decide alone. */
const SMALLEST = 1e-6

/** Mean of -ln P(true class) after calibration, in nats. */
export function meanLogLoss(
  calibration: Calibration,
  decisions: Float64Array,
  y: Uint32Array,
  classes: number,
): number {
  const probabilities = calibrate(calibration, decisions, classes)
  let sum = 0
  y.forEach((own, row) => {
    sum -= log(Math.max(probabilities[row * classes + own], SMALLEST))
  })
  return y.length === 0 ? 0 : sum / y.length
}

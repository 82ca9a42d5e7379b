const BINS = 15

/**
 * Brier score: the mean squared distance of the probabilities from the truth (Brier, "Verification of forecasts
 * expressed in terms of probability", 1950). For two classes it is taken over the second class only, as scikit-learn
 * does, and lies in 0 … 1; for more it is summed over the classes, 0 … 2.
 * @param probabilities [rows, classes]
 */
export function brierScore(y: Uint32Array, probabilities: Float64Array, classes: number): number {
  let sum = 0
  for (let row = 0; row < y.length; row++) {
    for (let c = classes === 2 ? 1 : 0; c < classes; c++) {
      const distance = probabilities[row * classes + c] - (y[row] === c ? 1 : 0)
      sum += distance * distance
    }
  }
  return y.length > 0 ? sum / y.length : 0
}

/**
 * Expected calibration error: how far the probability of the predicted class is from the share of rows where it was
 * right, over 15 bins of equal width weighted by their rows (Guo et al., "On calibration of modern neural networks", 2017).
 * @param probabilities [rows, classes]
 * @returns 0 … 1, 0 is best
 */
export function expectedCalibrationError(
  y: Uint32Array,
  predicted: Uint32Array,
  probabilities: Float64Array,
  classes: number,
): number {
  const confidence = new Float64Array(BINS)
  const right = new Float64Array(BINS)
  for (let row = 0; row < y.length; row++) {
    const p = probabilities[row * classes + predicted[row]]
    const bin = Math.min(BINS - 1, Math.max(0, Math.ceil(p * BINS) - 1))
    confidence[bin] += p
    if (predicted[row] === y[row]) right[bin] += 1
  }
  let sum = 0
  for (let bin = 0; bin < BINS; bin++) sum += Math.abs(confidence[bin] - right[bin])
  return y.length > 0 ? sum / y.length : 0
}

import { describe, expect, it } from 'vitest'
import { brierScore, expectedCalibrationError } from './calibration-error.ts'

describe('brierScore', () => {
  it('agrees with the example of scikit-learn for two classes', () => {
    // brier_score_loss([0, 1, 1, 0], [0.1, 0.9, 0.8, 0.3]) = 0.0375
    const probabilities = Float64Array.of(0.9, 0.1, 0.1, 0.9, 0.2, 0.8, 0.7, 0.3)
    expect(brierScore(Uint32Array.of(0, 1, 1, 0), probabilities, 2)).toBeCloseTo(0.0375, 15)
  })

  it('sums over the classes where there are more', () => {
    expect(brierScore(Uint32Array.of(0), Float64Array.of(0.5, 0.25, 0.25), 3)).toBe(0.25 + 0.125)
    expect(brierScore(Uint32Array.of(2), Float64Array.of(1, 0, 0), 3)).toBe(2)
  })

  it('is 0 for no rows', () => {
    expect(brierScore(new Uint32Array(), new Float64Array(), 2)).toBe(0)
  })
})

describe('expectedCalibrationError', () => {
  it('agrees with a case worked by hand', () => {
    // Two rows at .9, one right: off by .8 in sum. Two at .6, both right: off by .8. (0.8 + 0.8) / 4.
    const probabilities = Float64Array.of(0.1, 0.9, 0.1, 0.9, 0.4, 0.6, 0.6, 0.4)
    const error = expectedCalibrationError(
      Uint32Array.of(1, 0, 1, 0),
      Uint32Array.of(1, 1, 1, 0),
      probabilities,
      2,
    )
    expect(error).toBeCloseTo(0.4, 15)
  })

  it('is 0 for certain answers that are right and 1 for certain ones that are wrong', () => {
    const sure = Float64Array.of(1, 0, 0, 1)
    expect(expectedCalibrationError(Uint32Array.of(0, 1), Uint32Array.of(0, 1), sure, 2)).toBe(0)
    expect(expectedCalibrationError(Uint32Array.of(1, 0), Uint32Array.of(0, 1), sure, 2)).toBe(1)
  })
})

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { restate, restateProbability } from './prior.ts'

describe('restate', () => {
  it('agrees with a case worked by hand', () => {
    // Of 10,000 samples 100 are malware: 90 caught, 99 false alarms.
    const restated = restate(0.01, 0.9, 0.01)
    expect(restated.precision).toBeCloseTo(90 / 189, 12)
    expect(restated.benignPrecision).toBeCloseTo(9801 / 9811, 12)
    expect(restated.accuracy).toBeCloseTo(9891 / 10_000, 12)
  })

  it('says nothing of calls that are never made', () => {
    expect(restate(0.1, 0, 0).precision).toBeNull()
    expect(restate(0.1, 1, 1).benignPrecision).toBeNull()
  })

  it.each([0, 1, -1, 2, Number.NaN])('refuses a share of %d', (share) => {
    expect(() => restate(share, 0.9, 0.1)).toThrow('prior')
  })

  it('gives the measured precision back for the measured share', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 99 }), fc.integer({ min: 1, max: 99 }), (caught, alarms) => {
        expect(restate(0.5, caught / 100, alarms / 100).precision).toBeCloseTo(caught / (caught + alarms), 12)
      }),
    )
  })
})

describe('restateProbability', () => {
  it.each([
    [0.5, 0.5, 0.01, 0.01],
    [0.99, 0.5, 0.01, 0.5],
    [0.7, 0.3, 0.3, 0.7],
    [0, 0.5, 0.01, 0],
    [1, 0.5, 0.01, 1],
  ])('%d learned at a share of %d means, at %d, %d', (probability, trained, share, expected) => {
    expect(restateProbability(probability, trained, share)).toBeCloseTo(expected, 12)
  })
})

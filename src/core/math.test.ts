import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { exp, log, logSumExp, sigmoid } from './math.ts'

/** Distance in units in the last place of `want`. */
function ulps(got: number, want: number): number {
  if (Object.is(got, want) || got === want) return 0
  const unit = 2 ** (Math.max(-1022, Math.floor(Math.log2(Math.abs(want)))) - 52)
  return Math.abs(got - want) / unit
}

describe('exp and log', () => {
  it('exp stays within 2 units of the engine', () => {
    fc.assert(
      fc.property(fc.double({ min: -700, max: 709, noNaN: true }), (x) => ulps(exp(x), Math.exp(x)) <= 2),
      { numRuns: 20_000 },
    )
  })

  it('log stays within 2 units of the engine', () => {
    fc.assert(
      fc.property(
        fc.double({ min: Number.MIN_VALUE, noNaN: true, noDefaultInfinity: true }),
        (x) => ulps(log(x), Math.log(x)) <= 2,
      ),
      { numRuns: 20_000 },
    )
  })

  it('log stays within 2 units close to 1', () => {
    fc.assert(
      fc.property(fc.double({ min: 0.5, max: 2, noNaN: true }), (x) => ulps(log(x), Math.log(x)) <= 2),
      { numRuns: 20_000 },
    )
  })

  it.each([
    [exp(0), 1],
    [exp(-800), 0],
    [exp(800), Number.POSITIVE_INFINITY],
    [exp(Number.NEGATIVE_INFINITY), 0],
    [exp(Number.NaN), Number.NaN],
    [exp(-745), 5e-324],
    [log(1), 0],
    [log(0), Number.NEGATIVE_INFINITY],
    [log(-1), Number.NaN],
    [log(Number.POSITIVE_INFINITY), Number.POSITIVE_INFINITY],
    [sigmoid(0), 0.5],
    [sigmoid(-800), 0],
    [sigmoid(800), 1],
    [logSumExp([]), Number.NEGATIVE_INFINITY],
    [logSumExp([1000, 1000]), 1000 + Math.LN2],
  ])('edge case %#: %d is %d', (got, want) => {
    expect(got).toBe(want)
  })
})

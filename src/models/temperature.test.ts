import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { seededRandom } from '../core/index.ts'
import { fitTemperature, softmaxAt } from './temperature.ts'

/** Decisions whose classes are drawn by the softmax of decision / temperature. */
function drawn(rows: number, classes: number, temperature: number, seed: number) {
  const random = seededRandom(seed)
  const decisions = Float64Array.from({ length: rows * classes }, () => random.unit() * 8 - 4)
  const y = Uint32Array.from({ length: rows }, (_, row) => {
    const weights = Array.from({ length: classes }, (_, k) =>
      Math.exp(decisions[row * classes + k] / temperature),
    )
    let left = random.unit() * weights.reduce((sum, each) => sum + each, 0)
    return Math.max(
      0,
      weights.findIndex((weight) => {
        left -= weight
        return left < 0
      }),
    )
  })
  return { decisions, y }
}

/** The loss that `fitTemperature` is to make least, written to be read; every class occurs. */
function lossAt(temperature: number, decisions: Float64Array, y: Uint32Array, classes: number): number {
  const doubt = 1 / (y.length + 1)
  let loss = 0
  for (let row = 0; row < y.length; row++) {
    const scaled = Array.from({ length: classes }, (_, k) => decisions[row * classes + k] / temperature)
    const top = Math.max(...scaled)
    const all = top + Math.log(scaled.reduce((sum, each) => sum + Math.exp(each - top), 0))
    scaled.forEach((each, k) => {
      loss += ((y[row] === k ? 1 - doubt : 0) + doubt / classes) * (all - each)
    })
  }
  return loss
}

describe('fitTemperature', () => {
  it('agrees with a case worked by hand', () => {
    // Four rows with a lead of 2, three of them right. With one row's doubt halved between both classes, the share right
    // is (3 + ½) / 5, and the best temperature makes sigmoid(2 / T) that share.
    const decisions = Float64Array.of(2, 0, 2, 0, 0, 2, 0, 2)
    const temperature = fitTemperature(decisions, Uint32Array.of(0, 0, 1, 0), 2)
    expect(temperature).toBeCloseTo(2 / Math.log(0.7 / 0.3), 10)
  })

  it('takes a model that erred on none of n rows to err on about one in n', () => {
    const y = Uint32Array.from({ length: 99 }, (_, row) => row % 2)
    const decisions = Float64Array.from({ length: 198 }, (_, i) => (i % 2 === y[i >> 1] ? 5 : -5))
    const [right] = softmaxAt(fitTemperature(decisions, y, 2), Float64Array.of(5, -5), 2)
    expect(right).toBeCloseTo(0.995, 10)
  })

  it.each([
    [2, 0.5],
    [2, 3],
    [6, 1],
    [6, 2.5],
  ])('finds, for %d classes, the temperature %d that drew them', (classes, temperature) => {
    const { decisions, y } = drawn(20_000, classes, temperature, 5)
    expect(Math.abs(fitTemperature(decisions, y, classes) / temperature - 1)).toBeLessThan(0.05)
  })

  it('finds no worse a temperature than any of a fine grid', () => {
    const decision = fc.double({ min: -40, max: 40, noNaN: true })
    const row = fc.tuple(decision, decision, decision, fc.nat(2))
    // Of every class one row, so that each occurs.
    const rows = fc.tuple(row, row, row, fc.array(row, { maxLength: 20 }))
    fc.assert(
      fc.property(rows, ([a, b, c, more]) => {
        const all = [[...a.slice(0, 3), 0], [...b.slice(0, 3), 1], [...c.slice(0, 3), 2], ...more]
        const decisions = Float64Array.from(all.flatMap((each) => each.slice(0, 3)))
        const y = Uint32Array.from(all, (each) => each[3]!)
        const found = fitTemperature(decisions, y, 3)
        expect(found).toBeGreaterThanOrEqual(0.01)
        expect(found).toBeLessThanOrEqual(100)
        const loss = lossAt(found, decisions, y, 3)
        for (let step = 0; step <= 200; step++) {
          const tried = lossAt(10 ** (step / 50 - 2), decisions, y, 3)
          expect(loss).toBeLessThanOrEqual(tried + 1e-9 * Math.max(1, tried))
        }
      }),
      { numRuns: 100 },
    )
  })

  it('stays within its bounds where the least loss lies beyond them, or nowhere', () => {
    expect(fitTemperature(Float64Array.of(1, 0, 0, 1), Uint32Array.of(1, 0), 2)).toBe(100) // always wrong
    expect(fitTemperature(Float64Array.of(1e-6, 0, 0, 1e-6), Uint32Array.of(0, 1), 2)).toBe(0.01)
    expect(fitTemperature(new Float64Array(6), Uint32Array.of(0, 1), 3)).toBe(1) // nothing to go by
    expect(fitTemperature(new Float64Array(0), new Uint32Array(0), 3)).toBe(1)
    expect(fitTemperature(Float64Array.of(3, 1), Uint32Array.of(0), 2)).toBe(0.01) // one class only
  })

  it('is not moved by a class without rows, however unlikely the model finds it', () => {
    const { decisions, y } = drawn(300, 2, 2, 7)
    const wide = Float64Array.from({ length: 900 }, (_, i) =>
      i % 3 === 2 ? -1e30 : decisions[Math.floor(i / 3) * 2 + (i % 3)],
    )
    expect(fitTemperature(wide, y, 3)).toBeCloseTo(fitTemperature(decisions, y, 2), 12)
  })
})

describe('softmaxAt', () => {
  it('gives rows that add up to 1, larger for larger decisions, whatever the decisions are', () => {
    const value = fc.double({ min: -1e308, max: 1e308, noNaN: true })
    const temperature = fc.double({ min: Number.MIN_VALUE, max: 1e300, noNaN: true })
    fc.assert(
      fc.property(fc.array(value, { minLength: 2, maxLength: 6 }), temperature, (row, t) => {
        const p = softmaxAt(t, Float64Array.from(row), row.length)
        expect(p.reduce((sum, each) => sum + each, 0)).toBeCloseTo(1, 12)
        expect(p[row.indexOf(Math.max(...row))]).toBe(Math.max(...p))
      }),
    )
  })
})

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { chooseMinDecision, chooseMinProbability, chooseThresholds, NEVER_SURE } from './abstention.ts'

const oneEach = (count: number) => Array.from({ length: count }, (_, i) => `g${i}`)

describe('chooseThresholds', () => {
  it('allows just the stated share of errors, worked by hand', () => {
    // Ten malicious at .05 … .95, ten benign at .01 … .91; one in ten of each may be wrong.
    const bad = Array.from({ length: 10 }, (_, i) => 0.05 + i / 10)
    const good = Array.from({ length: 10 }, (_, i) => 0.01 + i / 10)
    const y = [...bad.map(() => 1), ...good.map(() => 0)]
    const rule = { misses: 0.1, falseAlarms: 0.1 }
    const { benignBelow, maliciousAbove } = chooseThresholds([...bad, ...good], y, oneEach(20), rule)
    expect(benignBelow).toBeCloseTo(0.15) // only .05 lies below
    expect(maliciousAbove).toBeCloseTo(0.81) // only .91 lies above
  })

  it('counts a group once', () => {
    const probabilities = [0.2, 0.2, 0.2, 0.9]
    const { benignBelow } = chooseThresholds(probabilities, [1, 1, 1, 1], ['a', 'a', 'a', 'b'], {
      misses: 0.5,
      falseAlarms: 0,
    })
    expect(benignBelow).toBe(0.5) // one of two groups may be missed: .9 is the next, held at one half
  })

  it('says nothing benign when no malicious row was seen, nor malicious when no benign one', () => {
    const rule = { misses: 0.01, falseAlarms: 0.01 }
    expect(chooseThresholds([0.1, 0.2], [0, 0], ['a', 'b'], rule).benignBelow).toBe(0)
    expect(chooseThresholds([0.8, 0.9], [1, 1], ['a', 'b'], rule).maliciousAbove).toBe(1)
  })

  it('keeps both rates, whatever the probabilities', () => {
    const row = fc.record({ p: fc.double({ min: 0, max: 1, noNaN: true }), y: fc.constantFrom(0, 1) })
    const share = fc.double({ min: 0, max: 1, noNaN: true })
    fc.assert(
      fc.property(
        fc.array(row, { minLength: 1, maxLength: 60 }),
        share,
        share,
        (rows, misses, falseAlarms) => {
          const p = rows.map((each) => each.p)
          const y = rows.map((each) => each.y)
          const rule = chooseThresholds(p, y, oneEach(rows.length), { misses, falseAlarms })
          const bad = rows.filter((each) => each.y === 1)
          const good = rows.filter((each) => each.y === 0)
          const missed = bad.filter((each) => each.p < rule.benignBelow).length
          const alarmed = good.filter((each) => each.p > rule.maliciousAbove).length
          return missed <= misses * bad.length && alarmed <= falseAlarms * good.length
        },
      ),
    )
  })
})

describe('chooseMinDecision', () => {
  it('leaves just the stated share unnamed, worked by hand', () => {
    // The best of two classes' decisions is .0, .1, … .9.
    const decisions = Float64Array.from({ length: 20 }, (_, i) => (i % 2 === 0 ? -1 : (i - 1) / 20))
    expect(chooseMinDecision(decisions, 2, oneEach(10), 0.2)).toBeCloseTo(0.2) // .0 and .1 lie below
    expect(chooseMinDecision(decisions, 2, oneEach(10), 0)).toBe(0)
    expect(chooseMinDecision(decisions, 2, oneEach(10), 1)).toBeCloseTo(0.9)
  })

  it('counts a group once', () => {
    const decisions = Float64Array.of(0.1, -1, 0.1, -1, 0.1, -1, -1, 0.5)
    expect(chooseMinDecision(decisions, 2, ['a', 'a', 'a', 'b'], 0.5)).toBe(0.5)
  })
})

describe('chooseMinProbability', () => {
  const tried = (rows: readonly (readonly [number, boolean])[], groups = oneEach(rows.length)) => ({
    probabilities: rows.map(([probability]) => probability),
    isRight: rows.map(([, right]) => right),
    groups,
  })

  it('names the most groups that keep the wanted share of errors, worked by hand', () => {
    // From the surest: right, right, wrong, right, right, wrong, wrong.
    const rows = [0.95, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4].map((p, i) => [p, ![2, 5, 6].includes(i)] as const)
    expect(chooseMinProbability(tried(rows), 0)).toBe(0.9)
    expect(chooseMinProbability(tried(rows), 0.2)).toBe(0.6) // 1 of 5 is wrong
    expect(chooseMinProbability(tried(rows), 0.34)).toBe(0.5) // 2 of 6
    expect(chooseMinProbability(tried(rows), 0.5)).toBe(0.4)
    expect(chooseMinProbability(tried([...rows].reverse()), 0.2)).toBe(0.6)
  })

  it('never names where no threshold is good enough', () => {
    const rows = [[0.9, false] as const, [0.9, true] as const, [0.4, true] as const]
    expect(chooseMinProbability(tried(rows), 0.1)).toBe(NEVER_SURE) // equal ones are named together
    expect(chooseMinProbability(tried(rows), 0.34)).toBe(0.4)
    expect(chooseMinProbability(tried([]), 0.5)).toBe(NEVER_SURE)
  })

  it('counts a group once', () => {
    const rows = [[0.9, true] as const, [0.8, false] as const, [0.9, true] as const, [0.9, true] as const]
    expect(chooseMinProbability(tried(rows), 0.3)).toBe(0.8)
    expect(chooseMinProbability(tried(rows, ['a', 'b', 'a', 'a']), 0.3)).toBe(0.9)
  })

  it('keeps the share, and no lower bound would, whatever the probabilities', () => {
    const row = fc.tuple(fc.integer({ min: 1, max: 20 }), fc.boolean())
    const share = fc.double({ min: 0, max: 1, noNaN: true })
    fc.assert(
      fc.property(fc.array(row, { maxLength: 60 }), share, (drawn, errors) => {
        const rows = drawn.map(([twentieths, right]) => [twentieths / 20, right] as const)
        const least = chooseMinProbability(tried(rows), errors)
        const keeps = (bound: number) => {
          const named = rows.filter(([p]) => p >= bound)
          return named.filter(([, right]) => !right).length <= errors * named.length
        }
        expect(keeps(least)).toBe(true)
        for (const [p] of rows) if (p < least) expect(keeps(p)).toBe(false)
      }),
    )
  })
})

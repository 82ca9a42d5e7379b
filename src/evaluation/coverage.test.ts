import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { selectiveFigures } from './coverage.ts'
import type { ScoredRows } from './scored-rows.ts'

/** Two classes; each row is answered `yes` with its probability, and is of that class or not. */
function scoredRows(...runs: (readonly (readonly [sure: number, right: boolean])[])[]): ScoredRows {
  return {
    classes: ['no', 'yes'],
    y: Uint32Array.from(runs[0], ([, right]) => Number(right)),
    clusters: Uint32Array.from(runs[0].keys()),
    runs: runs.map((rows, seed) => ({
      seed,
      predicted: new Uint32Array(rows.length), // decisions may say otherwise: probabilities count here
      probabilities: Float64Array.from(rows.flatMap(([sure]) => [1 - sure, sure])),
    })),
  }
}

const coverages = (scored: ScoredRows) => selectiveFigures(scored).atError.map(({ coverage }) => coverage)
const accuracies = (scored: ScoredRows) => selectiveFigures(scored).atCoverage.map(({ accuracy }) => accuracy)

describe('selectiveFigures', () => {
  it('agrees with a case worked by hand', () => {
    // Ten rows, surest first; the 3rd and the 9th are wrong.
    const rows = Array.from({ length: 10 }, (_, i) => [0.99 - i / 25, i !== 2 && i !== 8] as const)
    const scored = scoredRows(rows)
    expect(coverages(scored)).toEqual([0.2, 0.2, 0.2]) // 1 of 3 … 1 of 8 wrong are all over a tenth
    expect(accuracies(scored)).toEqual([1 - 1 / 5, 1 - 1 / 8, 1 - 2 / 9])
    const risks = [0, 0, 1 / 3, 1 / 4, 1 / 5, 1 / 6, 1 / 7, 1 / 8, 2 / 9, 2 / 10]
    const area = risks.reduce((sum, risk) => sum + risk, 0) / 10
    expect(selectiveFigures(scored).riskArea).toBeCloseTo(area, 14)
  })

  it('answers on as far as the wanted error allows, over errors in between', () => {
    const rows = Array.from({ length: 40 }, (_, i) => [0.99 - i / 100, i !== 0 && i < 35] as const)
    // 1 of 40 wrong until the 35th: one in ten from the 10th on, and again to the 37th with 3 of 37.
    const scored = scoredRows(rows)
    expect(coverages(scored)).toEqual([37 / 40, 35 / 40, 0])
  })

  it('answers rows of one probability together, and spreads their errors in the area', () => {
    const rows = [
      [0.9, false],
      [0.9, true],
      [0.6, true],
      [0.6, true],
    ] as const
    const there = selectiveFigures(scoredRows(rows))
    expect(there).toEqual(selectiveFigures(scoredRows([...rows].reverse())))
    expect(there.atError.map(({ coverage }) => coverage)).toEqual([0, 0, 0])
    expect(there.atCoverage.map(({ accuracy }) => accuracy)).toEqual([0.5, 0.75, 0.75])
    expect(there.riskArea).toBeCloseTo((0.5 + 0.5 + 1 / 3 + 1 / 4) / 4, 14)
  })

  it('takes the mean over seeds', () => {
    const good = [
      [0.9, true],
      [0.6, false],
    ] as const
    const bad = [
      [0.6, true],
      [0.9, false],
    ] as const
    expect(coverages(scoredRows(good, bad))).toEqual([0.25, 0.25, 0.25])
    expect(accuracies(scoredRows(good, bad))).toEqual([0.5, 0.5, 0.5])
  })

  it('says nothing of no rows', () => {
    expect(coverages(scoredRows([]))).toEqual([0, 0, 0])
    expect(accuracies(scoredRows([]))).toEqual([null, null, null])
  })

  it('never promises what a threshold would not keep', () => {
    const row = fc.tuple(fc.integer({ min: 6, max: 10 }), fc.boolean())
    fc.assert(
      fc.property(fc.array(row, { minLength: 1, maxLength: 60 }), (drawn) => {
        const rows = drawn.map(([tenths, right]) => [0.01 + (tenths / 10) * 0.98, right] as const)
        const found = selectiveFigures(scoredRows(rows))
        const thresholds = [...new Set(rows.map(([sure]) => sure))]
        for (const { errorRate, coverage } of found.atError) {
          const kept = thresholds
            .map((least) => rows.filter(([sure]) => sure >= least))
            .filter((said) => said.filter(([, right]) => !right).length <= errorRate * said.length)
          expect(coverage).toBe(Math.max(0, ...kept.map((said) => said.length)) / rows.length)
        }
        expect(found.riskArea).toBeGreaterThanOrEqual(0)
        expect(found.riskArea).toBeLessThanOrEqual(1)
      }),
    )
  })
})

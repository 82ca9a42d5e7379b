import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { estimable, rank, rocAuc, truePositiveRate } from './ranking.ts'

const scoredRows = fc.array(fc.tuple(fc.nat(1), fc.nat(6), fc.nat(3)), { minLength: 1, maxLength: 40 })

describe('rocAuc', () => {
  it.each([
    [[0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8], 0.75], // scikit-learn's own example of roc_auc_score
    [[0, 1], [0.5, 0.5], 0.5],
    [[0, 0, 1], [1, 2, 2], 0.75], // pairs: 1 won, 1 tied
    [[1, 1, 0], [0, 0, 1], 0],
    [[1, 1], [0, 1], null],
  ])('truth %j with scores %j has area %j', (y, scores, area) => {
    expect(rocAuc(rank(Float64Array.from(scores)), Uint32Array.from(y))).toBe(area)
  })

  it('is the share of pairs won, ties half, with rows counted as often as weighted', () => {
    fc.assert(
      fc.property(scoredRows, (rows) => {
        let [won, pairs] = [0, 0]
        for (const [y, score, weight] of rows) {
          for (const [other, otherScore, otherWeight] of rows) {
            if (y !== 1 || other !== 0) continue
            pairs += weight * otherWeight
            won += weight * otherWeight * (score > otherScore ? 1 : score === otherScore ? 0.5 : 0)
          }
        }
        const ranking = rank(Float64Array.from(rows, ([, score]) => score))
        const y = Uint32Array.from(rows, ([truth]) => truth)
        const weights = Float64Array.from(rows, ([, , weight]) => weight)
        expect(rocAuc(ranking, y, weights)).toBe(pairs > 0 ? won / pairs : null)
      }),
    )
  })
})

describe('truePositiveRate', () => {
  it('lets at most the stated share of negatives through', () => {
    // ten negatives 0 … 9, four positives at 8.5, 9, 9.5, 2
    const y = Uint32Array.from([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1])
    const ranking = rank(Float64Array.of(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 8.5, 9, 9.5, 2))
    expect(truePositiveRate(ranking, y, 0)).toBe(0.25)
    expect(truePositiveRate(ranking, y, 0.1)).toBe(0.75) // the tie at 9 falls on one side together
    expect(truePositiveRate(ranking, y, 0.19)).toBe(0.75)
    expect(truePositiveRate(ranking, y, 0.8)).toBe(1)
  })

  it('is the best of every threshold', () => {
    fc.assert(
      fc.property(scoredRows, fc.constantFrom(0, 0.1, 0.25, 0.5, 1), (rows, rate) => {
        const count = (truth: number, from: number) =>
          rows.reduce((sum, [y, score, weight]) => sum + (y === truth && score >= from ? weight : 0), 0)
        const [negatives, positives] = [count(0, 0), count(1, 0)]
        const allowed = [0, 1, 2, 3, 4, 5, 6, 7].filter((t) => count(0, t) <= rate * negatives)
        const best = Math.max(...allowed.map((threshold) => count(1, threshold))) / positives
        const got = truePositiveRate(
          rank(Float64Array.from(rows, ([, score]) => score)),
          Uint32Array.from(rows, ([y]) => y),
          rate,
          Float64Array.from(rows, ([, , weight]) => weight),
        )
        expect(got).toBe(negatives > 0 && positives > 0 ? best : null)
      }),
    )
  })
})

describe('estimable', () => {
  it.each([
    [0.01, 999, false],
    [0.01, 1000, true],
    [0.001, 9999, false],
    [0.001, 10_000, true],
  ])('a rate of %d over %d negatives: %s', (rate, negatives, expected) => {
    expect(estimable(rate, negatives)).toBe(expected)
  })
})

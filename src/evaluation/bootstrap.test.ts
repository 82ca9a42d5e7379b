import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { seededRandom } from '../core/index.ts'
import { bootstrapIntervals, pairedDifferences, quantile } from './bootstrap.ts'
import { confusionMatrix, figures, OVERALL } from './figures.ts'
import { measurer } from './measures.ts'
import { countNumbers, numberGroups } from './numbering.ts'
import { rank, rocAuc } from './ranking.ts'
import type { ScoredRows } from './scored-rows.ts'

/** Rows of two classes in clusters, with runs that are right with a chance of `skill`. */
function simulate(rows: number, clusters: number, skill: number, seed: number, runs = 1): ScoredRows {
  const random = seededRandom(seed)
  const y = Uint32Array.from({ length: rows }, () => random.below(2))
  return {
    classes: ['benign', 'malicious'],
    y,
    clusters: numberGroups(Array.from({ length: rows }, () => random.below(clusters))),
    runs: Array.from({ length: runs }, (_, run) => {
      const predicted = y.map((c) => (random.unit() < skill ? c : 1 - c))
      const malicious = predicted.map((c) => random.below(50) + 50 * c)
      const probabilities = Float64Array.from(
        { length: rows * 2 },
        (_, i) => (i % 2 ? malicious[i >> 1] : 100 - malicious[i >> 1]) / 100,
      )
      return { seed: run, predicted, probabilities }
    }),
  }
}

/** The definition: the rows of every drawn cluster written out, then measured. */
function slowMeasure(scored: ScoredRows, weights: Float64Array): number[] {
  const rows = [...scored.y.keys()].flatMap((row) => Array(weights[scored.clusters[row]]).fill(row))
  const y = Uint32Array.from(rows, (row) => scored.y[row])
  const each = scored.runs.map((run) => {
    const predicted = Uint32Array.from(rows, (row) => run.predicted[row])
    const found = figures(confusionMatrix(y, predicted, 2), scored.classes)
    const scores = Float64Array.from(rows, (row) => run.probabilities[row * 2 + 1])
    return [...OVERALL.map((name) => found[name]), rocAuc(rank(scores), y) ?? Number.NaN]
  })
  return each[0].map((_, i) => each.reduce((sum, values) => sum + values[i], 0) / each.length)
}

describe('measurer', () => {
  it('measures repeated clusters as if their rows were written out', () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 1, max: 3 }), (seed, runs) => {
        const scored = simulate(60, 12, 0.8, seed, runs)
        const random = seededRandom(seed + 1)
        const weights = Float64Array.from({ length: countNumbers(scored.clusters) }, () => random.below(4))
        const got = measurer(scored).measure(weights)
        const want = slowMeasure(scored, weights)
        const auc = got[OVERALL.length + 6] // behind three measures of either class
        expect([...got.slice(0, OVERALL.length), auc]).toEqual(
          want.map((value) => (Number.isNaN(value) ? value : expect.closeTo(value, 12))),
        )
      }),
      { numRuns: 50 },
    )
  })

  it('counts every cluster once without weights', () => {
    const scored = simulate(100, 20, 0.7, 5, 2)
    const ones = new Float64Array(countNumbers(scored.clusters)).fill(1)
    expect(measurer(scored, 0.1).measure(ones)).toEqual(measurer(scored, 0.1).measure(null))
  })

  it('restates precision for a prior', () => {
    const scored = simulate(500, 500, 0.8, 1)
    const [precision, , accuracy] = measurer(scored, 0.01).measure(null).slice(-3)
    const perClass = measurer(scored).measure(null).slice(OVERALL.length)
    const [, specificity, , plainPrecision, sensitivity] = perClass
    expect(precision).toBeLessThan(plainPrecision)
    expect(accuracy).toBeCloseTo(0.01 * sensitivity + 0.99 * specificity, 12)
  })
})

describe('bootstrapIntervals', () => {
  it('covers the true accuracy about 95 times in a hundred', () => {
    let covered = 0
    for (let seed = 0; seed < 200; seed++) {
      const [interval] = bootstrapIntervals(measurer(simulate(200, 1_000_000, 0.9, seed)), { resamples: 300 })
      if (interval![0] <= 0.9 && 0.9 <= interval![1]) covered++
    }
    expect(covered / 200).toBeGreaterThan(0.88)
    expect(covered / 200).toBeLessThan(0.99)
  })

  it('is wider where rows come in clusters of copies', () => {
    const apart = simulate(50, 1_000_000, 0.8, 3)
    const copies: ScoredRows = {
      ...apart,
      y: Uint32Array.from({ length: 500 }, (_, i) => apart.y[i % 50]),
      clusters: Uint32Array.from({ length: 500 }, (_, i) => i % 50),
      runs: apart.runs.map(({ seed, predicted, probabilities }) => ({
        seed,
        predicted: Uint32Array.from({ length: 500 }, (_, i) => predicted[i % 50]),
        probabilities: Float64Array.from({ length: 1000 }, (_, i) => probabilities[i % 100]),
      })),
    }
    const naive = { ...copies, clusters: Uint32Array.from(copies.y.keys()) }
    const width = (scored: ScoredRows) => {
      const [low, high] = bootstrapIntervals(measurer(scored))[0]!
      return high - low
    }
    expect(width(copies)).toBeCloseTo(width(apart), 2)
    expect(width(naive)).toBeLessThan(width(copies) / 2)
  })

  it('repeats itself for a seed', () => {
    const scored = measurer(simulate(100, 30, 0.8, 1))
    expect(bootstrapIntervals(scored)).toEqual(bootstrapIntervals(scored))
    expect(bootstrapIntervals(scored, { seed: 1 })).not.toEqual(bootstrapIntervals(scored))
  })

  it('has no interval for what cannot be computed', () => {
    const intervals = bootstrapIntervals(measurer(simulate(100, 30, 0.8, 1)))
    expect(intervals.slice(-2)).toEqual([null, null]) // true-positive rates over some fifty negatives
  })

  it('takes a thousand resamples of ten runs over two thousand rows in seconds', () => {
    const scored = measurer(simulate(2000, 1100, 0.9, 1, 10))
    const begun = performance.now()
    bootstrapIntervals(scored)
    expect(performance.now() - begun).toBeLessThan(10_000)
  })
})

describe('pairedDifferences', () => {
  it('finds no difference between equals', () => {
    const scored = measurer(simulate(200, 60, 0.8, 1))
    const [accuracy] = pairedDifferences(scored, scored)
    expect(accuracy).toEqual({ difference: 0, interval: [0, 0], p: 1 })
  })

  it('finds a difference that is there, and its sign', () => {
    const strong = simulate(400, 300, 0.95, 1)
    const weak = { ...strong, runs: simulate(400, 300, 0.7, 1).runs }
    const [accuracy] = pairedDifferences(measurer(weak), measurer(strong))
    expect(accuracy.difference).toBeGreaterThan(0.15)
    expect(accuracy.interval![0]).toBeGreaterThan(0)
    expect(accuracy.p).toBeLessThan(0.01)
    const [turned] = pairedDifferences(measurer(strong), measurer(weak))
    expect(turned.difference).toBe(-accuracy.difference)
  })

  it('refuses rows in other clusters', () => {
    expect(() =>
      pairedDifferences(measurer(simulate(50, 50, 1, 1)), measurer(simulate(80, 80, 1, 1))),
    ).toThrow(RangeError)
  })
})

describe('quantile', () => {
  it.each([
    [[1, 2, 3, 4], 0.5, 2.5],
    [[1, 2, 3, 4, 5], 0.25, 2],
    [[7], 0.975, 7],
    [[0, 10], 0.025, 0.25],
  ])('of %j at %d is %d', (values, share, expected) => {
    expect(quantile(Float64Array.from(values), share)).toBeCloseTo(expected, 12)
  })
})

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { seededRandom, UsageError } from '../core/index.ts'
import { randomFolds, stratifiedGroupFolds } from './folds.ts'

interface Case {
  y: Uint32Array
  groups: string[]
  folds: number
  seed: number
}

/** Rows with a few classes and groups of skewed sizes; at least as many groups as folds. */
const cases: fc.Arbitrary<Case> = fc
  .record({
    rows: fc.array(fc.record({ label: fc.nat(4), group: fc.nat(60) }), { minLength: 12, maxLength: 300 }),
    folds: fc.integer({ min: 2, max: 10 }),
    seed: fc.nat(),
  })
  .map(({ rows, folds, seed }) => ({
    y: Uint32Array.from(rows, ({ label }) => label),
    // The square of the number makes small groups common and a few large ones.
    groups: rows.map(({ group }) => `g${Math.floor((group * group) / 60)}`),
    folds,
    seed,
  }))
  .filter(({ groups, folds }) => new Set(groups).size >= folds)

const run = ({ y, groups, folds, seed }: Case) => stratifiedGroupFolds(y, groups, folds, seed)

/** The rule of scikit-learn's StratifiedGroupKFold written out: every class of every fold for every group. */
function referenceFolds({ y, groups, folds, seed }: Case): number[] {
  const names = [...new Set(groups)]
  const order = names.map((_, i) => i)
  const random = seededRandom(seed)
  for (let i = order.length - 1; i > 0; i--) {
    const j = random.below(i + 1)
    ;[order[i], order[j]] = [order[j], order[i]]
  }
  const size = (group: number) => groups.filter((name) => name === names[group]).length
  order.sort((a, b) => size(b) - size(a))
  const classes = [...new Set(y)].sort((a, b) => a - b)
  const placed = Array.from({ length: folds }, () => classes.map(() => 0))
  const result = new Map<number, number>()
  for (const group of order) {
    const counts = classes.map((c) => groups.filter((name, i) => name === names[group] && y[i] === c).length)
    const scores = placed.map((_, target) => {
      const spread = classes.map((c, k) => {
        const total = y.filter((each) => each === c).length
        const shares = placed.map((row, fold) => (row[k] + (fold === target ? counts[k] : 0)) / total)
        const mean = shares.reduce((a, b) => a + b, 0) / folds
        return Math.sqrt(shares.reduce((sum, share) => sum + (share - mean) ** 2, 0) / folds)
      })
      return spread.reduce((a, b) => a + b, 0) / classes.length
    })
    const rows = placed.map((row) => row.reduce((a, b) => a + b, 0))
    const smallest = Math.min(...scores)
    let best = -1
    for (let fold = 0; fold < folds; fold++) {
      if (scores[fold] <= smallest + 1e-9 && (best === -1 || rows[fold] < rows[best])) best = fold
    }
    for (const [k, count] of counts.entries()) placed[best][k] += count
    result.set(group, best)
  }
  return groups.map((name) => result.get(names.indexOf(name))!)
}

describe('stratifiedGroupFolds', () => {
  it('splits no group, gives every row a fold and leaves no fold empty', () => {
    fc.assert(
      fc.property(cases, (input) => {
        const result = run(input)
        const seen = new Map<string, number>()
        for (const [row, fold] of result.entries()) {
          expect(seen.get(input.groups[row]) ?? fold).toBe(fold)
          seen.set(input.groups[row], fold)
        }
        expect(result).toHaveLength(input.y.length)
        expect([...new Set(result)].sort((a, b) => a - b)).toEqual([...Array(input.folds).keys()])
      }),
    )
  })

  it('places groups as the written-out rule does', () => {
    fc.assert(
      fc.property(cases, (input) => {
        expect([...run(input)]).toEqual(referenceFolds(input))
      }),
      { numRuns: 60 },
    )
  })

  it('gives the same folds again, and other folds for another seed', () => {
    const y = Uint32Array.from({ length: 200 }, (_, i) => i % 2)
    const groups = Array.from({ length: 200 }, (_, i) => `g${i >> 1}`)
    expect(stratifiedGroupFolds(y, groups, 5, 1)).toEqual(stratifiedGroupFolds(y, groups, 5, 1))
    expect(stratifiedGroupFolds(y, groups, 5, 1)).not.toEqual(stratifiedGroupFolds(y, groups, 5, 2))
  })

  it('does not look into the names of groups', () => {
    fc.assert(
      fc.property(cases, (input) => {
        const renamed = input.groups.map((name) => `${9999 - Number(name.slice(1))}\u0000__proto__`)
        expect(run({ ...input, groups: renamed })).toEqual(run(input))
      }),
    )
  })

  it('spreads a class of single-row groups to within one row', () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(3), { minLength: 10, maxLength: 400 }),
        fc.integer({ min: 2, max: 10 }),
        fc.nat(),
        (labels, folds, seed) => {
          const y = Uint32Array.from(labels)
          const groups = labels.map((_, i) => String(i))
          expect(spreads(y, stratifiedGroupFolds(y, groups, folds, seed), folds).every((n) => n <= 1)).toBe(
            true,
          )
        },
      ),
    )
  })

  it('keeps the folds of a class within its largest group of each other', () => {
    fc.assert(
      fc.property(cases, ({ groups, folds, seed }) => {
        const y = new Uint32Array(groups.length)
        const sizes = [...new Set(groups)].map((name) => groups.filter((each) => each === name).length)
        const [spread] = spreads(y, stratifiedGroupFolds(y, groups, folds, seed), folds)
        expect(spread).toBeLessThanOrEqual(Math.max(...sizes))
      }),
    )
  })

  it.each([
    [['a', 'b', 'a'], 3],
    [['a'], 2],
    [[], 2],
    [['a', 'b'], 1],
    [['a', 'b'], 1.5],
  ])('refuses %j in %d folds', (groups, folds) => {
    expect(() => stratifiedGroupFolds(new Uint32Array(groups.length), groups, folds, 0)).toThrow(UsageError)
  })

  it('places 100,000 groups in well under a minute', () => {
    const random = seededRandom(5)
    const y = Uint32Array.from({ length: 200_000 }, () => random.below(20))
    const groups = Array.from({ length: 200_000 }, () => `g${random.below(100_000)}`)
    const folds = stratifiedGroupFolds(y, groups, 10, 0)
    expect(Math.max(...spreads(y, folds, 10))).toBeLessThan(100)
  })
})

describe('randomFolds', () => {
  it('spreads rows and classes to within one row', () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(3), { minLength: 10, maxLength: 400 }),
        fc.integer({ min: 2, max: 10 }),
        fc.nat(),
        (labels, folds, seed) => {
          const y = Uint32Array.from(labels)
          const result = randomFolds(y, folds, seed)
          expect(spreads(y, result, folds).every((n) => n <= 1)).toBe(true)
          expect(spreads(new Uint32Array(y.length), result, folds)[0]).toBeLessThanOrEqual(1)
          expect(randomFolds(y, folds, seed)).toEqual(result)
        },
      ),
    )
  })

  it('refuses more folds than rows', () => {
    expect(() => randomFolds(new Uint32Array(3), 4, 0)).toThrow(UsageError)
  })
})

/** For each class, its rows in the fullest fold less those in the emptiest. */
function spreads(y: Uint32Array, folds: Uint32Array, count: number): number[] {
  return [...new Set(y)].map((c) => {
    const rows = new Array<number>(count).fill(0)
    for (const [row, fold] of folds.entries()) if (y[row] === c) rows[fold] += 1
    return Math.max(...rows) - Math.min(...rows)
  })
}

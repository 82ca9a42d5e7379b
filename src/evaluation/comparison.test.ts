import { describe, expect, it } from 'vitest'
import { type Answered, compareRecipes, joinClusters } from './comparison.ts'

/** Answers to 200 rows numbered from `first`, of which every `wrong`-th is wrong. */
function answers(recipe: string, wrong: number, first = 0, classes = ['benign', 'malicious']): Answered {
  const rows = Uint32Array.from({ length: 200 }, (_, i) => i + first)
  const y = rows.map((row) => row % 2)
  const predicted = rows.map((row) => (row % wrong === 0 ? 1 - (row % 2) : row % 2))
  const probabilities = Float64Array.from({ length: 400 }, (_, i) =>
    predicted[i >> 1] === i % 2 ? 0.9 : 0.1,
  )
  return {
    recipe,
    view: 'calls',
    rows,
    scored: {
      classes,
      y,
      clusters: Uint32Array.from(rows.keys()),
      runs: [{ seed: 0, predicted, probabilities }],
    },
  }
}

describe('compareRecipes', () => {
  it('holds every further recipe against the first of its view', () => {
    const compared = compareRecipes([answers('weak', 3), answers('strong', 50), answers('weak too', 3)])
    expect(compared.map(({ first, second }) => [first, second])).toEqual([
      ['weak', 'strong'],
      ['weak', 'weak too'],
    ])
    expect(compared[0].accuracy.difference).toBeCloseTo((67 - 4) / 200, 12)
    expect(compared[0].accuracy.interval![0]).toBeGreaterThan(0)
    expect(compared[0].accuracy.p).toBeLessThan(0.01)
    expect(compared[1].accuracy).toEqual({ difference: 0, interval: [0, 0], p: 1 })
  })

  it('compares on the rows that both answered', () => {
    expect(compareRecipes([answers('a', 3), answers('b', 3, 150)])[0].rows).toBe(50)
    expect(compareRecipes([answers('a', 3), answers('b', 3, 200)])).toEqual([])
  })

  it('does not compare answers to different questions', () => {
    expect(compareRecipes([answers('a', 3), answers('b', 3, 0, ['worm', 'dropper'])])).toEqual([])
    expect(compareRecipes([answers('a', 3), { ...answers('b', 3), view: 'opcodes' }])).toEqual([])
  })
})

describe('joinClusters', () => {
  it('joins rows that share a cluster of either kind, through others too', () => {
    const joined = joinClusters(Uint32Array.of(0, 0, 1, 2, 3), Uint32Array.of(0, 1, 1, 2, 3))
    expect([...joined]).toEqual([0, 0, 0, 1, 2])
  })
})

import { describe, expect, it } from 'vitest'
import { seededRandom, shuffle } from './random.ts'

describe('seededRandom', () => {
  it('repeats its stream for a seed and not for another', () => {
    const draw = (seed: number) => {
      const random = seededRandom(seed)
      return Array.from({ length: 8 }, () => random.below(1_000_000))
    }
    expect(draw(7)).toEqual(draw(7))
    expect(draw(7)).not.toEqual(draw(8))
    expect(draw(0)).toMatchInlineSnapshot(`
      [
        526011,
        844623,
        372281,
        301181,
        780726,
        608142,
        158266,
        335361,
      ]
    `)
  })

  it('is uniform: chi-square of 100,000 draws over 10 cells', () => {
    const random = seededRandom(1)
    const cells = new Float64Array(10)
    for (let i = 0; i < 100_000; i++) cells[random.below(10)]! += 1
    const chiSquare = cells.reduce((sum, n) => sum + (n - 10_000) ** 2 / 10_000, 0)
    expect(chiSquare).toBeLessThan(27.9) // 99.9 % point of 9 degrees of freedom
  })

  it('stays in [0, 1)', () => {
    const random = seededRandom(2)
    for (let i = 0; i < 1000; i++) {
      const x = random.unit()
      expect(x >= 0 && x < 1).toBe(true)
    }
  })
})

describe('shuffle', () => {
  it('keeps every item', () => {
    const items = shuffle(
      Array.from({ length: 100 }, (_, i) => i),
      seededRandom(3),
    )
    expect(items).not.toEqual([...items].sort((a, b) => a - b))
    expect([...items].sort((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, i) => i))
  })
})

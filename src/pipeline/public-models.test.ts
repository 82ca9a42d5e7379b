import { describe, expect, it } from 'vitest'
import { callReport } from '../../test/detector.ts'
import { findRecipe } from '../models/index.ts'
import { publicSets } from './index.ts'
import { waysToModel } from './public-models.ts'

describe('waysToModel', () => {
  it.each([
    ['pe32', 'x86'],
    ['elf64', 'x86-64'],
    ['ida', 'x86'],
  ])('names for %s of %s only sets and recipes that exist', (format, dialect) => {
    const report = callReport([])
    const ways = waysToModel({ ...report, format, trace: { ...report.trace, view: 'opcodes', dialect } })
    expect(ways.length).toBeGreaterThan(1)
    for (const way of ways) {
      const [, set] = / corpus pull (\S+) /.exec(way) ?? []
      const [, recipe] = / train (\S+) /.exec(way) ?? []
      if (set) expect(publicSets.map(({ name }) => name)).toContain(set)
      expect(findRecipe(recipe!), recipe).toBeDefined()
    }
  })
})

import { describe, expect, it } from 'vitest'
import { callReport } from '../../test/detector.ts'
import { MADE_UP_LINES } from '../../test/public-sets.ts'
import { findRecipe } from '../models/index.ts'
import { waysToModel } from './public-models.ts'

const report = callReport([])
const waysFor = (dialect: string) =>
  waysToModel({ ...report, trace: { ...report.trace, view: 'opcodes', dialect } })

describe('waysToModel', () => {
  it.each([
    ['pe-x86', ['ransomtrack', 'big2015-opcodes', 'my-corpus']],
    ['pe-x86-64', ['my-corpus']],
    ['x86', ['my-corpus']],
    ['elf-x86-64', ['my-corpus']],
  ])('names for %s only sets whose models would judge it', (dialect, corpora) => {
    const commands = waysFor(dialect).flatMap((way) => {
      const [, corpus, recipe, from] =
        / -o (\S+) && taxon train (\S+) (\S+) -o \S+\.safetensors$/.exec(way) ?? []
      if (corpus === undefined) return []
      expect(from).toBe(corpus)
      expect(findRecipe(recipe!), recipe).toBeDefined()
      const pulled = way.includes(`taxon corpus pull ${corpus} `)
      if (pulled) expect(MADE_UP_LINES[corpus]!.map((line) => line.dialect)).toContain(dialect)
      return [corpus]
    })
    expect(commands).toEqual(corpora)
  })

  it('says outright that no public set makes a model of ELF files, behind how to have one', () => {
    expect(waysFor('elf-arm64').at(-1)).toMatch(/^no public set makes a model that judges ELF files: /)
    expect(waysFor('elf-arm64')[0]).toMatch(/^for a model of your own samples: /)
  })
})

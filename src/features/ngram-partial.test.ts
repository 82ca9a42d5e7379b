import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { DamagedFileError, KnownError, LimitExceededError } from '../core/index.ts'
import type { BestSettings } from './best-grams.ts'
import { countNgrams, type NgramCounts } from './ngram-counts.ts'
import { countsOfPartial, mergePartials } from './ngram-merge.ts'
import { readPartial, writePartial } from './ngram-partial.ts'

interface Given {
  readonly words: readonly string[]
  readonly cell: string
}

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'taxon-partial-test-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

const namesOf = (given: readonly string[]) => [...new Set(given)].sort()

/** Two classes, and cells without one. */
function bestOf(documents: readonly Given[], cells: readonly string[]): BestSettings {
  const classOf = Uint32Array.from(cells, (cell) => ['a', 'b', 'none'].indexOf(cell))
  return {
    count: 5,
    minDocuments: 1,
    classOf,
    classes: 2,
    inSet: Uint8Array.from(classOf, (c) => Number(c < 2)),
    rowsPerClass: Uint32Array.from(['a', 'b'], (c) => documents.filter(({ cell }) => cell === c).length),
    withDocuments: true,
  }
}

/** Counts documents to a file, in a vocabulary that has nothing but their own tokens. */
async function countTo(path: string, documents: readonly Given[], longest: number): Promise<NgramCounts> {
  const names = namesOf(documents.flatMap(({ words }) => words))
  const cells = namesOf(documents.map(({ cell }) => cell))
  const writer = writePartial(path)
  const counts = await countNgrams(
    documents.map(({ words, cell }) => ({
      tokens: Uint16Array.from(words, (word) => names.indexOf(word) + 1),
      cell: cells.indexOf(cell),
    })),
    { largest: Math.max(1, names.length), longest, best: bestOf(documents, cells), tell: writer.add },
  )
  const inCell = cells.map((name) => documents.filter(({ cell }) => cell === name).length)
  writer.finish({ longest, names, cells, documents: inCell, tokens: counts.tokens })
  return counts
}

const word = fc.constantFrom('add', 'call', 'jmp', 'mov', 'xor')
const documents = fc.array(
  fc.record({ words: fc.array(word, { maxLength: 25 }), cell: fc.constantFrom('a', 'b', 'none') }),
  { maxLength: 12 },
)

describe('files of n-grams', () => {
  it('merge to the bytes, totals and best n-grams of one count', async () => {
    const [one, merged] = [join(folder, 'one'), join(folder, 'merged')]
    await fc.assert(
      fc.asyncProperty(
        documents,
        fc.array(fc.nat(2), { minLength: 12, maxLength: 12 }),
        fc.integer({ min: 1, max: 10 }),
        async (all, split, longest) => {
          const whole = await countTo(one, all, longest)
          const paths = [0, 1, 2].map((part) => join(folder, `part ${part}`))
          for (const [part, path] of paths.entries()) {
            await countTo(
              path,
              all.filter((_, i) => split[i] === part),
              longest,
            )
          }
          mergePartials(paths, merged)
          expect(readFileSync(merged).equals(readFileSync(one))).toBe(true)
          const best = bestOf(all, namesOf(all.map(({ cell }) => cell)))
          expect(countsOfPartial(merged, best)).toEqual(whole)
        },
      ),
      { numRuns: 60 },
    )
  })

  it('leave nothing behind that is not whole', () => {
    const writer = writePartial(join(folder, 'unfinished'))
    writer.add({ from: 1, to: 1, tokens: Uint16Array.of(1), cells: Uint32Array.of(0, 1) })
    writer.close()
    expect(readdirSync(folder).filter((name) => name.startsWith('unfinished'))).toEqual([])
    expect(() => writePartial(join(folder, 'no folder', 'file'))).toThrow('cannot be written')
  })

  it('are not merged where one is no such file, or their names are too many, and nothing is left behind', () => {
    const path = (name: string) => join(folder, `unmerged ${name}`)
    const write = (name: string, names: readonly string[]) => {
      const writer = writePartial(path(name))
      writer.finish({ longest: 2, names, cells: ['a'], documents: [1], tokens: 1 })
      return path(name)
    }
    const many = (letter: string) => namesOf(Array.from({ length: 40_000 }, (_, i) => `${letter}${i}`))
    const [one, two] = [write('one', many('a')), write('two', many('b'))]
    expect(() => mergePartials([one, two], path('merged'))).toThrow(LimitExceededError)
    writeFileSync(path('other'), 'hello there')
    expect(() => mergePartials([one, path('other')], path('merged'))).toThrow(DamagedFileError)
    const left = readdirSync(folder).filter((name) => name.startsWith('unmerged merged'))
    expect(left).toEqual([])
  })

  it.each([
    ['more documents than there are', [0, 3]],
    ['no document', [0, 0]],
    ['a cell twice', [1, 1, 1, 1]],
  ])('are refused with an n-gram of %s', (_, cells) => {
    const path = join(folder, 'impossible')
    const writer = writePartial(path)
    writer.add({ from: 1, to: 1, tokens: Uint16Array.of(1), cells: Uint32Array.from(cells) })
    writer.finish({ longest: 2, names: ['mov'], cells: ['a', 'b'], documents: [2, 2], tokens: 4 })
    const reader = readPartial(path)
    expect(() => [...reader.records()]).toThrow(DamagedFileError)
    reader.close()
  })

  it('are refused where they are damaged, by one kind of error', async () => {
    const path = join(folder, 'damaged')
    await countTo(path, [{ words: ['mov', 'add', 'mov'], cell: 'a' }], 3)
    const bytes = readFileSync(path)
    const read = () => {
      const reader = readPartial(path)
      try {
        return [...reader.records()].length
      } finally {
        reader.close()
      }
    }
    expect(read()).toBeGreaterThan(0)
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.nat(255), fc.boolean(), (at, value, cut) => {
        const broken = Uint8Array.from(cut ? bytes.subarray(0, at) : bytes)
        if (!cut) broken[at] = value
        writeFileSync(path, broken)
        try {
          read()
        } catch (error) {
          expect(error).toBeInstanceOf(KnownError)
        }
      }),
      { numRuns: 500 },
    )
    writeFileSync(path, 'hello there')
    expect(read).toThrow(DamagedFileError)
  })
})

import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { collect, type RowParts, row, stream, withFolder } from '../../test/corpus-rows.ts'
import { UsageError } from '../core/index.ts'
import { openCorpus } from './corpus.ts'
import { importRows } from './import-rows.ts'
import type { Row, RowHead } from './row.ts'
import { findClusters, type SplitOptions, splitCorpus } from './split.ts'

const OPTIONS: SplitOptions = { test: 0.25, seed: 1, by: 'group' }

async function rowsIn(folder: string): Promise<Row[]> {
  const corpus = await openCorpus(folder)
  try {
    return await collect(corpus.rows())
  } finally {
    corpus.close()
  }
}

/** Splits made-up rows and gives both sides. */
async function split(rows: readonly Row[], options: SplitOptions) {
  return withFolder(async (folder) => {
    const [whole, train, test] = ['whole', 'train', 'test'].map((name) => join(folder, name))
    await importRows(whole, stream(rows))
    const counts = await splitCorpus(whole, train, test, options)
    return { counts, train: await rowsIn(train), test: await rowsIn(test) }
  })
}

const parts: fc.Arbitrary<RowParts> = fc.record({
  id: fc.nat(60).map(String),
  source: fc.constantFrom('a', 'b'),
  view: fc.constantFrom('calls', 'opcodes'),
  names: fc.array(fc.constantFrom('x', 'y'), { minLength: 1, maxLength: 3 }),
  malicious: fc.constantFrom(0, 1, null),
})

/** 40 benign and 20 malicious samples, two a content, seen on 20 days. */
const samples = Array.from({ length: 60 }, (_, i) =>
  row({
    id: `s${String(i).padStart(2, '0')}`,
    names: [`n${i >> 1}`, 'x'],
    malicious: i % 3 === 0 || i % 3 === 1 ? 0 : 1,
    firstSeen: i === 7 ? null : `2024-01-${String((i % 20) + 1).padStart(2, '0')}`,
  }),
)

describe('splitCorpus', () => {
  it('puts every row on one side, and no content or sample on both', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(parts, { minLength: 5, maxLength: 40 }), fc.nat(), async (all, seed) => {
        const rows = all.map(row)
        const distinct = new Set(
          rows.map(({ id, source, trace }) => JSON.stringify([id, source, trace.view])),
        )
        const sides = await split(rows, { test: 0.3, seed, by: 'group' }).catch((error) => {
          expect(error).toBeInstanceOf(UsageError)
          return null
        })
        if (!sides) return
        expect(sides.train.length + sides.test.length).toBe(distinct.size)
        const keys = (side: readonly Row[]) => side.flatMap(({ id, group }) => [`i${id}`, `g${group}`])
        const inTrain = new Set(keys(sides.train))
        expect(keys(sides.test).filter((key) => inTrain.has(key))).toEqual([])
        expect(sides.counts).toMatchObject({ shared: 0, undated: 0, balancedAway: 0, from: null })
      }),
      { numRuns: 25 },
    )
  })

  it('gives each side its share of each class', async () => {
    const { train, test } = await split(samples, OPTIONS)
    const malicious = (rows: readonly Row[]) => rows.filter(({ label }) => label.malicious === 1).length
    expect([train.length, test.length]).toEqual([45, 15].map((n) => expect.closeTo(n, -1)))
    expect(malicious(test)).toBeGreaterThanOrEqual(4)
    expect(malicious(test)).toBeLessThanOrEqual(6)
  })

  it('does the same again, and another for another seed', async () => {
    const ids = async (seed: number) => (await split(samples, { ...OPTIONS, seed })).test.map(({ id }) => id)
    expect(await ids(1)).toEqual(await ids(1))
    expect(await ids(1)).not.toEqual(await ids(2))
  })

  it('puts newer days to the test side, and leaves out rows without a date', async () => {
    const { counts, train, test } = await split(samples, { ...OPTIONS, by: 'date' })
    const days = (rows: readonly Row[]) => rows.map(({ label }) => label.firstSeen!).sort()
    expect(days(train).at(-1)! < counts.from!).toBe(true)
    expect(days(test)[0]).toBe(counts.from)
    expect(counts.undated).toBe(1)
    expect(train.length + test.length).toBe(59)
    expect(test).toHaveLength(15)
    const groups = new Set(train.map(({ group }) => group))
    expect(counts.shared).toBe(test.filter(({ group }) => groups.has(group)).length)
  })

  it('leaves out rows of the larger class to balance', async () => {
    const { counts, train, test } = await split(samples, { ...OPTIONS, balanced: true })
    const rows = [...train, ...test]
    const benign = rows.filter(({ label }) => label.malicious === 0).length
    const malicious = rows.filter(({ label }) => label.malicious === 1).length
    expect(malicious).toBe(20)
    expect(benign - malicious).toBeGreaterThanOrEqual(0)
    expect(benign - malicious).toBeLessThanOrEqual(1)
    expect(counts.balancedAway).toBe(60 - rows.length)
  })

  it.each([
    ['a share of 0', { ...OPTIONS, test: 0 }, samples],
    ['a share of 1', { ...OPTIONS, test: 1 }, samples],
    ['a share that is no number', { ...OPTIONS, test: Number.NaN }, samples],
    ['one group', OPTIONS, samples.slice(0, 2)],
    ['no dates', { ...OPTIONS, by: 'date' as const }, [row(), row({ id: 'b' })]],
    ['one day', { ...OPTIONS, by: 'date' as const }, [row({ firstSeen: '2024-01-01' })]],
    ['one class to balance', { ...OPTIONS, balanced: true }, [row({ malicious: 1 }), row({ id: 'b' })]],
  ])('refuses %s', async (_, options, rows) => {
    await expect(split(rows, options)).rejects.toThrow(UsageError)
  })

  it('makes new corpora only', async () => {
    await withFolder(async (folder) => {
      const whole = join(folder, 'whole')
      await importRows(whole, stream(samples))
      await expect(splitCorpus(whole, whole, join(folder, 'test'), OPTIONS)).rejects.toThrow(
        'is a corpus already',
      )
    })
  })
})

describe('findClusters', () => {
  it('joins rows through shared samples and contents, however long the chain', () => {
    const head = (id: string, group: string) => ({ id, group }) as RowHead
    const heads = [
      head('a', '1'),
      head('b', '2'),
      head('c', '3'),
      head('b', '1'),
      head('d', '4'),
      head('c', '4'),
    ]
    expect([...findClusters(heads)]).toEqual([0, 0, 2, 0, 2, 2])
  })
})

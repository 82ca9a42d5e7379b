import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { traceOf } from '../../test/traces.ts'
import { encodeRows, fitColumns } from './columns.ts'
import { type Counted, countTraces } from './counting.ts'
import { encoderOf } from './encoder.ts'
import { countGrams, countSelected, selectGrams, selectPlainly } from './select-grams.ts'
import { DEFAULT_FEATURES, type FeatureSettings } from './settings.ts'

const word = fc.constantFrom('mov', 'add', 'jmp', 'push', 'invalid')
const rows = fc.array(
  fc.record({ text: fc.array(word, { maxLength: 30 }).map((list) => list.join(' ')), y: fc.nat(2) }),
  { minLength: 4, maxLength: 16 },
)
const settings = fc
  .record({
    shortest: fc.integer({ min: 1, max: 4 }),
    more: fc.nat(7),
    select: fc.constantFrom(1, 2, 5, 20, 1000),
    minDocuments: fc.integer({ min: 1, max: 3 }),
    collapse: fc.nat(2),
    limit: fc.constantFrom(0, 0, 7),
    steps: fc.constantFrom(0, 0, 4, 100),
    vocabulary: fc.constantFrom(0, 3),
    drop: fc.constantFrom([], ['invalid']),
    scale: fc.constantFrom('none' as const, 'idf' as const),
    weight: fc.constantFrom('presence' as const, 'log-count' as const),
  })
  .map(({ shortest, more, ...rest }): FeatureSettings => {
    return { ...DEFAULT_FEATURES, ...rest, ngrams: [shortest, Math.min(10, shortest + more)] }
  })
const cases = fc.record({ rows, settings, split: fc.array(fc.nat(2), { minLength: 16, maxLength: 16 }) })

/** The whole set and what is left of it without each of three parts. */
function trainingsOf(given: { rows: { y: number }[]; split: number[] }) {
  const all = Uint32Array.from(given.rows.keys())
  const sets = [all, ...[0, 1, 2].map((part) => all.filter((row) => given.split[row] !== part))]
  return { y: Uint32Array.from(given.rows, ({ y }) => y), classes: 3, sets }
}

describe('countSelected', () => {
  it('gives every training set the columns and rows that the table of all n-grams gives', async () => {
    await fc.assert(
      fc.asyncProperty(cases, async (given) => {
        const traces = given.rows.map(({ text }) => traceOf(text))
        const trainings = trainingsOf(given)
        const all = countTraces(given.settings, traces, 'calls', 'sequence')
        const some = await countSelected(given.settings, traces, 'calls', 'sequence', trainings)
        for (const set of trainings.sets) {
          const seen = (counted: Counted) => {
            const columns = fitColumns(given.settings, counted, set, trainings.y, 3)
            const { names, table } = encoderOf(counted, columns)
            return { names, table, x: encodeRows(columns, counted.counts, [...traces.keys()]) }
          }
          expect(seen(some)).toEqual(seen(all))
        }
      }),
      { numRuns: 150 },
    )
  })

  it('keeps only what some training set chooses', async () => {
    const traces = ['a b', 'a b', 'c d', 'c d'].map((text) => traceOf(text))
    const y = Uint32Array.of(0, 0, 1, 1)
    const chosen: FeatureSettings = { ...DEFAULT_FEATURES, ngrams: [1, 2], select: 1 }
    const sets = [Uint32Array.of(0, 1, 2, 3)]
    const { tokens, grams } = await countSelected(chosen, traces, 'calls', 'sequence', {
      y,
      classes: 2,
      sets,
    })
    expect(Array.from(grams.tokens, (token) => tokens[token])).toEqual(['a'])
  })

  it('is countTraces where nothing is selected, or there is no order', async () => {
    const traces = ['a b', 'b c'].map((text) => traceOf(text))
    const trainings = { y: Uint32Array.of(0, 1), classes: 2, sets: [Uint32Array.of(0, 1)] }
    const all: FeatureSettings = { ...DEFAULT_FEATURES, ngrams: [1, 3] }
    expect(await countSelected(all, traces, 'calls', 'sequence', trainings)).toEqual(
      countTraces(all, traces, 'calls', 'sequence'),
    )
    const few = { ...all, select: 1 }
    expect(await countSelected(few, traces, 'calls', 'set', trainings)).toEqual(
      countTraces(few, traces, 'calls', 'set'),
    )
  })
})

describe('selectGrams', () => {
  it('chooses for each range what the definition chooses for it alone, whatever the settings', async () => {
    const ranges = fc.constantFrom<FeatureSettings['ngrams'][]>(
      [[1, 10]],
      [
        [1, 1],
        [2, 2],
        [3, 5],
      ],
      [[2, 4]],
    )
    await fc.assert(
      fc.asyncProperty(cases, ranges, async (given, wanted) => {
        const traces = given.rows.map(({ text }) => traceOf(text))
        const trainings = trainingsOf(given)
        const got = await selectGrams(given.settings, traces, 'calls', 'sequence', trainings, wanted)
        for (const [i, ngrams] of wanted.entries()) {
          const one = { ...given.settings, ngrams }
          expect(got[i]).toEqual(selectPlainly(one, traces, 'calls', 'sequence', trainings))
          const { counts } = await countGrams(got[i], traces)
          expect([counts.rows, counts.columns]).toEqual([traces.length, got[i].grams.starts.length - 1])
        }
      }),
      { numRuns: 60 },
    )
  })
})

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { traceOf } from '../../test/traces.ts'
import type { Trace } from '../samples/index.ts'
import { encodeRows, fitColumns } from './columns.ts'
import { countingSettings, countTraces } from './counting.ts'
import { fitEncoder, makeEncoder } from './encoder.ts'
import { DEFAULT_FEATURES, type FeatureSettings } from './settings.ts'

const settings = (some: Partial<FeatureSettings>): FeatureSettings => ({ ...DEFAULT_FEATURES, ...some })

/** A trace of words `name:process`. */
function traceOfProcesses(text: string): Trace {
  const calls = text.split(' ').map((word) => word.split(':'))
  const process = Uint32Array.from(calls, ([, number]) => Number(number))
  const trace = traceOf(calls.map(([name]) => name).join(' '))
  return { ...trace, places: { process, call: null, time: null, address: null } }
}

/** The sequence of each trace as names, `-` for what has no id of its own. */
function shown({ encode, table }: ReturnType<typeof fitEncoder>, traces: readonly Trace[]): string[] {
  const { sequences } = encode(traces)
  expect(sequences!.vocabulary).toBe(table.sequence!.length + 1)
  return traces.map((_, row) => {
    const ids = sequences!.tokens.subarray(sequences!.starts[row], sequences!.starts[row + 1])
    return Array.from(ids, (id) => (id === 0 ? '-' : table.tokens[table.sequence![id - 1]])).join(' ')
  })
}

describe('the order of tokens', () => {
  const texts = ['open read read read close', 'open write close', 'read open']
  const traces = texts.map((text) => traceOf(text))
  const y = Uint32Array.of(0, 1, 1)

  it.each<[string, Partial<FeatureSettings>, string[]]>([
    ['whole where it is short', { steps: 100 }, texts],
    ['as far as its steps go', { steps: 2 }, ['open read', 'open write', 'read open']],
    [
      'longer than what n-grams are made of',
      { steps: 3, limit: 1 },
      ['open read read', 'open write close', 'read open'],
    ],
    ['shorter than that', { steps: 1, limit: 3 }, ['open', 'open', 'read']],
    [
      'counted after runs are cut short',
      { steps: 3, collapse: 1 },
      ['open read close', 'open write close', 'read open'],
    ],
    ['without dropped tokens', { steps: 2, drop: ['open'] }, ['read read', 'write close', 'read']],
    [
      'with one id for all that few rows have',
      { steps: 4, minDocuments: 2 },
      ['open read read read', 'open - -', 'read open'],
    ],
    [
      'with ids for the tokens that tell most of the class',
      { steps: 9, vocabulary: 3 },
      ['- read read read close', '- - close', 'read -'],
    ],
  ])('is given %s', (_, some, want) => {
    expect(shown(fitEncoder(settings(some), traces, y, 2), traces)).toEqual(want)
  })

  it('is absent where nobody asks for it, or traces have none', () => {
    expect(fitEncoder(settings({ collapse: 1 }), traces, y, 2).encode(traces)).not.toHaveProperty('sequences')
    const counts = texts.map((text) => traceOf(text, 'counts'))
    const encoder = fitEncoder(settings({ steps: 5 }), counts, y, 2)
    expect(encoder.encode(traces)).not.toHaveProperty('sequences')
    expect([encoder.table.sequence, [...encoder.positions(traces[0])]]).toEqual([null, []])
  })

  it('leaves the columns as they are', () => {
    const how = { ngrams: [1, 2] as const, limit: 3, minDocuments: 2 }
    const { sequences, ...columns } = fitEncoder(settings({ ...how, steps: 9 }), traces, y, 2).encode(traces)
    expect(columns).toEqual(fitEncoder(settings(how), traces, y, 2).encode(traces))
    expect(sequences).toBeDefined()
  })

  it('says 0 for a token that no training row has, beyond the columns too', () => {
    const encoder = fitEncoder(settings({ steps: 4, limit: 1 }), traces, y, 2)
    expect(shown(encoder, [traceOf('format close reboot'), traceOf('')])).toEqual(['- close -', ''])
    expect(encoder.known(traceOf('close format'))).toEqual({ distinct: 1 / 2, tokens: 1 / 2 })
  })

  it('comes back from the table, with the places of its tokens', () => {
    const how = settings({ ngrams: [1, 2], steps: 3, limit: 9, collapse: 1, drop: ['x'], minDocuments: 2 })
    const encoder = fitEncoder(how, traces, y, 2)
    const again = makeEncoder(how, encoder.table)
    const fresh = [...traces, traceOf('x open open x close write read')]
    expect(again.encode(fresh)).toEqual(encoder.encode(fresh))
    expect(shown(again, [fresh[3]])).toEqual(['open close -'])
    expect([...again.positions(fresh[3])]).toEqual([1, 4, 5])
    expect(again.encode([]).sequences).toEqual({
      vocabulary: 4,
      starts: Uint32Array.of(0),
      tokens: new Uint32Array(0),
    })
  })
})

describe('the main process', () => {
  const y = Uint32Array.of(0)

  it.each([
    ['has the most calls', 'open:0 read:1 read:1 close:0 write:1', 'read read write', [1, 2, 4]],
    ['is the first of equal ones', 'open:7 read:3 close:7 write:3', 'read write', [1, 3]],
  ])('%s', (_, text, want, at) => {
    const trace = traceOfProcesses(text)
    const encoder = fitEncoder(settings({ steps: 9, process: 'main' }), [trace], y, 1)
    expect(shown(encoder, [trace])).toEqual([want])
    expect([...encoder.positions(trace)]).toEqual(at)
    expect(shown(encoder, [{ ...trace, places: null }])[0].split(' ')).toHaveLength(text.split(' ').length)
  })

  it('alone makes n-grams, whose places are its own', () => {
    const trace = traceOfProcesses('a:0 b:1 a:1 a:0 b:0 b:1 a:0')
    const encoder = fitEncoder(settings({ ngrams: [1, 2], process: 'main' }), [trace], y, 1)
    expect(encoder.names).toEqual(['a', 'b', 'a a', 'a b', 'b a'])
    const at = (name: string) => encoder.locate(trace, encoder.names.indexOf(name), 9)
    expect([at('b'), at('a a'), at('b a')]).toEqual([[4], [0], [4]])
    expect(fitEncoder(settings({ process: 'main', limit: 1 }), [trace], y, 1).names).toEqual(['a'])
  })
})

describe('countTraces', () => {
  /** The definition: words without dropped ones, runs cut, the first kept. */
  function plainly(text: string, { drop, collapse, steps }: FeatureSettings): string[] {
    const words = text.split(' ').filter((word) => word !== '' && !drop.includes(word))
    const cut = words.filter(
      (word, i) => collapse === 0 || i < collapse || words.slice(i - collapse, i).some((w) => w !== word),
    )
    return cut.slice(0, steps)
  }

  it('keeps the order that the definition keeps, whatever n-grams are made of', () => {
    const word = fc.constantFrom('a', 'b', 'c', 'x')
    const texts = fc.array(
      fc.array(word, { maxLength: 20 }).map((list) => list.join(' ')),
      { minLength: 1, maxLength: 8 },
    )
    const some = fc
      .record({
        ngrams: fc.constantFrom<FeatureSettings['ngrams']>([1, 1], [2, 3]),
        collapse: fc.nat(2),
        limit: fc.constantFrom(0, 1, 7),
        steps: fc.constantFrom(1, 5, 1000),
        minDocuments: fc.integer({ min: 1, max: 3 }),
        drop: fc.constantFrom([], ['x']),
      })
      .map(settings)
    fc.assert(
      fc.property(texts, some, (all, how) => {
        const traces = all.map((text) => traceOf(text))
        const { counts, tokens } = countTraces(how, traces, 'calls', 'sequence')
        const { starts, tokens: ids, vocabulary } = counts.sequences!
        expect(vocabulary).toBe(tokens.length + 1)
        const found = all.map((_, row) =>
          Array.from(ids.subarray(starts[row], starts[row + 1]), (id) => tokens[id - 1]),
        )
        expect(found).toEqual(all.map((text) => plainly(text, how)))
      }),
      { numRuns: 300 },
    )
  })

  it('serves every vocabulary with one count', () => {
    const how = settings({ steps: 9, vocabulary: 2, process: 'main' })
    expect(countingSettings(how)).toEqual({ ...how, vocabulary: 0 })
    const traces = ['a b', 'a c', 'b c'].map((text) => traceOf(text))
    const counted = countTraces(countingSettings(how), traces, 'calls', 'sequence')
    const columns = fitColumns(how, counted, Uint32Array.of(0, 1, 2), Uint32Array.of(0, 0, 1), 2)
    // a stands in all rows of one class and in none of the other.
    expect([...columns.sequence!.tokens]).toEqual([0])
    expect(encodeRows(columns, counted.counts, [2, 0]).sequences).toEqual({
      vocabulary: 2,
      starts: Uint32Array.of(0, 2, 4),
      tokens: Uint32Array.of(0, 0, 1, 0),
    })
  })

  it('learns the vocabulary from training rows alone', () => {
    const traces = ['a a b', 'a', 'b c', 'c', 'c d'].map((text) => traceOf(text))
    const how = settings({ steps: 9, minDocuments: 2 })
    const counted = countTraces(how, traces, 'calls', 'sequence')
    const y = new Uint32Array(5)
    const known = (rows: number[]) => {
      const { sequence } = fitColumns(how, counted, Uint32Array.from(rows), y, 1)
      return Array.from(sequence!.tokens, (token) => counted.tokens[token])
    }
    expect(known([0, 1, 2])).toEqual(['a', 'b'])
    expect(known([2, 3, 4])).toEqual(['c'])
    expect(known([0])).toEqual([])
  })
})

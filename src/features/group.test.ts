import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { traceOf } from '../../test/traces.ts'
import type { Trace } from '../samples/index.ts'
import { fitEncoder } from './encoder.ts'
import { groupOf } from './group.ts'
import { commonKind } from './reading.ts'
import { DEFAULT_FEATURES, type FeatureSettings } from './settings.ts'
import type { SparseMatrix } from './sparse-matrix.ts'

const settings = (some: Partial<FeatureSettings>): FeatureSettings => ({ ...DEFAULT_FEATURES, ...some })

/** The same trace with another order of names in its vocabulary, and names that do not occur. */
function respelled(trace: Trace): Trace {
  const vocabulary = ['unused', ...[...trace.vocabulary].reverse()]
  const to = (id: number) => vocabulary.indexOf(trace.vocabulary[id])
  const order = Array.from(trace.tally.tokens, (_, i) => i).sort(
    (a, b) => to(trace.tally.tokens[a]) - to(trace.tally.tokens[b]),
  )
  const { counts } = trace.tally
  return {
    ...trace,
    vocabulary,
    sequence: trace.sequence?.map(to) ?? null,
    tally: {
      tokens: Uint32Array.from(order, (i) => to(trace.tally.tokens[i])),
      counts: counts && Float64Array.from(order, (i) => counts[i]),
    },
  }
}

/** The tokens of a row in order, where a matrix has them. */
function orderOf({ sequences }: SparseMatrix, row: number): number[] {
  return sequences ? [...sequences.tokens.subarray(sequences.starts[row], sequences.starts[row + 1])] : []
}

describe('groupOf', () => {
  it.each<[string, Partial<FeatureSettings>, string, string, boolean]>([
    ['repeats under presence', {}, 'a b', 'b a a', true],
    ['repeats under counts', { weight: 'count' }, 'a b', 'a b b', false],
    ['order under counts', { weight: 'count' }, 'a b b', 'b a b', true],
    ['multiples under shares', { weight: 'share' }, 'a b a', 'a a b b a a', true],
    ['other shares', { weight: 'share' }, 'a b', 'a b b', false],
    [
      'multiples under counts of one length',
      { weight: 'count', normalise: true },
      'a b a',
      'a a b b a a',
      true,
    ],
    ['multiples under counts', { weight: 'count' }, 'a b a', 'a a b b a a', false],
    ['multiples under log counts of one length', { weight: 'log-count', normalise: true }, 'a', 'a a', false],
    ['order under 2-grams', { ngrams: [1, 2] }, 'a b b', 'b a b', false],
    ['long runs, collapsed', { ngrams: [1, 2], collapse: 2 }, 'a a a b', 'a a b', true],
    ['short runs, collapsed', { ngrams: [1, 2], collapse: 2 }, 'a a b', 'a b', false],
    ['what follows the limit', { limit: 2 }, 'a b c', 'a b d', true],
    ['what precedes the limit', { limit: 2 }, 'a b c', 'a c b', false],
    ['dropped tokens', { ngrams: [1, 2], drop: ['x'] }, 'a x b', 'a b', true],
    ['other tokens', {}, 'a b', 'a c', false],
    ['names that read alike when joined', { ngrams: [1, 2] }, 'a,b c', 'a b,c', false],
    ['nothing and something', {}, '', 'a', false],
    ['order under steps', { steps: 9 }, 'a b b', 'b a b', false],
    ['repeats under steps', { steps: 9 }, 'a b', 'a b b', false],
    ['order past the steps', { steps: 1 }, 'a b c', 'a c b', true],
    ['other tokens past the steps', { steps: 1 }, 'a b', 'a c', false],
    ['what follows the steps and the limit', { steps: 2, limit: 1 }, 'a b c', 'a b d', true],
    ['what precedes the longer of both', { steps: 1, limit: 2 }, 'a b', 'a c', false],
    ['order past the limit of 2-grams', { ngrams: [1, 2], steps: 4, limit: 2 }, 'a b c d', 'a b d c', false],
    ['long runs, collapsed, under steps', { steps: 3, collapse: 1 }, 'a a a b c', 'a b b c c', true],
  ])('tells %s', (_, some, a, b, same) => {
    expect(groupOf(settings(some), traceOf(a)) === groupOf(settings(some), traceOf(b))).toBe(same)
  })

  it('is of the main process where only that is read', () => {
    const trace = (text: string, ...process: number[]): Trace => {
      const places = { process: Uint32Array.from(process), call: null, time: null, address: null }
      return { ...traceOf(text), places }
    }
    const [one, other] = [trace('a b c', 0, 1, 0), trace('d a c', 1, 0, 0)]
    for (const how of [{ process: 'main' as const }, { process: 'main' as const, steps: 5 }]) {
      expect(groupOf(settings(how), one)).toBe(groupOf(settings(how), other))
    }
    expect(groupOf(settings({ steps: 5 }), one)).not.toBe(groupOf(settings({ steps: 5 }), other))
  })

  it('tells views apart', () => {
    const trace = traceOf('mov')
    expect(groupOf(DEFAULT_FEATURES, trace)).not.toBe(
      groupOf(DEFAULT_FEATURES, { ...trace, view: 'opcodes' }),
    )
  })

  it('gives spellings of one call one group', () => {
    expect(groupOf(DEFAULT_FEATURES, traceOf('ZwClose'))).toBe(groupOf(DEFAULT_FEATURES, traceOf('NtClose')))
  })

  it('is one for a sequence, its counts and its set where all are reduced to sets', () => {
    const kinds = (['sequence', 'counts', 'set'] as const).map((kind) => traceOf('a b b', kind))
    expect(commonKind(DEFAULT_FEATURES, kinds)).toBe('set')
    const groups = kinds.map((trace) => groupOf(settings({ weight: 'count', ngrams: [1, 2] }), trace, 'set'))
    expect(new Set(groups).size).toBe(1)
  })

  const words = fc.array(fc.constantFrom('a', 'b', 'c', 'ZwClose', 'NtClose'), { maxLength: 8 })
  const text = words.map((list) => list.join(' '))
  const some = fc
    .record({
      ngrams: fc.constantFrom<FeatureSettings['ngrams']>([1, 1], [1, 2], [2, 3]),
      weight: fc.constantFrom<FeatureSettings['weight']>('presence', 'count', 'log-count', 'share'),
      collapse: fc.nat(2),
      limit: fc.constantFrom(0, 3),
      steps: fc.constantFrom(0, 2, 100),
      drop: fc.constantFrom([], ['b']),
    })
    .map(settings)

  it('does not depend on the vocabulary', () => {
    fc.assert(
      fc.property(
        text,
        some,
        fc.constantFrom('sequence' as const, 'counts' as const, 'set' as const),
        (a, how, kind) => {
          const trace = traceOf(a, kind)
          expect(groupOf(how, respelled(trace))).toBe(groupOf(how, trace))
        },
      ),
    )
  })

  it('gives equal rows in every encoder, whatever that was fitted on', () => {
    const every = fc
      .record({
        ngrams: fc.constantFrom<FeatureSettings['ngrams']>([1, 1], [1, 2], [2, 3]),
        weight: fc.constantFrom<FeatureSettings['weight']>('presence', 'count', 'log-count', 'share'),
        scale: fc.constantFrom('none' as const, 'idf' as const, 'max-abs' as const, 'rarity' as const),
        normalise: fc.boolean(),
        select: fc.nat(4),
        minDocuments: fc.integer({ min: 1, max: 2 }),
        collapse: fc.nat(2),
        limit: fc.constantFrom(0, 1, 3),
        steps: fc.constantFrom(0, 0, 2, 100),
        vocabulary: fc.constantFrom(0, 3),
        drop: fc.constantFrom([], ['b'], ['NtClose']),
        pairs: fc.constantFrom(0, 3),
      })
      .map(settings)
    const learned = fc.array(text, { minLength: 5, maxLength: 12 })
    const kinds = fc.constantFrom('sequence' as const, 'counts' as const, 'set' as const)
    const tested = fc.array(text, { minLength: 2, maxLength: 8 })
    let equal = 0
    fc.assert(
      fc.property(learned, tested, every, kinds, (some, others, how, kind) => {
        const train = some.map((one) => traceOf(one, kind))
        const encoder = fitEncoder(
          how,
          train,
          Uint32Array.from(train, (_, i) => i % 2),
          2,
        )
        // Test rows may know more than those learned from: whole sequences are asked of a model of sets.
        const traces = others.flatMap((one) => [traceOf(one), respelled(traceOf(one, kind))])
        const x = encoder.encode(traces)
        const rows = new Map<string, unknown>()
        traces.forEach((trace, row) => {
          const [from, to] = [x.starts[row], x.starts[row + 1]]
          // Counts twice as large give rows of length 1 that may differ in the last bit.
          const values = x.values && Array.from(x.values.subarray(from, to), (value) => value.toPrecision(12))
          const seen = [[...x.indices.subarray(from, to)], values, orderOf(x, row)]
          const group = groupOf(how, trace, encoder.kind)
          if (rows.has(group)) equal++
          expect(rows.get(group) ?? seen).toEqual(seen)
          rows.set(group, seen)
        })
        // Both spellings of one content are one group.
        expect(rows.size).toBeLessThanOrEqual(others.length)
      }),
      { numRuns: 500 },
    )
    expect(equal).toBeGreaterThan(1000)
  })

  it('is equal only where the encoded rows are equal', () => {
    fc.assert(
      fc.property(text, text, some, (a, b, how) => {
        const traces = [traceOf(a), traceOf(b)]
        const [first, second] = traces.map((trace) => groupOf(how, trace))
        const x = fitEncoder(how, traces, Uint32Array.of(0, 1), 2).encode(traces)
        const rowOf = (row: number) => {
          const [from, to] = [x.starts[row], x.starts[row + 1]]
          const values = x.values && [...x.values.subarray(from, to)]
          return [[...x.indices.subarray(from, to)], values, orderOf(x, row)]
        }
        if (first === second) expect(rowOf(0)).toEqual(rowOf(1))
        // With single tokens the converse holds too: the group is no finer than what is seen.
        else if (how.ngrams[1] === 1) expect(rowOf(0)).not.toEqual(rowOf(1))
      }),
      { numRuns: 500 },
    )
  })
})

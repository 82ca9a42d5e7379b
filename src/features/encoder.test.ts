import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { traceOf } from '../../test/traces.ts'
import type { Trace } from '../samples/index.ts'
import { encodeRows, fitColumns } from './columns.ts'
import { countTraces } from './counting.ts'
import { encoderOf, fitEncoder, makeEncoder } from './encoder.ts'
import { DEFAULT_FEATURES, type FeatureSettings } from './settings.ts'

const settings = (some: Partial<FeatureSettings>): FeatureSettings => ({ ...DEFAULT_FEATURES, ...some })

/** Rows as `name=value` in column order. */
function shown(encoder: ReturnType<typeof fitEncoder>, traces: readonly Trace[]): string[] {
  const x = encoder.encode(traces)
  return traces.map((_, row) => {
    const cells: string[] = []
    for (let i = x.starts[row]; i < x.starts[row + 1]; i++) {
      cells.push(`${encoder.names[x.indices[i]]}=${x.values ? Number(x.values[i].toFixed(4)) : 1}`)
    }
    return cells.join(', ')
  })
}

describe('an encoder', () => {
  const texts = ['open read read read close', 'open write close', 'read open']
  const traces = texts.map((text) => traceOf(text))
  const y = Uint32Array.of(0, 1, 1)

  it.each<[string, Partial<FeatureSettings>, string[]]>([
    ['presence', {}, ['close=1, open=1, read=1', 'close=1, open=1, write=1', 'open=1, read=1']],
    [
      'counts',
      { weight: 'count' },
      ['close=1, open=1, read=3', 'close=1, open=1, write=1', 'open=1, read=1'],
    ],
    [
      'log counts',
      { weight: 'log-count' },
      [
        'close=0.6931, open=0.6931, read=1.3863',
        'close=0.6931, open=0.6931, write=0.6931',
        'open=0.6931, read=0.6931',
      ],
    ],
    [
      'shares',
      { weight: 'share', minDocuments: 2 },
      ['close=0.2, open=0.2, read=0.6', 'close=0.5, open=0.5', 'open=0.5, read=0.5'],
    ],
    [
      '2-grams',
      { ngrams: [2, 2], weight: 'count' },
      ['open read=1, read close=1, read read=2', 'open write=1, write close=1', 'read open=1'],
    ],
    [
      '1- to 3-grams of collapsed runs',
      { ngrams: [1, 3], weight: 'count', collapse: 1, minDocuments: 2 },
      ['close=1, open=1, read=1', 'close=1, open=1', 'open=1, read=1'],
    ],
    ['the first tokens', { limit: 2 }, ['open=1, read=1', 'open=1, write=1', 'open=1, read=1']],
    ['all but dropped tokens', { drop: ['open', 'close'] }, ['read=1', 'write=1', 'read=1']],
    [
      'tokens without unknown ones, of which training rows have none',
      { unknown: 'drop', limit: 2 },
      ['open=1, read=1', 'open=1, write=1', 'open=1, read=1'],
    ],
    ['the best column', { select: 1 }, ['close=1', 'close=1', '']],
  ])('sees %s', (_, some, want) => {
    expect(shown(fitEncoder(settings(some), traces, y, 2), traces)).toEqual(want)
  })

  it('learns from the rows given alone, though all rows were counted together', () => {
    const words = fc.array(fc.constantFrom('a', 'b', 'c', 'd', 'e'), { maxLength: 9 })
    const some = fc
      .record({
        ngrams: fc.constantFrom<FeatureSettings['ngrams']>([1, 1], [1, 2], [2, 3]),
        weight: fc.constantFrom('presence' as const, 'log-count' as const, 'share' as const),
        scale: fc.constantFrom('none' as const, 'idf' as const, 'max-abs' as const, 'rarity' as const),
        select: fc.constantFrom(0, 2, 5),
        minDocuments: fc.integer({ min: 1, max: 3 }),
        collapse: fc.nat(1),
        pairs: fc.constantFrom(0, 2, 9),
        steps: fc.constantFrom(0, 3, 100),
        vocabulary: fc.constantFrom(0, 2, 4),
      })
      .map(settings)
    const rows = fc.array(fc.tuple(words, fc.nat(1), fc.boolean()), { minLength: 12, maxLength: 24 })
    const kinds = fc.constantFrom('sequence' as const, 'counts' as const, 'set' as const)
    fc.assert(
      fc.property(rows, some, kinds, (all, how, kind) => {
        const traces = all.map(([list]) => traceOf(list.join(' '), kind))
        const y = Uint32Array.from(all, ([, own]) => own)
        const inside = Uint32Array.from(all.keys()).filter((row) => row === 0 || all[row][2])
        const own = Array.from(inside, (row) => traces[row])
        const ownY = inside.map((row) => y[row])
        const alone = fitEncoder(how, own, ownY, 2)
        const counted = countTraces(how, traces, 'calls', kind)
        const columns = fitColumns(how, counted, inside, y, 2)
        const together = encoderOf(counted, columns)
        expect(together.names).toEqual(alone.names)
        expect(together.table.scale).toEqual(alone.table.scale)
        expect(makeEncoder(how, together.table).encode(traces)).toEqual(alone.encode(traces))
        expect(encodeRows(columns, counted.counts, [...traces.keys()])).toEqual(alone.encode(traces))
        // Labels of the other rows play no part either.
        const turned = y.map((each, row) => (inside.includes(row) ? each : 1 - each))
        expect(fitColumns(how, counted, inside, turned, 2)).toEqual(columns)
      }),
      { numRuns: 500 },
    )
  })

  it('sees pairs of a set that stand together often enough, and the rows as long as each other', () => {
    const sets = Array.from({ length: 6 }, () => traceOf('a b c', 'set')).concat(
      traceOf('a', 'set'),
      traceOf('b d', 'set'),
    )
    const y = Uint32Array.of(1, 1, 1, 0, 0, 1, 0, 0)
    const encoder = fitEncoder(settings({ pairs: 10, normalise: true }), sets, y, 2)
    expect(encoder.names).toEqual(['a', 'b', 'c', 'd', 'a & b', 'a & c', 'b & c'])
    expect(shown(encoder, [traceOf('a b', 'sequence'), traceOf('c', 'set')])).toEqual([
      'a=0.5774, b=0.5774, a & b=0.5774',
      'c=1',
    ])
    expect(fitEncoder(settings({ pairs: 1 }), sets, y, 2).names).toHaveLength(5)
    expect(
      fitEncoder(
        settings({ pairs: 10 }),
        sets.map(({ vocabulary }) => traceOf(vocabulary.join(' '))),
        y,
        2,
      ).names,
    ).not.toContain('a & b')
  })

  it.each<[FeatureSettings['scale'], number, number]>([
    // a stands in 1 of 3 rows, with 4 as its largest count; b in all of them.
    ['none', 4, 1],
    ['max-abs', 1, 1],
    ['idf', 4 * (Math.log(4 / 2) + 1), 1],
    ['rarity', 4, 1],
  ])('scales counts by %s', (scale, a, b) => {
    const rows = [traceOf('a a a a b'), traceOf('b'), traceOf('b')]
    const x = fitEncoder(settings({ weight: 'count', scale }), rows, y, 2).encode([rows[0]])
    expect(x.values![0]).toBeCloseTo(a, 12)
    expect(x.values![1]).toBeCloseTo(b, 12)
  })

  it('scales presences by rarity', () => {
    const rows = [traceOf('a b'), traceOf('b'), traceOf('b')]
    const x = fitEncoder(settings({ scale: 'rarity' }), rows, y, 2).encode([rows[0]])
    expect(x.values![0]).toBeCloseTo(1 / Math.sqrt(0.4 * 0.6), 12)
    expect(x.values![1]).toBeCloseTo(1 / Math.sqrt(0.8 * 0.2), 12)
  })

  it('encodes in serving what it encoded in training, and what it does not know as nothing', () => {
    const encoder = fitEncoder(settings({ ngrams: [1, 3], weight: 'count', minDocuments: 2 }), traces, y, 2)
    const strange = traceOf('format open read reboot write close')
    expect(shown(encoder, [strange])).toEqual(['close=1, open=1, read=1'])
    expect(shown(encoder, [traceOf('')])).toEqual([''])
    expect(encoder.encode([]).rows).toBe(0)
  })

  it('reads names in any spelling, adding up those of one call', () => {
    const encoder = fitEncoder(
      settings({ weight: 'count' }),
      [traceOf('NtClose NtOpenFile')],
      Uint32Array.of(0),
      1,
    )
    expect(shown(encoder, [traceOf('ZwClose NtClose NtOpenFile')])).toEqual(['NtClose=2, NtOpenFile=1'])
  })

  it('treats names such as __proto__ as any other', () => {
    const odd = [traceOf('__proto__ constructor'), traceOf('toString constructor')]
    const encoder = fitEncoder(settings({ weight: 'count' }), odd, Uint32Array.of(0, 1), 2)
    expect(encoder.names).toEqual(['__proto__', 'constructor', 'toString'])
    expect(shown(encoder, odd)[0]).toBe('__proto__=1, constructor=1')
  })

  it('says how much of a trace it knows', () => {
    const encoder = fitEncoder(settings({}), traces, y, 2)
    expect(encoder.known(traceOf('open open strange'))).toEqual({ distinct: 1 / 2, tokens: 2 / 3 })
    expect(encoder.known(traceOf('open read', 'set'))).toEqual({ distinct: 1, tokens: 1 })
    expect(encoder.known(traceOf(''))).toEqual({ distinct: 0, tokens: 0 })
  })

  it('finds where a column stands, past dropped tokens and collapsed runs', () => {
    const how = settings({ ngrams: [1, 2], collapse: 1, drop: ['x'] })
    const encoder = fitEncoder(how, traces, y, 2)
    const at = (text: string, name: string, max = 9) =>
      encoder.locate(traceOf(text), encoder.names.indexOf(name), max)
    expect(at('open x read read close open', 'open read')).toEqual([0])
    expect(at('read x close open open read', 'read close')).toEqual([0])
    expect(at('open read open read open read', 'open read', 2)).toEqual([0, 2])
    expect(at('read read open', 'read')).toEqual([0, 1])
    // Where an n-gram stands as it is written goes before where a run was cut short.
    expect(at('open open open read', 'open read')).toEqual([2])
    expect(at('open x read open open read', 'open read')).toEqual([4])
    expect(encoder.locate(traceOf('open', 'set'), 0, 5)).toEqual([])
    const sets = Array.from({ length: 5 }, () => traceOf('a b', 'set'))
    const pairs = fitEncoder(settings({ pairs: 1 }), sets, new Uint32Array(5), 1)
    expect(pairs.locate(traceOf('c b a b'), pairs.names.indexOf('a & b'), 2)).toEqual([1, 2])
  })

  it('reduces all rows to what the least of them knows, and refuses a trace that knows less', () => {
    const mixed = [traceOf('a b'), traceOf('a c', 'counts')]
    const encoder = fitEncoder(settings({ ngrams: [1, 2], weight: 'count' }), mixed, Uint32Array.of(0, 1), 2)
    expect([encoder.kind, encoder.names]).toEqual(['counts', ['a', 'b', 'c']])
    expect(shown(encoder, [traceOf('a a b')])).toEqual(['a=2, b=1'])
    expect(() => encoder.encode([traceOf('a', 'set')])).toThrow('needs a counts, got a set')
    expect(() => encoder.encode([{ ...traceOf('a'), view: 'opcodes' }])).toThrow('reads calls, got opcodes')
  })
})

describe('what a source did not know', () => {
  const opcodes = (text: string, kind: 'sequence' | 'counts' = 'sequence') => ({
    ...traceOf(text, kind),
    view: 'opcodes' as const,
  })
  const learn = (some: Partial<FeatureSettings>, texts: readonly string[]) =>
    fitEncoder(
      settings(some),
      texts.map((text) => opcodes(text)),
      Uint32Array.from(texts.keys()),
      texts.length,
    )

  it('is left out before n-grams are made, and their places stay true', () => {
    const encoder = learn({ ngrams: [2, 2], weight: 'count', unknown: 'drop' }, ['cmp mov push', 'push cmp'])
    const fresh = opcodes('cmp je mov jne je push')
    expect(shown(encoder, [fresh])).toEqual(['cmp mov=1, mov push=1'])
    expect(encoder.locate(fresh, encoder.names.indexOf('mov push'), 3)).toEqual([2])
  })

  it('stays between its neighbours otherwise', () => {
    const encoder = learn({ ngrams: [2, 2], weight: 'count' }, ['cmp mov push', 'push cmp'])
    expect(shown(encoder, [opcodes('cmp je mov push')])).toEqual(['mov push=1'])
  })

  it('counts as unknown all the same', () => {
    const encoder = learn({ unknown: 'drop' }, ['cmp mov', 'push'])
    expect(encoder.known(opcodes('cmp cmp je ret'))).toEqual({ distinct: 1 / 3, tokens: 0.5 })
  })

  it.each(['sequence', 'counts'] as const)('leaves a %s of unknown tokens empty', (kind) => {
    expect(shown(learn({ unknown: 'drop', kind }, ['cmp mov', 'push']), [opcodes('je ret', kind)])).toEqual([
      '',
    ])
  })
})

describe('an opcode with a prefix', () => {
  const text = 'rep.movsd lock.cmpxchg movsd b.eq'
  it.each<[FeatureSettings['prefixes'], string[]]>([
    ['keep', ['b.eq=1', 'lock.cmpxchg=1', 'movsd=1', 'rep.movsd=1']],
    ['drop', ['b.eq=1', 'cmpxchg=1', 'movsd=2']],
    ['only', ['b.eq=1', 'lock=1', 'movsd=1', 'rep=1']],
  ])('is seen by %s', (prefixes, want) => {
    const trace = { ...traceOf(text), view: 'opcodes' as const }
    const encoder = fitEncoder(
      settings({ prefixes, weight: 'count' }),
      [trace, trace],
      Uint32Array.of(0, 1),
      2,
    )
    expect(shown(encoder, [trace])).toEqual([want.join(', ')])
  })
})

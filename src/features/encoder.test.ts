import { describe, expect, it } from 'vitest'
import { traceOf } from '../../test/traces.ts'
import type { Trace } from '../samples/index.ts'
import { fitEncoder } from './encoder.ts'
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
    ['the best column', { select: 1 }, ['close=1', 'close=1', '']],
  ])('sees %s', (_, some, want) => {
    expect(shown(fitEncoder(settings(some), traces, y, 2), traces)).toEqual(want)
  })
})

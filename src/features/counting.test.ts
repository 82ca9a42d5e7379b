import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { traceOf } from '../../test/traces.ts'
import { countTraces } from './counting.ts'
import { DEFAULT_FEATURES, type FeatureSettings } from './settings.ts'

/** The definition, written to be read: n-grams as text, counted in maps. */
function countPlainly(texts: readonly string[], settings: FeatureSettings): string[][] {
  const rows = texts.map((text) => {
    const words = text.split(' ').filter((word) => word !== '' && !settings.drop.includes(word))
    const kept: string[] = []
    let run = 0
    words.forEach((word, i) => {
      run = i > 0 && words[i - 1] === word ? run + 1 : 1
      if (settings.collapse === 0 || run <= settings.collapse) kept.push(word)
    })
    const read = kept.slice(0, settings.limit || kept.length)
    const counts = new Map<string, number>()
    for (let n = settings.ngrams[0]; n <= settings.ngrams[1]; n++) {
      for (let i = 0; i + n <= read.length; i++) {
        const gram = read.slice(i, i + n).join(' ')
        counts.set(gram, (counts.get(gram) ?? 0) + 1)
      }
    }
    return counts
  })
  const documents = (gram: string) => rows.filter((row) => row.has(gram)).length
  return rows.map((row) =>
    [...row]
      .filter(([gram]) => documents(gram) >= settings.minDocuments)
      .map(([gram, count]) => `${gram}=${count}`)
      .sort(),
  )
}

function countFast(texts: readonly string[], settings: FeatureSettings): string[][] {
  const traces = texts.map((text) => traceOf(text))
  const { counts, grams, tokens } = countTraces(settings, traces, 'calls', 'sequence')
  const name = (gram: number) =>
    Array.from(
      grams.tokens.subarray(grams.starts[gram], grams.starts[gram + 1]),
      (token) => tokens[token],
    ).join(' ')
  return traces.map((_, row) => {
    const cells: string[] = []
    for (let i = counts.starts[row]; i < counts.starts[row + 1]; i++) {
      if (i > counts.starts[row]) expect(counts.indices[i]).toBeGreaterThan(counts.indices[i - 1])
      cells.push(`${name(counts.indices[i])}=${counts.values[i]}`)
    }
    return cells.sort()
  })
}

describe('countTraces', () => {
  const words = fc.constantFrom('mov', 'add', 'jmp', 'push', 'invalid')
  const texts = fc.array(
    fc.array(words, { maxLength: 25 }).map((list) => list.join(' ')),
    { minLength: 1, maxLength: 8 },
  )
  const settings = fc
    .record({
      shortest: fc.integer({ min: 1, max: 4 }),
      more: fc.nat(3),
      collapse: fc.nat(3),
      limit: fc.constantFrom(0, 0, 1, 5),
      minDocuments: fc.integer({ min: 1, max: 3 }),
      drop: fc.constantFrom([], ['invalid']),
    })
    .map(({ shortest, more, ...rest }): FeatureSettings => {
      return { ...DEFAULT_FEATURES, ...rest, ngrams: [shortest, Math.min(4, shortest + more)] }
    })

  it('counts what the definition counts', () => {
    fc.assert(
      fc.property(texts, settings, (some, chosen) => {
        expect(countFast(some, chosen)).toEqual(countPlainly(some, chosen))
      }),
      { numRuns: 500 },
    )
  })

  it('orders columns by length, then token by token, whatever the order of the traces', () => {
    const chosen: FeatureSettings = { ...DEFAULT_FEATURES, ngrams: [1, 3] }
    const some = ['b a c a', 'c c b', 'a b a c']
    const list = (order: readonly string[]) =>
      countTraces(
        chosen,
        order.map((text) => traceOf(text)),
        'calls',
        'sequence',
      )
    const { grams, tokens } = list(some)
    const { grams: turned } = list([...some].reverse())
    expect(turned).toEqual(grams)
    expect(tokens).toEqual(['a', 'b', 'c'])
    expect([...grams.starts].slice(0, 5)).toEqual([0, 1, 2, 3, 5])
  })

  it('holds more n-grams than the first tables do', () => {
    const text = Array.from({ length: 9000 }, (_, i) => `t${(i * 7919) % 9001}`).join(' ')
    const chosen: FeatureSettings = { ...DEFAULT_FEATURES, ngrams: [2, 3] }
    expect(countFast([text], chosen)).toEqual(countPlainly([text], chosen))
  })
})

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { anyRow, row } from '../../test/corpus-rows.ts'
import { contentOf, traceGroup } from './content.ts'

describe('contentOf', () => {
  it('does not depend on how a vocabulary is numbered', () => {
    fc.assert(
      fc.property(anyRow, fc.nat(5), ({ trace }, unused) => {
        // Reversed, behind names that are not used.
        const size = trace.vocabulary.length
        const vocabulary = [...Array(unused).fill('unused'), ...trace.vocabulary.toReversed()]
        const renumber = (token: number) => unused + size - 1 - token
        const tokens = trace.tally.tokens.map(renumber).reverse()
        const tally = { tokens, counts: trace.tally.counts?.slice().reverse() ?? null }
        const other = { ...trace, vocabulary, sequence: trace.sequence?.map(renumber) ?? null, tally }
        expect(contentOf(other)).toEqual(contentOf(trace))
        expect(traceGroup(other)).toBe(traceGroup(trace))
      }),
    )
  })

  it('leaves out names that are counted 0 times', () => {
    const { trace } = row({ kind: 'counts', names: ['a', 'b'], counts: [0, 2] })
    expect(contentOf(trace)).toMatchObject({
      names: ['b'],
      counts: Float64Array.of(2),
      countsAreFuller: true,
    })
  })

  it('joins names that are the same once they are valid', () => {
    const { trace } = row({ names: ['\ud800', '\udfff', 'a'] })
    expect(contentOf(trace)).toEqual({
      names: ['a', '\ufffd'],
      sequence: Uint32Array.of(1, 1, 0),
      counts: Float64Array.of(1, 2),
      countsAreFuller: false,
    })
  })

  it('tells contents apart', () => {
    const groups = [
      row({ names: ['a', 'b'] }),
      row({ names: ['b', 'a'] }),
      row({ names: ['a', 'b'], view: 'opcodes' }),
      row({ names: ['a', 'b'], kind: 'counts' }),
      row({ names: ['a', 'b'], kind: 'set' }),
      row({ names: ['a'] }),
      row({ names: ['ab'] }),
      row({ names: [] }),
    ].map(({ group }) => group)
    expect(new Set(groups).size).toBe(groups.length)
  })

  it('refuses a token without a name, and works on afterwards', () => {
    const { trace } = row({ names: ['a', 'b'] })
    const broken = { ...trace, vocabulary: ['a'] }
    expect(() => contentOf(broken)).toThrow(RangeError)
    expect(contentOf({ ...trace }).names).toEqual(['a', 'b'])
  })
})

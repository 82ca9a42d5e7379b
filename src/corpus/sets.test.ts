import { describe, expect, it } from 'vitest'
import { collect, row, stream } from '../../test/corpus-rows.ts'
import { AT_LEAST, asKind, LOOKED_AT, takeSets } from './sets.ts'

const distinct = Array.from({ length: 11 }, (_, i) => `name${i}`)
const many = (count: number, names: readonly string[]) =>
  Array.from({ length: count }, (_, i) => row({ id: String(i), names }))

/** The kinds that come out, and how many traces were looked at when they were taken as sets. */
async function taken(rows: Parameters<typeof stream>[0]) {
  const looks: number[] = []
  const out = await collect(takeSets(stream(rows as ReturnType<typeof many>), (n) => looks.push(n)))
  return { kinds: out.map(({ trace }) => trace.kind), looks, out }
}

describe('takeSets', () => {
  it('takes 50 sequences of 11 tokens without a repeat as sets', async () => {
    const { kinds, looks } = await taken(many(AT_LEAST, distinct))
    expect(new Set(kinds)).toEqual(new Set(['set']))
    expect(looks).toEqual([AT_LEAST])
  })

  it.each([
    ['too few', many(AT_LEAST - 1, distinct)],
    ['too short', many(AT_LEAST, distinct.slice(1))],
    ['one repeats, and be it the last', [...many(LOOKED_AT - 1, distinct), row({ names: ['a', 'b', 'a'] })]],
    ['none at all', []],
  ])('leaves sequences as they are: %s', async (_, rows) => {
    const { looks, out } = await taken(rows)
    expect(out).toEqual(rows)
    expect(looks).toEqual([])
  })

  it('decides by the first 1,000', async () => {
    const rows = [...many(LOOKED_AT, distinct), row({ id: 'late', names: ['a', 'a'] })]
    const { kinds, looks } = await taken(rows)
    expect(new Set(kinds)).toEqual(new Set(['set']))
    expect(looks).toEqual([LOOKED_AT])
  })

  it('lets counts and sets pass', async () => {
    const rows = [row({ kind: 'counts' }), ...many(AT_LEAST, distinct), row({ kind: 'set' })]
    const { out } = await taken(rows)
    expect(out.filter(({ trace }) => trace.kind === 'counts')).toHaveLength(1)
    expect(out).toHaveLength(rows.length)
  })

  it('groups what it reduced again: sets have no order', async () => {
    const [a, b] = [row({ names: ['x', 'y'] }), row({ names: ['y', 'x'] })]
    expect(a.group).not.toBe(b.group)
    expect(asKind(a, 'set').group).toBe(asKind(b, 'set').group)
  })
})

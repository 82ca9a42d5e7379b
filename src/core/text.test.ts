import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { byCodePoint, wellFormed } from './text.ts'

// Lone surrogates included, and often the same beginning.
const anyText = fc.string({
  unit: fc.constantFrom('a', 'é', '\ud800', '\udfff', '\ue000', '\uffff', '\u{10000}'),
})

describe('byCodePoint', () => {
  it('puts what JavaScript holds in two units behind the rest', () => {
    const sorted = ['B', 'ab', 'b', '\uffff', '\u{10000}']
    expect(sorted.toReversed().sort(byCodePoint)).toEqual(sorted)
  })

  it('orders as UTF-8 bytes do', () => {
    fc.assert(
      fc.property(anyText, anyText, (a, b) => {
        const [x, y] = [wellFormed(a), wellFormed(b)]
        expect(Math.sign(byCodePoint(x, y))).toBe(Buffer.compare(Buffer.from(x), Buffer.from(y)))
      }),
      { numRuns: 2000 },
    )
  })
})

describe('wellFormed', () => {
  it('gives what UTF-8 gives back', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        expect(wellFormed(text)).toBe(Buffer.from(text).toString())
      }),
    )
  })
})

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { seededRandom } from '../../core/index.ts'
import { type NgramShape, type NgramText, ngramCounter, TOTALS } from './ngrams.ts'
import { type GramCount, type GramDocument, reference } from './reference.ts'

/** All documents as one text, each in pieces of at most `size` positions. */
function textOf(documents: readonly GramDocument[], size: number, longest: number): NgramText {
  const tokens: number[] = []
  const pieces: number[] = []
  documents.forEach((document, number) => {
    for (let from = 0; from < document.tokens.length; from += size) {
      const end = Math.min(document.tokens.length, from + size + longest - 1)
      pieces.push(number, tokens.length, end - from, Math.min(size, document.tokens.length - from))
      for (let i = from; i < end; i++) tokens.push(document.tokens[i])
    }
  })
  return { tokens: Uint16Array.from(tokens), pieces: Uint32Array.from(pieces) }
}

/** What the kernel tells, n-gram by n-gram, scanning `ranges` ranges of buckets. */
function countFast(
  documents: readonly GramDocument[],
  shape: NgramShape,
  ranges: number,
  least = 1,
  size = 1000,
) {
  const counter = ngramCounter(shape)
  const text = textOf(documents, size, shape.longest)
  counter.count(text)
  const sizes = counter.sizes()
  const found: GramCount[] = []
  const totals = new Float64Array(TOTALS * (3 + shape.classes))
  const step = Math.ceil(sizes.length / ranges)
  for (let from = 0; from < sizes.length; from += step) {
    counter.begin(sizes, from, Math.min(sizes.length, from + step))
    counter.collect(text)
    counter.scan(
      new Uint32Array(TOTALS).fill(least),
      ({ from: shortest, to, documents: n, tokens, cells }) => {
        const pairs = Array.from(
          { length: cells.length / 2 },
          (_, i) => [cells[2 * i], cells[2 * i + 1]] as const,
        )
        expect(pairs.reduce((sum, [, count]) => sum + count, 0)).toBe(n)
        pairs.sort(([a], [b]) => a - b)
        for (let length = shortest; length <= to; length++) {
          found.push({ tokens: [...tokens.subarray(0, length)], cells: pairs })
        }
      },
    )
    counter.totals().forEach((value, i) => {
      totals[i] += value
    })
  }
  return { found: found.sort(byTokens), totals }
}

function byTokens({ tokens: a }: GramCount, { tokens: b }: GramCount): number {
  for (let i = 0; i < Math.min(a.length, b.length); i++) if (a[i] !== b[i]) return a[i] - b[i]
  return a.length - b.length
}

/** Rows of totals from the definition. */
function totalsOf(grams: readonly GramCount[], { classOf, classes }: NgramShape): Float64Array {
  const totals = new Float64Array(TOTALS * (3 + classes))
  for (const { tokens, cells } of grams) {
    const n = cells.reduce((sum, [, count]) => sum + count, 0)
    totals[tokens.length]++
    if (n > 1) totals[TOTALS + tokens.length]++
    totals[2 * TOTALS + tokens.length] += n
    const seen = new Set(cells.map(([cell]) => classOf[cell]))
    for (const each of seen) if (each < classes) totals[TOTALS * (3 + each) + tokens.length]++
  }
  return totals
}

const shapeOf = (documents: readonly GramDocument[], largest: number, longest: number): NgramShape => ({
  largest,
  longest,
  cellOf: Uint32Array.from(documents, ({ cell }) => cell),
  // Two parts of two classes, and rows without a class.
  classOf: Uint32Array.of(0, 1, 0, 1, 2),
  classes: 2,
})

function check(
  documents: readonly GramDocument[],
  largest: number,
  longest: number,
  ranges = 1,
  size = 1000,
) {
  const shape = shapeOf(documents, largest, longest)
  const want = reference(documents, longest)
  const { found, totals } = countFast(documents, shape, ranges, 1, size)
  expect(found).toEqual(want)
  expect(totals).toEqual(totalsOf(want, shape))
}

const documentsOf = (token: fc.Arbitrary<number>, maxLength: number) =>
  fc.array(fc.record({ tokens: fc.array(token, { maxLength }), cell: fc.nat(4) }), { maxLength: 8 })

describe('the n-gram kernel', () => {
  it('counts what the definition counts, whatever the tokens, lengths, pieces and ranges', () => {
    const few = documentsOf(fc.integer({ min: 1, max: 3 }), 40)
    fc.assert(
      fc.property(
        few,
        fc.constantFrom(3, 7, 255, 256, 1000, 4095, 4096, 65535),
        fc.integer({ min: 2, max: 10 }),
        fc.constantFrom(1, 2, 5),
        fc.constantFrom(1, 3, 1000),
        (documents, largest, longest, ranges, size) => {
          // The rare tokens of a large vocabulary, at both of its ends.
          const spread = documents.map(({ tokens, cell }) => ({
            tokens: tokens.map((token) => (token === 3 ? largest : token)),
            cell,
          }))
          check(spread, largest, longest, ranges, size)
        },
      ),
      { numRuns: 200 },
    )
  })

  it.each([3, 200, 1179, 4000, 9000, 65535])('sorts many records of tokens up to %i', (largest) => {
    const random = seededRandom(largest)
    const documents = Array.from({ length: 12 }, (_, i) => ({
      // Common tokens and repeats beside rare ones, as opcodes have them.
      tokens: Array.from({ length: 700 }, (_, j) =>
        random.below(3) > 0 ? 1 + (j % 3) : 1 + random.below(largest),
      ),
      cell: i % 5,
    }))
    check(documents, largest, 10, 3)
  })

  it('tells only of what stands in enough documents', () => {
    const documents = ['1 2 3', '1 2 3 4', '2 3', '1 2'].map((text) => ({
      tokens: text.split(' ').map(Number),
      cell: 0,
    }))
    const shape = shapeOf(documents, 4, 10)
    const { found } = countFast(documents, shape, 1, 3)
    expect(found.map(({ tokens }) => tokens.join(' '))).toEqual(['1 2', '2 3'])
  })

  it('finds nothing in documents without pairs', () => {
    check([], 5, 10)
    check(
      [
        { tokens: [], cell: 0 },
        { tokens: [1], cell: 1 },
      ],
      5,
      10,
    )
  })
})

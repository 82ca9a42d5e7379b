import { seededRandom } from '../src/core/index.ts'
import { type Kind, type Trace, tallySequence } from '../src/samples/index.ts'

/** A trace of tokens that are numbered by a vocabulary. */
export function traceOfTokens(
  vocabulary: readonly string[],
  sequence: Uint32Array,
  { kind = 'sequence', ...given }: Partial<Pick<Trace, 'view' | 'kind' | 'dialect' | 'places'>> = {},
): Trace {
  const tally = tallySequence(sequence, vocabulary.length)
  return {
    view: 'calls',
    kind,
    dialect: 'unknown',
    vocabulary,
    sequence: kind === 'sequence' ? sequence : null,
    tally: kind === 'set' ? { tokens: tally.tokens, counts: null } : tally,
    length: kind === 'set' ? tally.tokens.length : sequence.length,
    places: null,
    ...given,
  }
}

/** A trace of calls that are the words of a text. */
export function traceOf(text: string, kind: Kind = 'sequence'): Trace {
  const words = text.split(' ').filter((word) => word !== '')
  const vocabulary = [...new Set(words)]
  return traceOfTokens(
    vocabulary,
    Uint32Array.from(words, (word) => vocabulary.indexOf(word)),
    { kind },
  )
}

/**
 * Made-up traces of classes that differ in how often they use each of 30 tokens, with every row in its own group and
 * some noise, so that no classifier is perfect.
 */
export function madeUpExamples(rows: number, classes: number, kind: Kind, seed = 1) {
  const random = seededRandom(seed)
  const y = Uint32Array.from({ length: rows }, () => random.below(classes))
  const traces = Array.from(y, (own) => {
    const words = Array.from({ length: 5 + random.below(20) }, () => {
      const token = random.below(3) === 0 ? (own * 7 + random.below(5)) % 30 : random.below(30)
      return `Call${token}`
    })
    return traceOf(words.join(' '), kind)
  })
  const names = Array.from({ length: classes }, (_, k) => `class ${k}`)
  return { traces, y, classes: names, groups: Array.from(y, (_, row) => String(row)) }
}

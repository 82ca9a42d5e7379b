import { reduceTrace } from '../samples/index.ts'
import { traceGroup } from './content.ts'
import type { Row } from './row.ts'

/** Sequence rows that are looked at before a file is taken as sets. */
export const LOOKED_AT = 1000
/** Fewer than these say nothing. */
export const AT_LEAST = 50
/** Traces of this mean length or less may well repeat nothing by chance. */
const MEAN_LENGTH_OVER = 10

/**
 * The rows of one traces file, with sequences taken as sets when they cannot be sequences: some published sets list each
 * name once and in no order. The rule: of the first 1,000 sequences, and at least 50, none repeats a token although they
 * have over 10 tokens in the mean. What is no sequence passes as it is.
 * @param onSets told once, before the first row, when sequences are taken as sets; with the number looked at
 */
export async function* takeSets(
  rows: AsyncIterable<Row>,
  onSets: (lookedAt: number) => void,
): AsyncGenerator<Row> {
  const held: Row[] = []
  let areSets: boolean | null = null
  let tokens = 0
  const decide = (repeats: boolean) => {
    areSets = !repeats && held.length >= AT_LEAST && tokens > held.length * MEAN_LENGTH_OVER
    if (areSets) onSets(held.length)
    return held.splice(0).map((row) => (areSets ? asKind(row, 'set') : row))
  }
  for await (const row of rows) {
    const { sequence } = row.trace
    if (!sequence || areSets === false) yield row
    else if (areSets) yield asKind(row, 'set')
    else {
      held.push(row)
      tokens += sequence.length
      // Sequences repeat sooner or later, most of them in their first trace: then nothing more is held.
      const repeats = new Set(sequence).size < sequence.length
      if (repeats || held.length === LOOKED_AT) yield* decide(repeats)
    }
  }
  if (areSets === null) yield* decide(false)
}

/** The row with a trace that knows less. @throws RangeError when asked for more than is known */
export function asKind(row: Row, kind: Row['trace']['kind']): Row {
  const trace = reduceTrace(row.trace, kind)
  return trace === row.trace ? row : { ...row, trace, group: traceGroup(trace) }
}

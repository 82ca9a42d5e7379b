import { seededRandom } from '../src/core/index.ts'
import type { Row } from '../src/corpus/index.ts'
import { type Kind, UNLABELLED, type View } from '../src/samples/index.ts'
import { traceOfTokens } from './traces.ts'

/** A row in short: its tokens and what is held to be true of it. */
export interface MadeUpRow {
  readonly tokens: string
  readonly malicious?: 0 | 1 | null
  readonly family?: string | null
  readonly view?: View
  readonly kind?: Kind
}

/** A corpus in memory of rows whose tokens are written as one text, apart by spaces. */
export function madeUpRows(
  rows: readonly MadeUpRow[],
  source = 'made-up',
): { rows(view?: View): AsyncGenerator<Row> } {
  const vocabulary: string[] = []
  const whole = rows.map((row, i) => toRow(row, i, source, vocabulary))
  return {
    async *rows(view) {
      for (const row of whole) if (view === undefined || row.trace.view === view) yield row
    },
  }
}

function toRow(
  { tokens, malicious = null, family = null, view = 'calls', kind = 'set' }: MadeUpRow,
  number: number,
  source: string,
  vocabulary: string[],
): Row {
  const names = tokens.split(' ').filter((name) => name !== '')
  for (const name of names) if (!vocabulary.includes(name)) vocabulary.push(name)
  const sequence = Uint32Array.from(names, (name) => vocabulary.indexOf(name))
  const trace = traceOfTokens(vocabulary, sequence, { view, kind, dialect: 'cuckoo-2' })
  return {
    id: `${source}-${number}`,
    source,
    trace,
    label: { ...UNLABELLED, malicious, family },
    state: 'complete',
    group: tokens,
    extra: null,
  }
}

/**
 * Samples that a linear model tells apart nearly always: each has mostly calls of its own class. Every other one is
 * malicious, of one of three families.
 */
export function madeUpSamples(count: number, seed: number): MadeUpRow[] {
  const random = seededRandom(seed)
  return Array.from({ length: count }, (_, i): MadeUpRow => {
    const malicious = i % 2 ? 1 : 0
    const calls = Array.from({ length: 12 }, () => {
      const usual = random.unit() < 0.7
      return `${usual === (malicious === 1) ? 'Bad' : 'Good'}Call${random.below(12)}`
    })
    return { tokens: calls.join(' '), malicious, family: malicious ? `family${i % 3}` : null }
  })
}

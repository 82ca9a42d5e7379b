import { csvLine } from '../core/index.ts'
import type { Outcome, Verdict } from '../samples/index.ts'

const COLUMNS: readonly (readonly [title: string, cell: (verdict: Verdict) => string | number | null])[] = [
  ['path', ({ sample }) => sample.path],
  ['sha256', ({ sample }) => sample.sha256],
  ['view', ({ view }) => view],
  ['verdict', ({ verdict }) => verdict],
  ['probability', ({ probability }) => probability],
  ['family', ({ family }) => family],
  ['category', ({ category }) => category],
  ['state', ({ state }) => state],
  ['tokens', ({ trace }) => trace.tokens],
  ['reasons', ({ reasons }) => reasons.join('; ')],
]

/** The line of titles over `outcomeCsv`. */
export function outcomeCsvTitles(): string {
  return csvLine(COLUMNS.map(([title]) => title))
}

/** A verdict as a line of CSV. Of a failure there is the path, the verdict `error`, and the message as the reason. */
export function outcomeCsv(outcome: Outcome): string {
  if (!('error' in outcome)) return csvLine(COLUMNS.map(([, cell]) => cell(outcome)))
  const known = new Map([
    ['path', outcome.sample.path],
    ['verdict', 'error'],
    ['reasons', outcome.error.message],
  ])
  return csvLine(COLUMNS.map(([title]) => known.get(title) ?? null))
}

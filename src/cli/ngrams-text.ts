import { csvLine } from '../core/index.ts'
import type { BestNgram, NgramTable } from '../pipeline/index.ts'
import { wholeText } from './number-text.ts'
import { printable } from './printable.ts'
import { styled, table } from './table.ts'

/** Classes that have a column for people; JSON and CSV have them all. */
const LISTED = 10
/** Longest class name in a title. */
const NAME_LENGTH = 16

/** Tables of n-grams for people. */
export function ngramsText(tables: readonly NgramTable[], colour: boolean): string {
  return tables.map((each) => tableText(each, colour)).join('\n')
}

function tableText(of: NgramTable, colour: boolean): string {
  const { view, target, documents, tokens, unordered, unlabelled, classes, ngrams, best, bestOverall } = of
  const listed = classes.slice(0, LISTED)
  const classTitles = listed.map(({ name }) => right(printable(name, NAME_LENGTH)))
  const left = [
    unlabelled > 0 && target !== null ? `${wholeText(unlabelled)} without a label` : '',
    unordered > 0 ? `${wholeText(unordered)} rows without order left out` : '',
    classes.length > LISTED ? `${classes.length - LISTED} more classes with --json` : '',
  ]
  const title = `Distinct n-grams of ${view}${target === null ? '' : ` by ${target}`}`
  const about = [`${wholeText(documents)} documents`, `${wholeText(tokens)} tokens`, ...left]
  const counts = table(
    [right('n'), right('unique'), right('in two or more'), ...classTitles],
    ngrams.map(({ n, unique, inTwoOrMore, byClass }) => [
      String(n),
      ...[unique, inTwoOrMore, ...byClass.slice(0, LISTED)].map(wholeText),
    ]),
    colour,
  )
  const parts = [
    `${styled(title, 'bold', colour)}: ${about.filter((part) => part !== '').join(', ')}\n\n${counts}`,
  ]
  const lines = (ngramsOf: readonly BestNgram[]) =>
    ngramsOf.map(({ n, gain, documents: own, ngram }) => [
      String(n),
      gain.toFixed(4),
      ...own.slice(0, LISTED).map(wholeText),
      printable(ngram, 200),
    ])
  const bestTable = (heading: string, rows: readonly (readonly string[])[]) => {
    const columns = [right('n'), right('gain'), ...classTitles, { title: 'n-gram' }]
    parts.push(`${styled(heading, 'bold', colour)}\n\n${table(columns, rows, colour)}`)
  }
  if (bestOverall.length > 0) {
    bestTable('The best of all n, gain in nats, documents by class', lines(bestOverall))
    bestTable(
      'The best of each n',
      best.flatMap((each) => lines(each.ngrams)),
    )
  }
  return parts.join('\n')
}

const right = (title: string) => ({ title, align: 'right' as const })

/** The counts as CSV with a line of titles: for each view, target and n one line of all classes, then one of each. */
export function ngramsCsv(tables: readonly NgramTable[]): string {
  const lines = [csvLine(['view', 'target', 'class', 'n', 'unique', 'inTwoOrMore'])]
  for (const { view, target, classes, ngrams } of tables) {
    for (const { n, unique, inTwoOrMore, byClass } of ngrams) {
      lines.push(csvLine([view, target, null, n, unique, inTwoOrMore]))
      classes.forEach(({ name }, i) => {
        lines.push(csvLine([view, target, name, n, byClass[i], null]))
      })
    }
  }
  return lines.join('')
}

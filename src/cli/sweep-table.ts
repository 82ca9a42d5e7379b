import { bestRange, type NgramRange, rangeName, type Sweep, type SweepCell } from '../evaluation/index.ts'
import { comparisonLine, leftOutNotes } from './evaluation-notes.ts'
import { figure, within } from './figure-text.ts'
import { wholeText } from './number-text.ts'
import { printable } from './printable.ts'
import { styled, table } from './table.ts'

const FIGURES = [
  ['weighted F1', 'weightedF1'],
  ['macro F1', 'macroF1'],
  ['accuracy', 'accuracy'],
] as const

/** A sweep for people: for each figure a table of recipes by n, then the best of each, and what to know. */
export function sweepTable(sweep: Sweep, colour: boolean): string {
  const parts = [
    styled(heading(sweep), 'bold', colour),
    ...FIGURES.map(([title, name]) => figureTable(sweep, title, name, colour)),
    bestTable(sweep, colour),
    sweep.comparisons.map((each) => comparisonLine(each, sweep.rows)).join('\n'),
    notes(sweep)
      .map((note) => styled(note, 'dim', colour))
      .join('\n'),
  ]
  return `${parts
    .filter((part) => part !== '')
    .map((part) => part.trimEnd())
    .join('\n\n')}\n`
}

/** The recipes of a sweep in the order asked for, each with its cells by range. */
export function byRecipe({ cells, ranges }: Sweep): SweepCell[][] {
  return Array.from({ length: cells.length / ranges.length }, (_, i) =>
    cells.slice(i * ranges.length, (i + 1) * ranges.length),
  )
}

function heading({ view, target, settings, rows, groups }: Sweep): string {
  const asked = target === 'malicious' ? 'malicious or benign' : `which ${target}`
  const { folds, select } = settings
  return `${asked}, by n-grams of ${view}: ${wholeText(rows)} rows, ${wholeText(groups)} distinct; ${folds} folds, no input on both sides; the best ${wholeText(select)} n-grams of each training part`
}

function figureTable(
  sweep: Sweep,
  title: string,
  name: (typeof FIGURES)[number][1],
  colour: boolean,
): string {
  const columns = [
    { title },
    ...sweep.ranges.map((range) => ({ title: columnTitle(range), align: 'right' as const })),
  ]
  const lines = byRecipe(sweep).map((cells) => {
    const best = Math.max(...cells.map((cell) => cell[name]))
    const texts = cells.map((cell) => {
      const text = figure(cell[name])
      return cell[name] === best ? styled(text, 'bold', colour) : text
    })
    return [printable(cells[0].recipe), ...texts]
  })
  return table(columns, lines, colour)
}

function columnTitle([from, to]: NgramRange): string {
  return from === to ? `n = ${from}` : `${from}-${to}`
}

function bestTable(sweep: Sweep, colour: boolean): string {
  const right = (title: string) => ({ title, align: 'right' as const })
  const columns = [
    { title: 'best' },
    { title: 'with' },
    ...FIGURES.map(([title]) => right(title)),
    ...(sweep.nested.length > 0 ? [right('n chosen inside: weighted F1'), right('macro F1')] : []),
  ]
  const lines = byRecipe(sweep).map((cells, i) => {
    const best = cells[bestRange(cells)]
    const nested = sweep.nested.length === byRecipe(sweep).length ? sweep.nested[i] : null
    return [
      printable(best.recipe),
      rangeName(best.ngrams),
      ...FIGURES.map(([, name]) => within(best[name], best.intervals[name])),
      ...(nested
        ? [
            within(nested.weightedF1, nested.intervals.weightedF1),
            within(nested.macroF1, nested.intervals.macroF1),
          ]
        : []),
    ]
  })
  return table(columns, lines, colour)
}

function notes(sweep: Sweep): string[] {
  const { ranges, rows, groups, clashingGroups, settings } = sweep
  const found = ['± is half the 95 % interval by bootstrap over distinct inputs.']
  if (ranges.length > 1) {
    found.push(
      `"best" is the best of ${ranges.length} feature sets on these very rows, which flatters a little; so do the comparisons.`,
    )
  }
  if (sweep.nested.length > 0 && ranges.length > 1) {
    found.push('"n chosen inside": each fold takes what did best on a fold inside its training part.')
  }
  if (rows > groups) {
    const clashes = clashingGroups > 0 ? `; inputs with clashing labels: ${wholeText(clashingGroups)}` : ''
    found.push(
      `Rows with the same tokens as another, equally often: ${wholeText(rows - groups)}; they stand in one fold${clashes}.`,
    )
  }
  if (settings.limit > 0) found.push(`Only the first ${wholeText(settings.limit)} tokens were read.`)
  return [...found, ...leftOutNotes({ ...sweep, folds: settings.folds })]
}

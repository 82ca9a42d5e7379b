import { csvLine } from '../core/index.ts'
import type { Interval, Sweep } from '../evaluation/index.ts'

const FIGURES = ['accuracy', 'weightedF1', 'macroF1'] as const

/** A sweep as CSV with a line of titles, one line for each recipe and range of n. */
export function sweepCsv({ cells, settings }: Sweep): string {
  const titles = FIGURES.flatMap((name) => [name, `${name}Low`, `${name}High`])
  const head = ['recipe', 'shortest', 'longest', 'select', 'rows', 'groups', ...titles, 'chosen']
  const lines = cells.map((cell) => {
    const { recipe, ngrams, rows, groups, intervals, chosen } = cell
    const figures = FIGURES.flatMap((name) => [cell[name], ...ends(intervals[name])])
    return csvLine([recipe, ...ngrams, settings.select, rows, groups, ...figures, chosen.join(' ')])
  })
  return [csvLine(head), ...lines].join('')
}

function ends(interval: Interval | null): readonly (number | null)[] {
  return interval ?? [null, null]
}

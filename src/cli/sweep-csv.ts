import type { Sweep, SweepCell } from '../evaluation/index.ts'
import { bounded, type CsvColumn, csvOf } from './csv-columns.ts'

/** A sweep as CSV with a line of titles, one line for each recipe and range of n. */
export function sweepCsv({ cells, settings }: Sweep): string {
  const columns: readonly CsvColumn<SweepCell>[] = [
    ['recipe', (cell) => cell.recipe],
    ['shortest', (cell) => cell.ngrams[0]],
    ['longest', (cell) => cell.ngrams[1]],
    ['select', () => settings.select],
    ['rows', (cell) => cell.rows],
    ['groups', (cell) => cell.groups],
    ...bounded<SweepCell>('accuracy', (cell) => [cell.accuracy, cell.intervals.accuracy]),
    ...bounded<SweepCell>('weightedF1', (cell) => [cell.weightedF1, cell.intervals.weightedF1]),
    ...bounded<SweepCell>('macroF1', (cell) => [cell.macroF1, cell.intervals.macroF1]),
    ['chosen', (cell) => cell.chosen.join(' ')],
  ]
  return csvOf(columns, cells)
}

import { csvLine } from '../core/index.ts'
import type { EvaluationResult, Interval } from '../evaluation/index.ts'

type Cell = string | number | null
type Column = readonly [title: string, cell: (result: EvaluationResult) => Cell]

const COLUMNS: readonly Column[] = [
  ['recipe', (result) => result.recipe],
  ['view', (result) => result.view],
  ['target', (result) => result.target],
  ['rows', (result) => result.rows],
  ['groups', (result) => result.groups],
  ['folds', (result) => result.folds],
  ['seeds', (result) => result.seeds.join(' ')],
  ...bounded('accuracy', (result) => [result.accuracy, result.intervals.accuracy]),
  ...bounded('weightedF1', (result) => [result.weightedF1, result.intervals.weightedF1]),
  ...bounded('macroF1', (result) => [result.macroF1, result.intervals.macroF1]),
  ['accuracySd', (result) => result.sd?.accuracy ?? null],
  ...bounded('auc', (result) => [result.auc, result.intervals.auc]),
  ...bounded('tprAt1Percent', (result) => rate(result, 0)),
  ...bounded('tprAt0.1Percent', (result) => rate(result, 1)),
  ['brier', (result) => result.brier],
  ['calibrationError', (result) => result.calibrationError],
  ['randomSplitAccuracy', (result) => result.randomSplit?.accuracy ?? null],
  ['randomSplitMacroF1', (result) => result.randomSplit?.macroF1 ?? null],
  ['prior', (result) => result.prior?.share ?? null],
  ['precisionAtPrior', (result) => result.prior?.precision ?? null],
  ['seenRows', (result) => result.test?.seen ?? null],
  ['unseenAccuracy', (result) => result.test?.unseen?.accuracy ?? null],
  ['unseenMacroF1', (result) => result.test?.unseen?.macroF1 ?? null],
]

/** Results as CSV with a line of titles, one line for each recipe and view. */
export function evaluationCsv(results: readonly EvaluationResult[]): string {
  const lines = results.map((result) => csvLine(COLUMNS.map(([, cell]) => cell(result))))
  return [csvLine(COLUMNS.map(([title]) => title)), ...lines].join('')
}

type Bounded = readonly [value: number | null, interval: Interval | null]

function bounded(title: string, of: (result: EvaluationResult) => Bounded): Column[] {
  return [
    [title, (result) => of(result)[0]],
    [`${title}Low`, (result) => of(result)[1]?.[0] ?? null],
    [`${title}High`, (result) => of(result)[1]?.[1] ?? null],
  ]
}

function rate({ tpr }: EvaluationResult, which: number): Bounded {
  return [tpr[which]?.truePositiveRate ?? null, tpr[which]?.interval ?? null]
}

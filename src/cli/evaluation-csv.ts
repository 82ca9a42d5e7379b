import type { EvaluationResult } from '../evaluation/index.ts'
import { type Bounded, bounded, type CsvColumn, csvOf } from './csv-columns.ts'

const COLUMNS: readonly CsvColumn<EvaluationResult>[] = [
  ['recipe', (result) => result.recipe],
  ['view', (result) => result.view],
  ['target', (result) => result.target],
  ['rows', (result) => result.rows],
  ['groups', (result) => result.groups],
  ['folds', (result) => result.folds],
  ['seeds', (result) => result.seeds.join(' ')],
  ...bounded<EvaluationResult>('accuracy', (result) => [result.accuracy, result.intervals.accuracy]),
  ...bounded<EvaluationResult>('weightedF1', (result) => [result.weightedF1, result.intervals.weightedF1]),
  ...bounded<EvaluationResult>('macroF1', (result) => [result.macroF1, result.intervals.macroF1]),
  ['accuracySd', (result) => result.sd?.accuracy ?? null],
  ...bounded<EvaluationResult>('auc', (result) => [result.auc, result.intervals.auc]),
  ...bounded<EvaluationResult>('tprAt1Percent', (result) => rate(result, 0)),
  ...bounded<EvaluationResult>('tprAt0.1Percent', (result) => rate(result, 1)),
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
  return csvOf(COLUMNS, results)
}

function rate({ tpr }: EvaluationResult, which: number): Bounded {
  return [tpr[which]?.truePositiveRate ?? null, tpr[which]?.interval ?? null]
}

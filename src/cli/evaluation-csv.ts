import { type EvaluationResult, OVERALL } from '../evaluation/index.ts'
import { type Bounded, bounded, type CsvColumn, csvOf } from './csv-columns.ts'

const COLUMNS: readonly CsvColumn<EvaluationResult>[] = [
  ['recipe', (result) => result.recipe],
  ['view', (result) => result.view],
  ['target', (result) => result.target],
  ['rows', (result) => result.rows],
  ['groups', (result) => result.groups],
  ['folds', (result) => result.folds],
  ['seeds', (result) => result.seeds.join(' ')],
  ...OVERALL.flatMap((name) =>
    bounded<EvaluationResult>(name, (result) => [result[name], result.intervals[name]]),
  ),
  ['accuracySd', (result) => result.sd?.accuracy ?? null],
  ...bounded<EvaluationResult>('auc', (result) => [result.auc, result.intervals.auc]),
  ...bounded<EvaluationResult>('tprAt1Percent', (result) => rate(result, 0)),
  ...bounded<EvaluationResult>('tprAt0.1Percent', (result) => rate(result, 1)),
  ['brier', (result) => result.brier],
  ['calibrationError', (result) => result.calibrationError],
  ['coverageAt10PercentErrors', (result) => result.selective.atError[0].coverage],
  ['coverageAt5PercentErrors', (result) => result.selective.atError[1].coverage],
  ['coverageAt1PercentErrors', (result) => result.selective.atError[2].coverage],
  ['accuracyOnSurest50Percent', (result) => result.selective.atCoverage[0].accuracy],
  ['accuracyOnSurest80Percent', (result) => result.selective.atCoverage[1].accuracy],
  ['accuracyOnSurest90Percent', (result) => result.selective.atCoverage[2].accuracy],
  ['riskArea', (result) => result.selective.riskArea],
  ['randomSplitAccuracy', (result) => result.randomSplit?.accuracy ?? null],
  ['randomSplitMacroF1', (result) => result.randomSplit?.macroF1 ?? null],
  ['prior', (result) => result.prior?.share ?? null],
  ['precisionAtPrior', (result) => result.prior?.precision ?? null],
  ['seenRows', (result) => result.test?.seen ?? null],
  ['unseenAccuracy', (result) => result.test?.unseen?.accuracy ?? null],
  ['unseenMacroF1', (result) => result.test?.unseen?.macroF1 ?? null],
  ['trainings', (result) => result.seconds?.trainings ?? null],
  ['secondsTraining', (result) => result.seconds?.train ?? null],
  ['secondsPerTraining', (result) => result.seconds?.perTraining ?? null],
  ['secondsPer1000Rows', (result) => result.seconds?.per1000Rows ?? null],
]

/** Results as CSV with a line of titles, one line for each recipe and view. */
export function evaluationCsv(results: readonly EvaluationResult[]): string {
  return csvOf(COLUMNS, results)
}

function rate({ tpr }: EvaluationResult, which: number): Bounded {
  return [tpr[which]?.truePositiveRate ?? null, tpr[which]?.interval ?? null]
}

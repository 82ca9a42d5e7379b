export {
  type BootstrapOptions,
  bootstrapIntervals,
  type Difference,
  type Interval,
  pairedDifferences,
} from './bootstrap.ts'
export * from './calibration-error.ts'
export type { Comparison } from './comparison.ts'
export type { SelectiveFigures } from './coverage.ts'
export { type Evaluation, type EvaluationRunner, evaluateRecipes } from './evaluate-recipes.ts'
export * from './figures.ts'
export { type FoldAnswer, type FoldJob, runFoldJob, type TimedScores } from './fold-job.ts'
export {
  chooseView,
  labelledViews,
  type RowSource,
  readGroups,
  readTraces,
  recipeAtKind,
  recipeKind,
} from './labelled-view.ts'
export { type Measurer, measurer } from './measures.ts'
export type { EvaluationRows, EvaluationSettings } from './plan.ts'
export * from './prior.ts'
export * from './ranking.ts'
export type * from './result.ts'
export type { Run, ScoredRows } from './scored-rows.ts'
export type * from './seconds.ts'
export {
  type NestedChoice,
  rangeName,
  type Sweep,
  type SweepCell,
  type SweepRunner,
  sweepNgrams,
} from './sweep.ts'
export { bestRange } from './sweep-figures.ts'
export type { NgramRange, SweepSettings } from './sweep-plan.ts'
export { type ChosenTarget, className, type LeftOut, makeTask, type Task } from './task.ts'

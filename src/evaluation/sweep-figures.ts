import type { OverallFigures } from './figures.ts'
import { type FoldAnswer, predictedClasses } from './fold-job.ts'
import type { ScoredRows } from './scored-rows.ts'
import type { SweepPlan } from './sweep-plan.ts'

/** One recipe's answers of a sweep, by range and fold. */
export interface SweptRecipe {
  readonly name: string
  readonly answers: readonly (readonly FoldAnswer[])[]
}

/** The answers of all folds put together. @param chosen the range to take in each fold */
export function sweptRows(
  { task, folds }: SweepPlan,
  { answers }: SweptRecipe,
  chosen: readonly number[],
  seed: number,
): ScoredRows {
  const classes = task.classes.length
  const predicted = new Uint32Array(task.rows.length)
  const probabilities = new Float64Array(task.rows.length * classes)
  folds.forEach(({ test }, fold) => {
    const answer = answers[chosen[fold]][fold]
    const own = predictedClasses(answer.decisions, classes)
    test.forEach((at, i) => {
      predicted[at] = own[i]
      probabilities.set(answer.probabilities.subarray(i * classes, (i + 1) * classes), at * classes)
    })
  })
  const { y, groups } = task
  return { classes: task.classes, y, clusters: groups, runs: [{ seed, predicted, probabilities }] }
}

/** The place of the largest weighted F1, of equal ones the first. */
export function bestRange(figures: readonly Pick<OverallFigures, 'weightedF1'>[]): number {
  return figures.reduce((best, { weightedF1 }, i) => (weightedF1 > figures[best].weightedF1 ? i : best), 0)
}

/** For each fold the range with the largest weighted F1 inside its training part; null where none was tried there. */
export function nestedRanges({ answers }: SweptRecipe): number[] | null {
  if (answers[0].some(({ innerF1 }) => innerF1 === null)) return null
  return answers[0].map((_, fold) => {
    const inside = answers.map((folds) => folds[fold].innerF1!)
    return inside.indexOf(Math.max(...inside))
  })
}

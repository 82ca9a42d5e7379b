import { randomFolds, stratifiedGroupFolds } from '../corpus/index.ts'
import type { Trainings } from '../features/index.ts'
import { innerFolds, type Recipe } from '../models/index.ts'
import type { View } from '../samples/index.ts'
import type { FoldJob } from './fold-job.ts'
import { countNumbers } from './numbering.ts'
import type { Task } from './task.ts'

/** A job with the places of its test rows among the rows of the task, and what it and its like learn from. */
export interface PlannedJob {
  readonly split: 'grouped' | 'random'
  readonly positions: Uint32Array
  readonly job: FoldJob
  /** Every set of rows that this job or one of the same seed and split learns from. */
  readonly trainings: Trainings
}

/** How to split. */
interface FoldSettings {
  readonly folds: number
  readonly seeds: readonly number[]
  readonly randomSplit: boolean
}

/**
 * The trainings of a cross-validation, seed by seed and fold by fold: under folds that keep groups whole, and where
 * asked for and where it makes a difference, under folds that do not.
 */
export function crossValidationJobs(
  recipe: Recipe,
  view: View,
  task: Task,
  { folds, seeds, randomSplit }: FoldSettings,
): PlannedJob[] {
  const duplicates = countNumbers(task.groups) < task.rows.length
  return seeds.flatMap((seed) => {
    const names = Array.from(task.groups, String)
    const grouped = stratifiedGroupFolds(task.y, names, folds, seed)
    const jobs = foldJobs(recipe, view, task, grouped, folds, seed, 'grouped')
    if (!randomSplit || !duplicates) return jobs
    // Whoever splits at random does not know of groups, so neither do the folds inside the training part.
    const blind = { ...task, groups: Uint32Array.from(task.groups.keys()) }
    const random = randomFolds(task.y, folds, seed)
    return [...jobs, ...foldJobs(recipe, view, blind, random, folds, seed, 'random')]
  })
}

/** The one training of a held-out test. @param first number of the first held-out row */
export function heldOutJob(
  recipe: Recipe,
  view: View,
  learned: Task,
  tested: Task,
  first: number,
  seed: number,
): PlannedJob {
  const { classes, rows, y, groups } = learned
  const test = { rows: tested.rows.map((row) => first + row) }
  const inner = innerFolds(y, Array.from(groups, String), recipe.model.folds, seed)
  const job = { recipe, view, classes, train: { rows, y }, inner, test, seed, threads: 1 }
  const positions = Uint32Array.from(tested.rows.keys())
  return { split: 'grouped', positions, job, trainings: trainingsOf([job]) }
}

function foldJobs(
  recipe: Recipe,
  view: View,
  { classes, rows, y, groups }: Task,
  foldOfRow: Uint32Array,
  folds: number,
  seed: number,
  split: PlannedJob['split'],
): PlannedJob[] {
  const planned = Array.from({ length: folds }, (_, fold) => {
    const all = Uint32Array.from(rows.keys())
    const inside = all.filter((i) => foldOfRow[i] !== fold)
    const positions = all.filter((i) => foldOfRow[i] === fold)
    const pick = (values: Uint32Array) => inside.map((i) => values[i])
    const train = { rows: pick(rows), y: pick(y) }
    return {
      split,
      positions,
      job: {
        recipe,
        view,
        classes,
        train,
        inner: innerFolds(train.y, Array.from(pick(groups), String), recipe.model.folds, seed),
        test: { rows: positions.map((i) => rows[i]) },
        seed,
        threads: 1,
      },
    }
  })
  const trainings = trainingsOf(planned.map(({ job }) => job))
  return planned.map((each) => ({ ...each, trainings }))
}

function trainingsOf(jobs: readonly FoldJob[]): Trainings {
  const sets = jobs.flatMap(({ train, inner }) => [
    train.rows,
    ...inner.map((fold) => fold.train.map((place) => train.rows[place])),
  ])
  const last = Math.max(...jobs.map(({ train }) => train.rows[train.rows.length - 1]))
  const y = new Uint32Array(last + 1)
  for (const { train } of jobs) {
    train.rows.forEach((row, place) => {
      y[row] = train.y[place]
    })
  }
  return { y, classes: jobs[0].classes.length, sets }
}

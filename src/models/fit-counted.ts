import { UsageError } from '../core/index.ts'
import { type Columns, type CountedRows, encodeRows, fitColumns } from '../features/index.ts'
import { type Choice, chooseValue, fitSettings, type InnerFold } from './choose-value.ts'
import type { Model } from './classifier.ts'
import type { ClassifierKind } from './classifier-kind.ts'
import { findClassifier } from './classifiers.ts'
import { fitJobs, type JobOptions, shareMatrix } from './fit-jobs.ts'
import type { Recipe } from './recipe.ts'

/** How to train. The result does not depend on `threads`. */
export interface FitOptions extends JobOptions {
  readonly seed: number
}

/** Labelled rows of what was counted; the other rows are not looked at. */
export interface CountedExamples {
  readonly counted: CountedRows
  /** Numbers of the rows to learn from among those counted, ascending. */
  readonly rows: Uint32Array
  /** Class of each of `rows`, 0 … classes-1. */
  readonly y: Uint32Array
  readonly classes: number
}

/** What was learned from counted rows. */
export interface Fitted {
  readonly columns: Columns
  readonly model: Model
  readonly choice: Choice
}

/**
 * Chooses columns and a value of the grid, calibrates, and learns from all the rows. It sees no other row of what was
 * counted, so that one counting can serve every fold.
 * @param folds inner folds, whose numbers are places in `rows`
 * @throws UsageError where no classifier has the name that the recipe states
 */
export async function fitCounted(
  recipe: Recipe,
  { counted, rows, y, classes }: CountedExamples,
  folds: readonly InnerFold[],
  options: FitOptions,
): Promise<Fitted> {
  const kind = classifierFor(recipe)
  const classOf = new Uint32Array(counted.counts.rows)
  rows.forEach((row, i) => {
    classOf[row] = y[i]
  })
  const inner = folds.map(({ train, test }) => ({
    train: train.map((place) => rows[place]),
    test: test.map((place) => rows[place]),
  }))
  const { grid, own } = recipe.model
  const fits = kind.path ? Math.min(folds.length, kind.path.folds(own)) : folds.length * grid.length
  const jobs = fitJobs(kind, classes, own, fits + 1, options)
  try {
    const choice = await chooseValue(recipe, counted, classOf, classes, inner, options.seed, jobs)
    const columns = fitColumns(recipe.features, counted, rows, classOf, classes)
    const x = shareMatrix(encodeRows(columns, counted.counts, rows))
    const model = await jobs.fit(x, y, fitSettings(recipe, choice.value, options.seed))
    return { columns, model, choice }
  } finally {
    await jobs.close()
  }
}

/** Steps of which long trainings of a recipe count each one, inner folds included; 0 of those that count none. */
export function trainingSteps({ model: { type, grid, own } }: Recipe): number {
  const kind = findClassifier(type)
  return kind?.path ? kind.path.steps(grid, own) * (kind.path.folds(own) + 1) : 0
}

function classifierFor({ model, name }: Recipe): ClassifierKind {
  const kind = findClassifier(model.type)
  if (!kind) throw new UsageError(`recipe ${name}: no model is called ${model.type}`)
  return kind
}

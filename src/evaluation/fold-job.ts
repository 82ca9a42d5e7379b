import { type CountedRows, encodeRows } from '../features/index.ts'
import { calibrate, fitCounted, innerFolds, type Recipe, type Scores } from '../models/index.ts'
import type { View } from '../samples/index.ts'

/**
 * One training and the rows to score with it, as plain data: a worker thread can be given it. Rows are numbered through:
 * all those of the view in the corpus to learn from, then those of the held-out one.
 */
export interface FoldJob {
  readonly recipe: Recipe
  readonly view: View
  readonly classes: readonly string[]
  /** Rows to learn from. */
  readonly train: { readonly rows: Uint32Array; readonly y: Uint32Array; readonly groups: Uint32Array }
  /** Rows to score. */
  readonly test: { readonly rows: Uint32Array }
  readonly seed: number
  /** Threads for the training itself; the scores do not depend on it. */
  readonly threads: number
}

/**
 * Trains on the job's rows and scores the others, both arrays [test rows, classes].
 * @param counted every row of the view, by the recipe's settings: nothing is learned from those that the job does not name
 */
export async function runFoldJob(job: FoldJob, counted: CountedRows): Promise<Scores> {
  const { recipe, train, test, seed, threads } = job
  const present = [...new Set(train.y)].sort((a, b) => a - b)
  const y = train.y.map((c) => present.indexOf(c))
  const folds = innerFolds(y, Array.from(train.groups, String), recipe.model.folds, seed)
  const examples = { counted, rows: train.rows, y, classes: present.length }
  const { columns, model, choice } = await fitCounted(recipe, examples, folds, { seed, threads })
  const decisions = model.decide(encodeRows(columns, counted.counts, test.rows))
  const probabilities = calibrate(choice.calibration, decisions, present.length)
  const spread = (values: Float64Array, missing: number) =>
    spreadColumns(values, present, job.classes.length, missing)
  return {
    decisions: spread(decisions, Number.NEGATIVE_INFINITY),
    probabilities: spread(probabilities, 0),
  }
}

/** Columns of the classes that the training rows had, put where all the classes' columns are. */
function spreadColumns(values: Float64Array, present: readonly number[], classes: number, missing: number) {
  if (present.length === classes) return values
  const rows = values.length / present.length
  const wide = new Float64Array(rows * classes).fill(missing)
  for (let row = 0; row < rows; row++) {
    present.forEach((c, i) => {
      wide[row * classes + c] = values[row * present.length + i]
    })
  }
  return wide
}

/** The class of each row: the one with the largest score, of equal ones the first. @param scores [rows, classes] */
export function predictedClasses(scores: Float64Array, classes: number): Uint32Array {
  return Uint32Array.from({ length: scores.length / classes }, (_, row) => {
    let best = 0
    for (let c = 1; c < classes; c++) {
      if (scores[row * classes + c] > scores[row * classes + best]) best = c
    }
    return best
  })
}

import { type CountedRows, encodeRows } from '../features/index.ts'
import {
  calibrate,
  type Fitted,
  fitCounted,
  type InnerFold,
  type JobOptions,
  type Recipe,
  type Scores,
} from '../models/index.ts'
import type { View } from '../samples/index.ts'
import { confusionMatrix, figures } from './figures.ts'
import type { Clock, JobSeconds } from './seconds.ts'

/**
 * One training and the rows to score with it, as plain data: a worker thread can be given it. Rows are numbered through:
 * all those of the view in the corpus to learn from, then those of the held-out one.
 */
export interface FoldJob {
  readonly recipe: Recipe
  readonly view: View
  readonly classes: readonly string[]
  /** Rows to learn from. */
  readonly train: { readonly rows: Uint32Array; readonly y: Uint32Array }
  /** Folds of the rows to learn from, by their places: to choose from the grid and to calibrate. */
  readonly inner: readonly InnerFold[]
  /** Rows to score. */
  readonly test: { readonly rows: Uint32Array }
  readonly seed: number
  /** Threads for the training itself; the scores do not depend on it. */
  readonly threads: number
}

/** The scores of a job's rows, both [test rows, classes], and how long it took; null where no clock was given. */
export interface TimedScores extends Scores {
  readonly seconds: JobSeconds | null
}

/** What a job answers. */
export interface FoldAnswer extends TimedScores {
  /** The value chosen from the recipe's grid. */
  readonly chosen: number
  /** Weighted F1 of that value on the rows of the inner folds; null where there are none. */
  readonly innerF1: number | null
}

/**
 * Trains on the job's rows and scores the others.
 * @param counted every row of the view, by the recipe's settings: nothing is learned from those that the job does not name
 */
export async function runFoldJob(
  job: FoldJob,
  counted: CountedRows,
  resources: Omit<JobOptions, 'threads'> = {},
  clock?: Clock,
): Promise<FoldAnswer> {
  const { recipe, train, inner, test, seed, threads } = job
  const present = [...new Set(train.y)].sort((a, b) => a - b)
  const y = train.y.map((c) => present.indexOf(c))
  const examples = { counted, rows: train.rows, y, classes: present.length }
  const times = [clock?.() ?? 0]
  const { columns, model, choice } = await fitCounted(recipe, examples, inner, {
    seed,
    threads,
    ...resources,
  })
  times.push(clock?.() ?? 0)
  const decisions = model.decide(encodeRows(columns, counted.counts, test.rows))
  const probabilities = calibrate(choice.calibration, decisions, present.length)
  times.push(clock?.() ?? 0)
  const spread = (values: Float64Array, missing: number) =>
    spreadColumns(values, present, job.classes.length, missing)
  return {
    decisions: spread(decisions, Number.NEGATIVE_INFINITY),
    probabilities: spread(probabilities, 0),
    chosen: choice.value,
    innerF1: innerF1(job, choice),
    seconds: clock ? { train: (times[1] - times[0]) / 1000, score: (times[2] - times[1]) / 1000 } : null,
  }
}

function innerF1({ train, classes }: FoldJob, { tested, decisions }: Fitted['choice']): number | null {
  if (tested.length === 0) return null
  const classOf = new Map(Array.from(train.rows, (row, i) => [row, train.y[i]]))
  const present = [...new Set(train.y)].sort((a, b) => a - b)
  const predicted = predictedClasses(decisions, present.length).map((c) => present[c])
  const y = tested.map((row) => classOf.get(row)!)
  return figures(confusionMatrix(y, predicted, classes.length), classes).weightedF1
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

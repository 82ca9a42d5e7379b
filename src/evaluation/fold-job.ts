import { type Examples, fitRecipe, type Recipe, type Scores } from '../models/index.ts'
import type { Trace, View } from '../samples/index.ts'

/** Which of the two corpora of an evaluation: the one to learn from, or the held-out one. */
export type Side = 'training' | 'held-out'

/** One training and the rows to score with it, as plain data: a worker thread can be given it. */
export interface FoldJob {
  readonly recipe: Recipe
  readonly view: View
  readonly classes: readonly string[]
  /** Rows to learn from, by their number among the training corpus's rows of the view. */
  readonly train: { readonly rows: Uint32Array; readonly y: Uint32Array; readonly groups: Uint32Array }
  /** Rows to score, of either corpus. */
  readonly test: { readonly side: Side; readonly rows: Uint32Array }
  readonly seed: number
  /** Threads for the training itself; the scores do not depend on it. */
  readonly threads: number
}

/** Where a job finds its traces: all of one view, in the corpus's stated order. */
export type TraceSource = (side: Side, view: View) => Promise<readonly Trace[]>

/** Trains on the job's rows and scores the others, both arrays [test rows, classes]. */
export async function runFoldJob(job: FoldJob, traces: TraceSource): Promise<Scores> {
  const training = await traces('training', job.view)
  const tested = job.test.side === 'training' ? training : await traces(job.test.side, job.view)
  const present = [...new Set(job.train.y)].sort((a, b) => a - b)
  const examples: Examples = {
    traces: Array.from(job.train.rows, (row) => training[row]),
    y: job.train.y.map((c) => present.indexOf(c)),
    classes: present.map((c) => job.classes[c]),
    groups: Array.from(job.train.groups, String),
  }
  const trained = await fitRecipe(job.recipe, examples, { seed: job.seed, threads: job.threads })
  const scores = trained.score(Array.from(job.test.rows, (row) => tested[row]))
  const spread = (values: Float64Array, missing: number) =>
    spreadColumns(values, present, job.classes.length, missing)
  return {
    decisions: spread(scores.decisions, Number.NEGATIVE_INFINITY),
    probabilities: spread(scores.probabilities, 0),
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

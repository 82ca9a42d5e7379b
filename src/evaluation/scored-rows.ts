import { numberGroups } from './numbering.ts'

/** What one cross-validation (or one held-out test) answered for every row. */
export interface Run {
  /** Seed of the folds and of the training. */
  readonly seed: number
  /** Predicted class of each row: the one with the largest decision value. */
  readonly predicted: Uint32Array
  /** Calibrated probabilities, [rows, classes]. */
  readonly probabilities: Float64Array
}

/** Rows with their true class and what one or more runs answered for them. */
export interface ScoredRows {
  readonly classes: readonly string[]
  /** True class of each row. */
  readonly y: Uint32Array
  /** Cluster of each row, 0 … clusters-1: rows that look the same to the recipe are not independent and share one. */
  readonly clusters: Uint32Array
  /** At least one. */
  readonly runs: readonly Run[]
}

/** Chosen rows only; clusters are numbered anew in the order of first appearance. */
export function selectScored(scored: ScoredRows, rows: Uint32Array): ScoredRows {
  const classes = scored.classes.length
  return {
    classes: scored.classes,
    y: rows.map((row) => scored.y[row]),
    clusters: numberGroups(Array.from(rows, (row) => scored.clusters[row])),
    runs: scored.runs.map(({ seed, predicted, probabilities }) => {
      const chosen = new Float64Array(rows.length * classes)
      for (let i = 0; i < rows.length; i++) {
        chosen.set(probabilities.subarray(rows[i] * classes, (rows[i] + 1) * classes), i * classes)
      }
      return { seed, predicted: rows.map((row) => predicted[row]), probabilities: chosen }
    }),
  }
}

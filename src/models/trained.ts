import type { Encoder } from '../features/index.ts'
import type { Evidence, Trace } from '../samples/index.ts'
import { type Calibration, calibrate } from './calibration.ts'
import type { Card } from './card.ts'
import type { Model } from './classifier.ts'
import { type ExplainOptions, explain } from './explain.ts'
import type { Recipe } from './recipe.ts'

/** A trained recipe: everything that scoring needs. */
export interface Trained {
  readonly recipe: Recipe
  /** Class names, in the order of the columns of its scores. */
  readonly classes: readonly string[]
  readonly encoder: Encoder
  readonly model: Model
  readonly calibration: Calibration
  readonly card: Card
  /** @throws UsageError for a trace of another view, or of a kind that knows too little */
  score(traces: readonly Trace[]): Scores
  /** The features that carried the decision for class `target`, largest share first, with places. */
  explain(trace: Trace, target: number, options?: ExplainOptions): Evidence[]
}

/** Scores of some traces, both [rows, classes], row by row. */
export interface Scores {
  /** Larger is more likely; the class with the largest is the decision. */
  readonly decisions: Float64Array
  /** Calibrated, each row adds up to 1. */
  readonly probabilities: Float64Array
}

/** A trained recipe of its parts. */
export function makeTrained(
  recipe: Recipe,
  classes: readonly string[],
  encoder: Encoder,
  model: Model,
  calibration: Calibration,
  card: Card,
): Trained {
  return {
    recipe,
    classes,
    encoder,
    model,
    calibration,
    card,
    score(traces) {
      const decisions = model.decide(encoder.encode(traces))
      return { decisions, probabilities: calibrate(calibration, decisions, classes.length) }
    },
    explain: (trace, target, options) => explain(encoder, model, trace, target, options),
  }
}

/** The same model with some fields of its card replaced. */
export function withCard(trained: Trained, card: Partial<Card>): Trained {
  return { ...trained, card: { ...trained.card, ...card } }
}

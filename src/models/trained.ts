import type { Encoder } from '../features/index.ts'
import type { Evidence, Kind, Trace, View } from '../samples/index.ts'
import type { Calibration } from './calibration.ts'
import type { Model } from './classifier.ts'
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
  score(traces: readonly Trace[]): Scores
  /** The features that carried the decision for class `target`, largest share first, with their first places. */
  explain(trace: Trace, target: number, options?: ExplainOptions): Evidence[]
}

/** Scores of some traces, both [rows, classes], row by row. */
export interface Scores {
  /** Larger is more likely; the class with the largest is the decision. */
  readonly decisions: Float64Array
  /** Calibrated, each row adds up to 1. */
  readonly probabilities: Float64Array
}

/** How much evidence to give. */
export interface ExplainOptions {
  /** At most this many features; 10 by default. */
  readonly features?: number
  /** At most this many places of each; 3 by default. */
  readonly places?: number
}

/** What is to be known of a model before it is trusted; stands in the model file as JSON. */
export interface Card {
  readonly name: string
  readonly classes: readonly string[]
  readonly view: View
  /** Dialects and kinds of the training rows, sorted. */
  readonly dialects: readonly string[]
  readonly kinds: readonly Kind[]
  /** Training rows, of each class in order, and their distinct groups. */
  readonly rows: number
  readonly rowsPerClass: readonly number[]
  readonly groups: number
  readonly seed: number
  /** What was chosen inside the training part, and how each choice did there. */
  readonly chosen: {
    readonly value: number
    readonly grid: readonly number[]
    readonly scores: readonly number[]
  }
  /** `Corpus.digest()` of what it was trained on; null when not known. */
  readonly corpus: string | null
  /** Where the data came from and under which terms, for people. */
  readonly source: string | null
  readonly licence: string | null
  /** Figures of the grouped evaluation, as the pipeline writes them; null when there was none. */
  readonly figures: Readonly<Record<string, number>> | null
  /** When the model is to say nothing; null leaves it to the caller. */
  readonly abstention: Readonly<Record<string, number>> | null
}

/** The same model with some fields of its card replaced. */
export function withCard(trained: Trained, card: Partial<Card>): Trained {
  return { ...trained, card: { ...trained.card, ...card } }
}

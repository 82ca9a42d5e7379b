import type { Encoder } from '../features/index.ts'
import type { Evidence, Place, Trace } from '../samples/index.ts'
import { type Calibration, calibrate } from './calibration.ts'
import type { Card } from './card.ts'
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
  /** @throws UsageError for a trace of another view, or of a kind that knows too little */
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
    explain(trace, target, { features = 10, places = 3 } = {}) {
      const x = encoder.encode([trace])
      const { columns, shares } = model.contributions(x, 0, target)
      const order = Array.from(shares, (_, i) => i).filter((i) => shares[i] !== 0)
      order.sort((a, b) => Math.abs(shares[b]) - Math.abs(shares[a]) || a - b)
      const present = new Set(x.indices)
      return order.slice(0, features).map((i) => ({
        feature: encoder.names[columns[i]],
        contribution: shares[i],
        places: encoder.locate(trace, columns[i], places).flatMap((at) => placeOf(trace, at) ?? []),
        ...(present.has(columns[i]) ? {} : { absent: true as const }),
      }))
    },
  }
}

/** The same model with some fields of its card replaced. */
export function withCard(trained: Trained, card: Partial<Card>): Trained {
  return { ...trained, card: { ...trained.card, ...card } }
}

/** Where the token at a position of a sequence stands; null where the source did not say. */
function placeOf({ places }: Trace, at: number): Place | null {
  if (places?.address) return { address: `0x${places.address[at].toString(16)}` }
  if (!places?.call) return null
  const time = places.time ? places.time[at] : Number.NaN
  return {
    process: places.process ? places.process[at] : null,
    pid: null,
    call: places.call[at],
    time: Number.isNaN(time) ? null : time,
  }
}

import type { Encoder } from '../features/index.ts'
import { canonicalNames, type Evidence, type Place, type Trace } from '../samples/index.ts'
import type { Model } from './classifier.ts'

/** How much evidence to give. */
export interface ExplainOptions {
  /** At most this many features; 10 by default. */
  readonly features?: number
  /** At most this many places of each; 3 by default. */
  readonly places?: number
}

/**
 * The features that carried a decision for class `target`, largest share first: columns with their first places, and of
 * models that read sequences the tokens with the places where they did most.
 */
export function explain(
  encoder: Encoder,
  model: Model,
  trace: Trace,
  target: number,
  { features = 10, places = 3 }: ExplainOptions = {},
): Evidence[] {
  const found = [
    ...columnShares(encoder, model, trace, target),
    ...tokenShares(encoder, model, trace, target),
  ]
  // The sort is stable: of equal shares the earlier column goes first.
  found.sort((a, b) => Math.abs(b.share) - Math.abs(a.share))
  return found.slice(0, features).map(({ feature, share, isAbsent, positions }) => ({
    feature,
    contribution: share,
    places: positions(places).flatMap((at) => placeOf(trace, at) ?? []),
    ...(isAbsent ? { absent: true as const } : {}),
  }))
}

/** A feature's share, and how to find where it stands: that takes longer, so only those that are told are looked for. */
interface FeatureShare {
  readonly feature: string
  readonly share: number
  readonly isAbsent: boolean
  /** Positions in `trace.sequence`, at most `most`, ascending. */
  positions(most: number): number[]
}

function columnShares(encoder: Encoder, model: Model, trace: Trace, target: number): FeatureShare[] {
  const x = encoder.encode([trace])
  const { columns, shares } = model.contributions(x, 0, target)
  const present = new Set(x.indices)
  return Array.from(columns.keys())
    .filter((i) => shares[i] !== 0)
    .map((i) => ({
      feature: encoder.names[columns[i]],
      share: shares[i],
      isAbsent: !present.has(columns[i]),
      positions: (most) => encoder.locate(trace, columns[i], most),
    }))
}

/** Shares of the steps of a sequence, those of equal tokens together; they stand where they did most. */
function tokenShares(encoder: Encoder, model: Model, trace: Trace, target: number): FeatureShare[] {
  const shares = model.steps?.(encoder.encode([trace]), 0, target)
  if (!shares || !trace.sequence) return []
  const names = canonicalNames(encoder.view, trace.vocabulary)
  const positions = encoder.positions(trace)
  const stepsOf = new Map<string, number[]>()
  shares.forEach((_, step) => {
    const name = names[trace.sequence![positions[step]]]
    const steps = stepsOf.get(name)
    if (steps) steps.push(step)
    else stepsOf.set(name, [step])
  })
  return [...stepsOf].map(([feature, steps]) => {
    const share = steps.reduce((sum, step) => sum + shares[step], 0)
    const side = share < 0 ? -1 : 1
    return {
      feature,
      share,
      isAbsent: false,
      positions: (most) => {
        const first = steps.toSorted((a, b) => side * (shares[b] - shares[a]) || a - b).slice(0, most)
        return first.sort((a, b) => a - b).map((step) => positions[step])
      },
    }
  })
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

import { type Random, seededRandom } from '../core/index.ts'
import type { Measurer } from './measures.ts'

/** Settings of a bootstrap. */
export interface BootstrapOptions {
  /** 1,000 when absent. */
  readonly resamples?: number
  /** 0 when absent. */
  readonly seed?: number
}

/** A 95 % interval: lowest and highest. */
export type Interval = readonly [low: number, high: number]

/** What a paired comparison says of one measure. */
export interface Difference {
  /** Second minus first. */
  readonly difference: number
  readonly interval: Interval | null
  /** Two-sided: twice the smaller share of resamples on either side of 0, never below 2 / (resamples + 1). */
  readonly p: number
}

const RESAMPLES = 1000
const [LOW, HIGH] = [0.025, 0.975]

/**
 * 95 % percentile intervals of every measure by the cluster bootstrap: whole clusters are drawn with replacement, as many
 * as there are, since the rows of one cluster are not independent (Efron & Tibshirani, "An Introduction to the
 * Bootstrap", 1993, ch. 13; Field & Welsh, "Bootstrapping clustered data", 2007). Null where more than half the
 * resamples have no value.
 */
export function bootstrapIntervals(measurer: Measurer, options: BootstrapOptions = {}): (Interval | null)[] {
  const values = Array.from({ length: measurer.length }, () => [] as number[])
  for (const weights of resamples(measurer.clusters, options)) {
    const vector = measurer.measure(weights)
    for (let i = 0; i < vector.length; i++) values[i].push(vector[i])
  }
  return values.map(percentileInterval)
}

/**
 * Compares two measurers of the same rows in the same clusters: each resample is drawn once and measured by both, so
 * that what makes a resample easy or hard cancels out. @throws RangeError for different clusters
 */
export function pairedDifferences(
  first: Measurer,
  second: Measurer,
  options: BootstrapOptions = {},
): Difference[] {
  if (first.clusters !== second.clusters || first.length !== second.length) {
    throw new RangeError('only measurers of the same clusters and measures can be compared')
  }
  const differences = Array.from({ length: first.length }, () => [] as number[])
  for (const weights of resamples(first.clusters, options)) {
    const [a, b] = [first.measure(weights), second.measure(weights)]
    for (let i = 0; i < a.length; i++) differences[i].push(b[i] - a[i])
  }
  const [a, b] = [first.measure(null), second.measure(null)]
  return differences.map((drawn, i) => ({
    difference: b[i] - a[i],
    interval: percentileInterval(drawn),
    p: twoSided(drawn),
  }))
}

/** How often each cluster is drawn, one resample after another; the array is reused. */
function* resamples(
  clusters: number,
  { resamples: count = RESAMPLES, seed = 0 }: BootstrapOptions,
): Generator<Float64Array> {
  const random = seededRandom(seed)
  const weights = new Float64Array(clusters)
  for (let i = 0; i < count; i++) {
    draw(weights, random)
    yield weights
  }
}

function draw(out: Float64Array, random: Random): void {
  out.fill(0)
  for (let i = 0; i < out.length; i++) out[random.below(out.length)] += 1
}

function percentileInterval(drawn: readonly number[]): Interval | null {
  const known = Float64Array.from(drawn.filter((value) => !Number.isNaN(value))).sort()
  if (known.length * 2 <= drawn.length) return null
  return [quantile(known, LOW), quantile(known, HIGH)]
}

/** The quantile of ascending values, between neighbours in a straight line (type 7 of Hyndman & Fan, 1996). */
export function quantile(sorted: Float64Array, share: number): number {
  const at = (sorted.length - 1) * share
  const below = Math.floor(at)
  const above = Math.min(below + 1, sorted.length - 1)
  return sorted[below] + (sorted[above] - sorted[below]) * (at - below)
}

function twoSided(drawn: readonly number[]): number {
  const known = drawn.filter((value) => !Number.isNaN(value))
  const below = known.filter((value) => value <= 0).length
  const above = known.filter((value) => value >= 0).length
  return Math.min(1, (2 * (Math.min(below, above) + 1)) / (known.length + 1))
}

import { confusionMatrix, figures, OVERALL, PER_CLASS } from './figures.ts'
import { countNumbers } from './numbering.ts'
import { restate } from './prior.ts'
import { estimable, rank, rocAuc, truePositiveRate } from './ranking.ts'
import type { Run, ScoredRows } from './scored-rows.ts'

/** False-positive rates at which the true-positive rate of a two-class recipe is stated. */
export const FALSE_POSITIVE_RATES: readonly number[] = [0.01, 0.001]

/**
 * Computes every measure at once, for the rows as they are or with clusters of them repeated or left out. The vector
 * holds OVERALL, then PER_CLASS class by class, then for two classes the area under the ROC curve, the true-positive
 * rate at each of FALSE_POSITIVE_RATES, and with a prior the restated precision, benign precision and accuracy. Each is
 * the mean over the runs; NaN is what cannot be computed.
 */
export interface Measurer {
  readonly clusters: number
  readonly length: number
  /** @param weights how often each cluster counts, [clusters]; once each when null */
  measure(weights: Float64Array | null): Float64Array
}

/** A measurer of some scored rows. @param prior the user's share of malware, or null */
export function measurer(scored: ScoredRows, prior: number | null = null): Measurer {
  const classes = scored.classes.length
  const clusters = countNumbers(scored.clusters)
  const binary = classes === 2
  const length =
    OVERALL.length +
    PER_CLASS.length * classes +
    (binary ? 1 + FALSE_POSITIVE_RATES.length + (prior === null ? 0 : 3) : 0)
  const cells = scored.runs.map((run) => clusterCells(scored, run, clusters))
  const rankings = binary ? scored.runs.map((run) => rank(positiveScores(run.probabilities))) : []
  const whole = scored.runs.map((run) => confusionMatrix(scored.y, run.predicted, classes))
  const negatives = scored.y.reduce((sum, c) => sum + (c === 0 ? 1 : 0), 0)

  function measure(weights: Float64Array | null): Float64Array {
    const sums = new Float64Array(length)
    const rowWeights = weights && binary ? Float64Array.from(scored.clusters, (c) => weights[c]) : null
    scored.runs.forEach((_, run) => {
      const confusion = weights ? weighted(cells[run], weights, classes * classes) : whole[run]
      let at = addFigures(sums, confusion, scored.classes)
      if (!binary) return
      sums[at++] += rocAuc(rankings[run], scored.y, rowWeights) ?? Number.NaN
      for (const rate of FALSE_POSITIVE_RATES) {
        const value = estimable(rate, negatives)
          ? truePositiveRate(rankings[run], scored.y, rate, rowWeights)
          : null
        sums[at++] += value ?? Number.NaN
      }
      if (prior !== null) addRestated(sums, at, confusion, prior)
    })
    return sums.map((sum) => sum / scored.runs.length)
  }

  return { clusters, length, measure }
}

/** The non-empty cells of each cluster's confusion matrix, in compressed rows. */
interface ClusterCells {
  readonly starts: Uint32Array
  readonly cells: Uint32Array
  readonly counts: Float64Array
}

function clusterCells({ y, clusters, classes }: ScoredRows, run: Run, count: number): ClusterCells {
  const perCluster: Map<number, number>[] = Array.from({ length: count }, () => new Map())
  for (let row = 0; row < y.length; row++) {
    const cell = y[row] * classes.length + run.predicted[row]
    const known = perCluster[clusters[row]]
    known.set(cell, (known.get(cell) ?? 0) + 1)
  }
  const starts = new Uint32Array(count + 1)
  perCluster.forEach((known, c) => {
    starts[c + 1] = starts[c] + known.size
  })
  return {
    starts,
    cells: Uint32Array.from(perCluster.flatMap((known) => [...known.keys()])),
    counts: Float64Array.from(perCluster.flatMap((known) => [...known.values()])),
  }
}

function weighted(
  { starts, cells, counts }: ClusterCells,
  weights: Float64Array,
  size: number,
): Float64Array {
  const confusion = new Float64Array(size)
  for (let cluster = 0; cluster < weights.length; cluster++) {
    if (weights[cluster] === 0) continue
    for (let i = starts[cluster]; i < starts[cluster + 1]; i++) {
      confusion[cells[i]] += weights[cluster] * counts[i]
    }
  }
  return confusion
}

function positiveScores(probabilities: Float64Array): Float64Array {
  return Float64Array.from({ length: probabilities.length / 2 }, (_, row) => probabilities[row * 2 + 1])
}

function addFigures(sums: Float64Array, confusion: Float64Array, names: readonly string[]): number {
  const found = figures(confusion, names)
  let at = 0
  for (const name of OVERALL) sums[at++] += found[name]
  for (const each of found.classes) for (const name of PER_CLASS) sums[at++] += each[name]
  return at
}

function addRestated(sums: Float64Array, at: number, confusion: Float64Array, prior: number): void {
  const [trueNegatives, falsePositives, falseNegatives, truePositives] = confusion
  const benign = trueNegatives + falsePositives
  const malicious = falseNegatives + truePositives
  const restated = restate(prior, truePositives / malicious, falsePositives / benign)
  sums[at] += restated.precision ?? Number.NaN
  sums[at + 1] += restated.benignPrecision ?? Number.NaN
  sums[at + 2] += restated.accuracy
}

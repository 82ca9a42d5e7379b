import type { Kind, View } from '../samples/index.ts'
import { bootstrapIntervals, type Interval } from './bootstrap.ts'
import { brierScore, expectedCalibrationError } from './calibration-error.ts'
import type { SelectiveFigures } from './coverage.ts'
import {
  type ClassFigures,
  confusionMatrix,
  type Figures,
  figures,
  OVERALL,
  type OverallFigures,
  PER_CLASS,
} from './figures.ts'
import { FALSE_POSITIVE_RATES, measurer } from './measures.ts'
import { type Restated, restateProbability } from './prior.ts'
import type { ScoredRows } from './scored-rows.ts'
import type { WorkSeconds } from './seconds.ts'
import type { ChosenTarget, LeftOut } from './task.ts'

/** Probabilities that a table restates for the user's own share of malware. */
const RESTATED_PROBABILITIES: readonly number[] = [0.5, 0.9, 0.99]

/** The true-positive rate at one false-positive rate; null where fewer than ten negatives lie at that rate. */
export interface RateFigure {
  readonly falsePositiveRate: number
  readonly truePositiveRate: number | null
  readonly interval: Interval | null
}

/** 95 % intervals by the bootstrap over groups. */
export interface Intervals extends Readonly<Record<keyof OverallFigures, Interval | null>> {
  readonly auc: Interval | null
  readonly classes: readonly {
    readonly name: string
    readonly precision: Interval | null
    readonly recall: Interval | null
    readonly f1: Interval | null
  }[]
}

/** The figures of the answers on some rows; with several seeds each figure is the mean over them. */
export interface RowFigures extends Figures {
  readonly rows: number
  readonly groups: number
  readonly intervals: Intervals
  /** Rows by true class (down) and predicted class (across), added up over the seeds. */
  readonly confusion: readonly (readonly number[])[]
  /** Area under the ROC curve of the second class; null for more than two classes. */
  readonly auc: number | null
  /** Empty for more than two classes. */
  readonly tpr: readonly RateFigure[]
  readonly brier: number
  readonly calibrationError: number
}

/** Precision for the user's own share of malware, and what the model's probabilities mean there. */
export interface PriorFigures extends Restated {
  readonly precisionInterval: Interval | null
  readonly probabilities: readonly { readonly stated: number; readonly meaning: number }[]
}

/** What an evaluation says of one recipe on one view, as `taxon evaluate --json` prints it. */
export interface EvaluationResult extends RowFigures {
  readonly recipe: string
  readonly view: View
  /** Kinds of the rows learned from, from the one that knows most, and the one at which the recipe looks at all. */
  readonly kinds: readonly Kind[]
  readonly kind: Kind
  readonly target: ChosenTarget
  /** Whether one row of each distinct input was kept. */
  readonly distinct: boolean
  /** Rows whose input another row has too: rows less groups. */
  readonly duplicates: number
  readonly clashingGroups: number
  readonly leftOut: LeftOut
  /** Folds of the cross-validation; null for a held-out test. */
  readonly folds: number | null
  readonly seeds: readonly number[]
  readonly perSeed: readonly (OverallFigures & { readonly seed: number })[]
  /** Standard deviation over the seeds; null for a single seed. */
  readonly sd: OverallFigures | null
  /** What the answers are worth where the least sure are not given. */
  readonly selective: SelectiveFigures
  /** The same for the most probable class: calibration may move a row across one half. */
  readonly byProbability: OverallFigures
  /** The same under folds that ignore groups, for comparison only; null where not asked for. */
  readonly randomSplit: (OverallFigures & { readonly sameAsGrouped: boolean }) | null
  readonly prior: PriorFigures | null
  /** Of a held-out test: what was learned from, and the figures without the rows whose input was learned from. */
  readonly test: HeldOut | null
  /** The one field that is not the same in every run; null where nobody timed the work. */
  readonly seconds: WorkSeconds | null
}

/** The other side of a held-out test. */
export interface HeldOut {
  readonly training: { readonly rows: number; readonly groups: number; readonly leftOut: LeftOut }
  /** Test rows whose input also stands in the training corpus. */
  readonly seen: number
  /** Figures over the other rows; null where there are none. */
  readonly unseen: RowFigures | null
}

/** The user's share of malware and that of the rows learned from, both 0 … 1 exclusive. */
export interface Prior {
  readonly share: number
  readonly trained: number
}

/** Figures and intervals of scored rows, and with a prior those restated for it. */
export function rowFigures(
  scored: ScoredRows,
  prior: Prior | null = null,
): { readonly found: RowFigures; readonly prior: PriorFigures | null } {
  const measures = measurer(scored, prior?.share ?? null)
  const point = measures.measure(null)
  const intervals = bootstrapIntervals(measures)
  const confusion = pooledConfusion(scored)
  const found: RowFigures = {
    rows: scored.y.length,
    groups: measures.clusters,
    ...eachOverall((_, place) => point[place]),
    classes: classFigures(scored, point),
    intervals: namedIntervals(scored, intervals),
    confusion,
    auc: number(point[aucAt(scored)]),
    tpr: rates(scored, point, intervals),
    brier: meanOverRuns(scored, (run) => brierScore(scored.y, run.probabilities, scored.classes.length)),
    calibrationError: meanOverRuns(scored, (run) =>
      expectedCalibrationError(scored.y, run.predicted, run.probabilities, scored.classes.length),
    ),
  }
  return { found, prior: priorFigures(scored, prior, point, intervals) }
}

/** The figures over all classes, of every run. */
export function seedFigures(scored: ScoredRows): (OverallFigures & { readonly seed: number })[] {
  return scored.runs.map((run) => {
    const confusion = confusionMatrix(scored.y, run.predicted, scored.classes.length)
    const { classes: _, ...overall } = figures(confusion, scored.classes)
    return { seed: run.seed, ...overall }
  })
}

/** Mean of each figure. */
export function meanFigures(each: readonly OverallFigures[]): OverallFigures {
  return eachOverall((name) => each.reduce((sum, found) => sum + found[name], 0) / each.length)
}

/** Standard deviation of each figure (divisor n-1); null for fewer than two. */
export function deviations(each: readonly OverallFigures[]): OverallFigures | null {
  if (each.length < 2) return null
  const mean = meanFigures(each)
  return eachOverall((name) => {
    const squares = each.map((found) => (found[name] - mean[name]) * (found[name] - mean[name]))
    return Math.sqrt(squares.reduce((sum, square) => sum + square, 0) / (each.length - 1))
  })
}

function eachOverall<Value>(
  of: (name: keyof OverallFigures, place: number) => Value,
): Record<keyof OverallFigures, Value> {
  return Object.fromEntries(OVERALL.map((name, place) => [name, of(name, place)])) as Record<
    keyof OverallFigures,
    Value
  >
}

/** Where the measures of two classes start in a vector of measures. */
function aucAt({ classes }: ScoredRows): number {
  return OVERALL.length + PER_CLASS.length * classes.length
}

function classFigures({ classes, y }: ScoredRows, point: Float64Array): ClassFigures[] {
  return classes.map((name, c) => {
    const at = OVERALL.length + PER_CLASS.length * c
    const support = y.reduce((sum, each) => sum + (each === c ? 1 : 0), 0)
    return { name, precision: point[at], recall: point[at + 1], f1: point[at + 2], support }
  })
}

function namedIntervals(scored: ScoredRows, intervals: readonly (Interval | null)[]): Intervals {
  return {
    ...eachOverall((_, place) => intervals[place]),
    auc: intervals[aucAt(scored)] ?? null,
    classes: scored.classes.map((name, c) => {
      const at = OVERALL.length + PER_CLASS.length * c
      return { name, precision: intervals[at], recall: intervals[at + 1], f1: intervals[at + 2] }
    }),
  }
}

function rates(
  scored: ScoredRows,
  point: Float64Array,
  intervals: readonly (Interval | null)[],
): RateFigure[] {
  if (scored.classes.length !== 2) return []
  return FALSE_POSITIVE_RATES.map((falsePositiveRate, i) => {
    const at = aucAt(scored) + 1 + i
    return { falsePositiveRate, truePositiveRate: number(point[at]), interval: intervals[at] }
  })
}

function priorFigures(
  scored: ScoredRows,
  prior: Prior | null,
  point: Float64Array,
  intervals: readonly (Interval | null)[],
): PriorFigures | null {
  if (prior === null || scored.classes.length !== 2) return null
  const at = aucAt(scored) + 1 + FALSE_POSITIVE_RATES.length
  return {
    share: prior.share,
    precision: number(point[at]),
    benignPrecision: number(point[at + 1]),
    accuracy: point[at + 2],
    precisionInterval: intervals[at],
    probabilities: RESTATED_PROBABILITIES.map((stated) => ({
      stated,
      meaning: restateProbability(stated, prior.trained, prior.share),
    })),
  }
}

function pooledConfusion({ y, classes, runs }: ScoredRows): number[][] {
  const sums = new Float64Array(classes.length * classes.length)
  for (const run of runs) {
    confusionMatrix(y, run.predicted, classes.length).forEach((n, cell) => {
      sums[cell] += n
    })
  }
  return classes.map((_, c) => [...sums.subarray(c * classes.length, (c + 1) * classes.length)])
}

function meanOverRuns({ runs }: ScoredRows, value: (run: ScoredRows['runs'][number]) => number): number {
  return runs.reduce((sum, run) => sum + value(run), 0) / runs.length
}

function number(value: number | undefined): number | null {
  return value === undefined || Number.isNaN(value) ? null : value
}

import { clustersByKey, UsageError } from '../core/index.ts'
import { stratifiedGroupFolds } from '../corpus/index.ts'
import { countingSettings, type FeatureSettings, seenOfCounts, type Trainings } from '../features/index.ts'
import type { InnerFold, Recipe, Target } from '../models/index.ts'
import type { View } from '../samples/index.ts'
import { type LabelledView, type RowSource, readGroups, recipeKind } from './labelled-view.ts'
import { makeTask, type Task } from './task.ts'

/** Lengths of n-grams that one feature set is made of, shortest and longest. */
export type NgramRange = FeatureSettings['ngrams']

/** What to try, and how; the result depends on nothing else but the recipes and the corpus. */
export interface SweepSettings {
  /** The shortest and the longest n: each is tried alone, then all of them together. */
  readonly ngrams: NgramRange
  /** Columns of each feature set, the best by information gain inside each training part; at least 1. */
  readonly select: number
  /** Read only the first tokens of each trace; 0 reads all. */
  readonly limit: number
  /** 2 or more; from 3 on there is a fold inside each training part to choose on. */
  readonly folds: number
  /** Seed of the folds and the trainings. */
  readonly seed: number
  /** Keep one row of each distinct input. */
  readonly distinct: boolean
  /** The view, where the corpus has both; null where there is one. */
  readonly view: View | null
  /** What to tell apart; null leaves it to the recipes. */
  readonly target: Target | null
}

/** Recipes that read traces in the same way, so that their n-grams are counted once. */
export interface Reading {
  /** Settings of counting and selecting; the n-grams are filled in for each range. */
  readonly settings: FeatureSettings
  /** Places among the recipes of the plan. */
  readonly recipes: readonly number[]
}

/** One fold: places of its rows among those of the task. */
export interface SweepFold {
  readonly train: Uint32Array
  readonly test: Uint32Array
  /** One fold of the training part, by places in `train`: the next fold is tried on, the others are learned from. */
  readonly inner: readonly InnerFold[]
}

/** All that a sweep has to do: each reading, each range, each recipe, each fold. */
export interface SweepPlan {
  readonly view: View
  readonly task: Task
  readonly ranges: readonly NgramRange[]
  /** Those asked for, with the sweep's settings; the n-grams are filled in for each range. */
  readonly recipes: readonly Recipe[]
  readonly readings: readonly Reading[]
  readonly folds: readonly SweepFold[]
  /** Every set of rows that something is learned from. */
  readonly trainings: Trainings
}

/**
 * Plans a sweep. One grouping serves all of it, so that every n is tried on the same folds: rows share a group where they
 * have the same tokens equally often, or the same order of them, as any of the recipes reads them.
 * @throws UsageError for rows, labels or recipes that n-grams cannot be swept over on
 */
export async function planSweep(
  recipes: readonly Recipe[],
  corpus: RowSource,
  view: LabelledView,
  settings: SweepSettings,
  signal?: AbortSignal,
): Promise<SweepPlan> {
  for (const recipe of recipes) {
    const kind = recipeKind(recipe, view)
    if (kind === 'sequence') continue
    throw new UsageError(`recipe ${recipe.name}: looks at ${kind} traces here, and n-grams need sequences`)
  }
  const { distinct, folds, ngrams, limit, select } = settings
  const swept = recipes.map((recipe) => {
    return { ...recipe, features: { ...recipe.features, ngrams, limit, select, pairs: 0 } }
  })
  const groups = await coarseGroups(swept, corpus, view.view, signal)
  const targets = new Set(recipes.map((recipe) => settings.target ?? recipe.target))
  if (targets.size > 1) throw new UsageError('recipes: they tell different things apart, choose a target')
  const [target] = targets
  const task = makeTask(view, groups, { target, distinct, minGroups: folds })
  const foldOf = stratifiedGroupFolds(task.y, Array.from(task.groups, String), folds, settings.seed)
  const planned = Array.from({ length: folds }, (_, fold) => sweepFold(foldOf, fold, folds))
  return {
    view: view.view,
    task,
    ranges: rangesOf(ngrams),
    recipes: swept,
    readings: readingsOf(swept),
    folds: planned,
    trainings: trainingsOf(task, planned, view.labels.length),
  }
}

function rangesOf([from, to]: NgramRange): NgramRange[] {
  const alone = Array.from({ length: to - from + 1 }, (_, i): NgramRange => [from + i, from + i])
  return to > from ? [...alone, [from, to]] : alone
}

function readingsOf(recipes: readonly Recipe[]): Reading[] {
  const readings = new Map<string, { settings: FeatureSettings; recipes: number[] }>()
  recipes.forEach(({ features }, place) => {
    const settings = { ...countingSettings(features), select: features.select }
    const key = JSON.stringify(settings)
    const known = readings.get(key) ?? { settings, recipes: [] }
    known.recipes.push(place)
    readings.set(key, known)
  })
  return [...readings.values()]
}

async function coarseGroups(
  recipes: readonly Recipe[],
  corpus: RowSource,
  view: View,
  signal: AbortSignal | undefined,
): Promise<string[]> {
  // A trace that was cut knows all its single tokens, but the order of the first ones only: both count.
  const ranges: NgramRange[] = [
    [1, 1],
    [2, 2],
  ]
  const looks = new Map(
    recipes.flatMap(({ features }) =>
      ranges.map((ngrams) => {
        const weight = seenOfCounts(features)
        const look: FeatureSettings = { ...countingSettings(features), ngrams, weight }
        return [JSON.stringify(look), { features: look, kind: 'sequence' as const }]
      }),
    ),
  )
  const found = await readGroups(corpus, view, [...looks.values()], signal)
  const keys = found[0].map((_, row) => found.map((groups, look) => `${look} ${groups[row]}`))
  return Array.from(clustersByKey(keys), String)
}

function sweepFold(foldOf: Uint32Array, fold: number, folds: number): SweepFold {
  const all = Uint32Array.from(foldOf.keys())
  const train = all.filter((place) => foldOf[place] !== fold)
  const test = all.filter((place) => foldOf[place] === fold)
  if (folds < 3) return { train, test, inner: [] }
  const next = (fold + 1) % folds
  const places = Uint32Array.from(train.keys())
  const inner = {
    train: places.filter((place) => foldOf[train[place]] !== next),
    test: places.filter((place) => foldOf[train[place]] === next),
  }
  return { train, test, inner: [inner] }
}

function trainingsOf({ rows, y, classes }: Task, folds: readonly SweepFold[], all: number): Trainings {
  const classOf = new Uint32Array(all)
  rows.forEach((row, place) => {
    classOf[row] = y[place]
  })
  const sets = folds.flatMap(({ train, inner }) => [
    train.map((place) => rows[place]),
    ...inner.map((each) => each.train.map((place) => rows[train[place]])),
  ])
  return { y: classOf, classes: classes.length, sets }
}

import { mapOrdered } from '../core/index.ts'
import { type CountedRows, countGrams, selectGrams } from '../features/index.ts'
import { type Recipe, shareMatrix } from '../models/index.ts'
import type { View } from '../samples/index.ts'
import { type Comparison, compareRecipes } from './comparison.ts'
import type { FoldAnswer, FoldJob } from './fold-job.ts'
import { chooseView, labelledViews, type RowSource, readTraces } from './labelled-view.ts'
import { type RowFigures, rowFigures } from './result.ts'
import { bestRange, nestedRanges, type SweptRecipe, sweptRows } from './sweep-figures.ts'
import { type NgramRange, planSweep, type SweepPlan, type SweepSettings } from './sweep-plan.ts'
import { type ChosenTarget, clashingGroups, type LeftOut } from './task.ts'

/** Who does the work of a sweep. */
export interface SweepRunner {
  /** @param counted in memory that threads share */
  runOn(job: FoldJob, counted: CountedRows): Promise<FoldAnswer>
  /** Jobs that may be under way at once. */
  readonly threads: number
  /** @param underWay the training that was done last, or what goes before the first */
  onProgress?(done: number, total: number, underWay: string): void
  readonly signal?: AbortSignal
}

/** One recipe on one feature set. */
export interface SweepCell extends RowFigures {
  readonly recipe: string
  readonly ngrams: NgramRange
  /** The value chosen from the recipe's grid, fold by fold. */
  readonly chosen: readonly number[]
}

/** One recipe on the feature set that did best inside each training part. */
export interface NestedChoice extends RowFigures {
  readonly recipe: string
  /** The feature set of each fold. */
  readonly ngrams: readonly NgramRange[]
}

/** What a sweep says of recipes and lengths of n-grams. */
export interface Sweep {
  readonly view: View
  readonly target: ChosenTarget
  readonly classes: readonly string[]
  readonly settings: SweepSettings
  readonly rows: number
  readonly groups: number
  readonly clashingGroups: number
  readonly leftOut: LeftOut
  /** The feature sets: each n alone, then all of them together. */
  readonly ranges: readonly NgramRange[]
  /** Recipe by recipe in the order asked for, each over all `ranges`. */
  readonly cells: readonly SweepCell[]
  /** Empty where there are too few folds to choose inside. */
  readonly nested: readonly NestedChoice[]
  /** Every other recipe against the best one, each on the feature set that was best for it on these very rows. */
  readonly comparisons: readonly Comparison[]
}

/**
 * Evaluates recipes on n-grams of each length alone and of all together. One count of the corpus serves all folds, and
 * what is learned, the choice of n-grams included, is learned inside the fold; values of a grid are tried on one fold of
 * the training part. Results do not depend on the number of threads.
 * @throws UsageError for rows, labels or recipes that it cannot be done with
 */
export async function sweepNgrams(
  recipes: readonly Recipe[],
  corpus: RowSource,
  settings: SweepSettings,
  runner: SweepRunner,
): Promise<Sweep> {
  const view = chooseView(recipes, await labelledViews(corpus, runner.signal), settings.view)
  const plan = await planSweep(recipes, corpus, view, settings, runner.signal)
  const answers = plan.recipes.map(() => plan.ranges.map((): FoldAnswer[] => []))
  const total = plan.recipes.length * plan.ranges.length * plan.folds.length
  const run = async ({ job, counted, ...at }: Work) => {
    runner.signal?.throwIfAborted()
    return { ...at, answer: await runner.runOn(job, counted) }
  }
  let done = 0
  runner.onProgress?.(0, total, 'choosing n-grams')
  for await (const { recipe, range, fold, answer } of mapOrdered(
    works(plan, corpus, settings, runner),
    run,
    runner.threads * 2,
  )) {
    answers[recipe][range][fold] = answer
    runner.onProgress?.(++done, total, `${plan.recipes[recipe].name} ${rangeName(plan.ranges[range])}`)
  }
  runner.signal?.throwIfAborted()
  return summary(plan, answers, settings)
}

/** A range of lengths for people: `n = 3`, or `n = 1-10` for several together. */
export function rangeName([from, to]: NgramRange): string {
  return from === to ? `n = ${from}` : `n = ${from}-${to}`
}

/** One training: of a recipe, on a range, in a fold. */
interface Work {
  readonly recipe: number
  readonly range: number
  readonly fold: number
  readonly job: FoldJob
  readonly counted: CountedRows
}

/** The trainings, range by range: what one was counted for is let go before the next is counted. */
async function* works(
  plan: SweepPlan,
  corpus: RowSource,
  { seed }: SweepSettings,
  { threads, signal }: SweepRunner,
): AsyncGenerator<Work> {
  const process = plan.readings.some(({ settings }) => settings.process === 'main') ? 'main' : 'merged'
  const traces = await readTraces(corpus, plan.view, signal, process)
  const options = { threads, ...(signal ? { signal } : {}) }
  const selected = []
  for (const { settings } of plan.readings) {
    const { view, trainings, ranges } = plan
    selected.push(await selectGrams(settings, traces, view, 'sequence', trainings, ranges, options))
  }
  for (let range = 0; range < plan.ranges.length; range++) {
    for (const [reading, { recipes }] of plan.readings.entries()) {
      const { kind, counts } = await countGrams(selected[reading][range], traces, options)
      const counted = { kind, counts: shareMatrix(counts) }
      for (const recipe of recipes) {
        for (let fold = 0; fold < plan.folds.length; fold++) {
          yield { recipe, range, fold, job: jobOf(plan, recipe, range, fold, seed), counted }
        }
      }
    }
  }
}

function jobOf(
  { view, task, recipes, ranges, folds }: SweepPlan,
  place: number,
  range: number,
  fold: number,
  seed: number,
): FoldJob {
  const recipe = recipes[place]
  const { train, test, inner } = folds[fold]
  return {
    recipe: { ...recipe, features: { ...recipe.features, ngrams: ranges[range] } },
    view,
    classes: task.classes,
    train: { rows: train.map((at) => task.rows[at]), y: train.map((at) => task.y[at]) },
    inner,
    test: { rows: test.map((at) => task.rows[at]) },
    seed,
    threads: 1,
  }
}

function summary(plan: SweepPlan, answers: readonly FoldAnswer[][][], settings: SweepSettings): Sweep {
  const { task, ranges } = plan
  const swept: SweptRecipe[] = plan.recipes.map(({ name }, i) => ({ name, answers: answers[i] }))
  const figuresOf = (recipe: SweptRecipe, chosen: readonly number[]) =>
    rowFigures(sweptRows(plan, recipe, chosen, settings.seed)).found
  const everywhere = (range: number) => plan.folds.map(() => range)
  const cells = swept.map((recipe) =>
    ranges.map((ngrams, range): SweepCell => {
      const chosen = recipe.answers[range].map((answer) => answer.chosen)
      return { recipe: recipe.name, ngrams, ...figuresOf(recipe, everywhere(range)), chosen }
    }),
  )
  const nested = swept.flatMap((recipe): NestedChoice[] => {
    const chosen = nestedRanges(recipe)
    if (!chosen) return []
    const ngrams = chosen.map((range) => ranges[range])
    return [{ recipe: recipe.name, ngrams, ...figuresOf(recipe, chosen) }]
  })
  const best = cells.map(bestRange)
  const answered = swept.map((recipe, i) => ({
    recipe: recipe.name,
    view: plan.view,
    rows: task.rows,
    scored: sweptRows(plan, recipe, everywhere(best[i]), settings.seed),
    weightedF1: cells[i][best[i]].weightedF1,
  }))
  return {
    view: plan.view,
    target: task.target,
    classes: task.classes,
    settings,
    rows: task.rows.length,
    groups: cells[0][0].groups,
    clashingGroups: clashingGroups(task),
    leftOut: task.leftOut,
    ranges,
    cells: cells.flat(),
    nested,
    comparisons: compareRecipes(answered.sort((a, b) => b.weightedF1 - a.weightedF1)),
  }
}

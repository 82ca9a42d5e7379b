import { rm } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { sha256, writeWhole } from '../core/index.ts'
import { type Corpus, openCorpus } from '../corpus/index.ts'
import type { EvaluationResult, Interval } from '../evaluation/index.ts'
import { fitRecipe, type Recipe, saveModel, type Target, type Trained, withCard } from '../models/index.ts'
import type { View } from '../samples/index.ts'
import { evaluate } from './evaluate.ts'
import { learningTask, taskTraces } from './learning-task.ts'
import type { LoadedModel } from './models.ts'
import { trainingProgress } from './training-progress.ts'

/** How `train` goes about it; every setting has a default. `threads` does not move the result. */
export interface TrainOptions {
  /** 0 by default. */
  readonly seed?: number
  /** Worker threads; all cores by default. */
  readonly threads?: number
  /** The view to learn, where the recipe leaves it open and the corpus has both. */
  readonly view?: View | null
  /** What to tell apart; null leaves it to the recipe. */
  readonly target?: Target | null
  /** Learn from one row of each distinct input. */
  readonly distinct?: boolean
  /** Folds of the evaluation whose figures go on the card; 0 for no evaluation. 5 by default. */
  readonly folds?: number
  /** Name on the card; that of the recipe by default. */
  readonly name?: string
  /** Where the data came from and under which terms, for the card. */
  readonly source?: string | null
  readonly licence?: string | null
  /** Allow networks arithmetic whose last bits differ from processor to processor. */
  readonly fast?: boolean
  /**
   * Folder where networks leave what they have learned after every epoch: the same training then goes on from there. It is
   * removed once the model is written. Beside the model, with `.checkpoint` behind its name, by default; null for none.
   */
  readonly checkpoints?: string | null
  /** Told how many trainings are done, those of the evaluation included. */
  onProgress?(done: number, total: number): void
  readonly signal?: AbortSignal
}

const DEFAULT_FOLDS = 5
/** Classes with fewer distinct inputs are not learned where no evaluation asks for more. */
const MIN_GROUPS = 2

/**
 * Learns a recipe from a whole corpus and writes the model file. The file appears whole or not at all, and the same
 * corpus, recipe and settings give the same bytes.
 * @throws UsageError for rows or labels that the recipe cannot learn from, UnwritableError
 */
export async function train(
  recipe: Recipe,
  folder: string,
  output: string,
  options: TrainOptions = {},
): Promise<LoadedModel> {
  const corpus = await openCorpus(folder)
  const checkpoints = options.checkpoints === undefined ? `${output}.checkpoint` : options.checkpoints
  try {
    const trained = await learn(recipe, corpus, { ...options, checkpoints })
    const bytes = saveModel(trained)
    options.signal?.throwIfAborted()
    await writeWhole(output, [bytes])
    if (checkpoints !== null) await rm(checkpoints, { recursive: true, force: true })
    return { trained, sha256: sha256(bytes) }
  } finally {
    corpus.close()
  }
}

async function learn(recipe: Recipe, corpus: Corpus, options: TrainOptions): Promise<Trained> {
  const { seed = 0, threads = availableParallelism(), folds = DEFAULT_FOLDS, signal } = options
  const { view = null, target = null, distinct = false } = options
  const minGroups = folds === 0 ? MIN_GROUPS : folds
  const learning = await learningTask(recipe, corpus, { view, target, distinct, minGroups }, signal)
  const figures = folds === 0 ? null : await evaluated(recipe, corpus.directory, learning.view, options)
  const traces = await taskTraces(corpus, learning, signal)
  signal?.throwIfAborted()
  const { y, classes, groups } = learning.task
  const examples = { traces, y, classes, groups: Array.from(groups, String) }
  const trainings = folds + 1
  const progress = trainingProgress([recipe], options.onProgress, { done: folds, total: trainings })
  const trained = await fitRecipe(learning.recipe, examples, {
    seed,
    threads,
    progress: progress.counter,
    ...resourcesOf(options),
    ...(signal ? { signal } : {}),
  }).finally(progress.close)
  signal?.throwIfAborted()
  progress.onProgress(trainings, trainings)
  return withCard(trained, {
    name: options.name ?? recipe.name,
    corpus: await corpus.digest(),
    source: options.source ?? null,
    licence: options.licence ?? null,
    figures: figures && cardFigures(figures),
  })
}

function resourcesOf({ fast = false, checkpoints = null }: TrainOptions) {
  return { fast, ...(checkpoints === null ? {} : { checkpoints }) }
}

async function evaluated(recipe: Recipe, folder: string, view: View, options: TrainOptions) {
  const { seed = 0, folds = DEFAULT_FOLDS, threads, signal, onProgress } = options
  const { results } = await evaluate([recipe], folder, {
    folds,
    seeds: [seed],
    view,
    target: options.target ?? null,
    distinct: options.distinct ?? false,
    randomSplit: false,
    ...resourcesOf(options),
    ...(threads === undefined ? {} : { threads }),
    ...(signal ? { signal } : {}),
    // One more than the evaluation takes: the training on the whole corpus comes after it.
    ...(onProgress ? { onProgress: (done: number, total: number) => onProgress(done, total + 1) } : {}),
  })
  return results[0]
}

/** The figures of a cross-validation as they stand on a card. Intervals are their two ends; what is unknown is left out. */
function cardFigures(result: EvaluationResult): Record<string, number> {
  const { accuracy, weightedF1, macroF1, auc, brier, calibrationError, intervals } = result
  const found: Record<string, number> = { folds: result.folds ?? 0, rows: result.rows, groups: result.groups }
  const keep = (name: string, value: number | null, interval: Interval | null) => {
    if (value === null) return
    found[name] = value
    if (interval) [found[`${name}Low`], found[`${name}High`]] = interval
  }
  for (const [name, value] of Object.entries({ accuracy, weightedF1, macroF1, auc })) {
    keep(name, value, intervals[name as 'accuracy' | 'weightedF1' | 'macroF1' | 'auc'])
  }
  for (const { falsePositiveRate, truePositiveRate, interval } of result.tpr) {
    keep(`tprAt${falsePositiveRate}`, truePositiveRate, interval)
  }
  return { ...found, brier, calibrationError }
}

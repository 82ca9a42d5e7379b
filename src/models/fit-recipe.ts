import { UsageError, type WorkerPool, workerPool } from '../core/index.ts'
import { stratifiedGroupFolds } from '../corpus/index.ts'
import {
  type Columns,
  type Counted,
  commonKind,
  commonView,
  countTraces,
  encodeRows,
  encoderOf,
  fitColumns,
  type SparseMatrix,
} from '../features/index.ts'
import type { Trace } from '../samples/index.ts'
import { type Abstention, chooseThresholds } from './abstention.ts'
import { calibrate, fitCalibration, plainCalibration } from './calibration.ts'
import type { Card } from './card.ts'
import { meanLogLoss } from './choice.ts'
import type { Model } from './classifier.ts'
import type { ClassifierKind, FitSettings } from './classifier-kind.ts'
import { findClassifier } from './classifiers.ts'
import { type FitTask, runFitTask } from './fit-task.ts'
import type { Recipe } from './recipe.ts'
import { makeTrained, type Trained } from './trained.ts'

/** Labelled traces to learn from. */
export interface Examples {
  readonly traces: readonly Trace[]
  /** Class of each trace, 0 … classes-1. */
  readonly y: Uint32Array
  readonly classes: readonly string[]
  /** Group of each trace (`groupOf`): inner folds never share one. */
  readonly groups: readonly string[]
}

/** How to train. The result does not depend on `threads`. */
export interface FitOptions {
  readonly seed: number
  /** Threads to spread the inner jobs over; 1 by default. */
  readonly threads?: number
  /** Told after each inner job. */
  onProgress?(done: number, total: number): void
}

/**
 * Trains a recipe: chooses from its grid and calibrates inside `examples`, by folds that share no group, then learns
 * from all of them. @throws UsageError for no examples, or traces that the recipe does not take
 */
export async function fitRecipe(recipe: Recipe, examples: Examples, options: FitOptions): Promise<Trained> {
  const { traces, y, classes, groups } = examples
  const kind = classifierFor(recipe)
  checkTraces(recipe, traces)
  const counted = countTraces(
    recipe.features,
    traces,
    commonView(traces),
    commonKind(recipe.features, traces),
  )
  const folds = innerFolds(y, groups, recipe.model.folds, options.seed)
  const jobs = jobRunner(
    kind,
    options,
    (folds.length * recipe.model.grid.length + 1) * kind.parts(classes.length),
  )
  try {
    const tried = await tryGrid(recipe, counted, y, classes.length, folds, options.seed, jobs)
    const all = Uint32Array.from(y.keys())
    const columns = fitColumns(recipe.features, counted, all, y, classes.length)
    const x = shareMatrix(encodeRows(columns, counted.counts, all))
    const model = await jobs.fit(x, y, classes.length, settingsOf(recipe, tried.value, options.seed))
    const card = describe(recipe, examples, counted, options.seed, tried)
    return makeTrained(recipe, classes, encoderOf(counted, columns), model, tried.calibration, card)
  } finally {
    await jobs.close()
  }
}

function classifierFor({ model, name }: Recipe): ClassifierKind {
  const kind = findClassifier(model.type)
  if (!kind) throw new UsageError(`recipe ${name}: no model is called ${model.type}`)
  return kind
}

function checkTraces(recipe: Recipe, traces: readonly Trace[]): void {
  for (const { view, kind } of traces) {
    if (recipe.view !== 'any' && recipe.view !== view) {
      throw new UsageError(`recipe ${recipe.name}: reads ${recipe.view}, got ${view}`)
    }
    if (!recipe.kinds.includes(kind)) throw new UsageError(`recipe ${recipe.name}: does not take a ${kind}`)
  }
}

function settingsOf({ model }: Recipe, value: number, seed: number): FitSettings {
  return { value, tolerance: model.tolerance, balanced: model.balanced, seed }
}

/** Rows to learn from and rows to try on. */
interface Fold {
  readonly train: Uint32Array
  readonly test: Uint32Array
}

/** As many folds as asked for, or as there are groups; none where only one group or one class is. */
function innerFolds(y: Uint32Array, groups: readonly string[], wanted: number, seed: number): Fold[] {
  const folds = Math.min(wanted, new Set(groups).size)
  if (folds < 2 || new Set(y).size < 2) return []
  // Another seed than the outer folds': with the same one, inner and outer splits would be made of the same draws.
  const foldOf = stratifiedGroupFolds(y, groups, folds, (seed + 1) * 7919)
  const rows = Uint32Array.from(y.keys())
  return Array.from({ length: folds }, (_, fold) => ({
    train: rows.filter((row) => foldOf[row] !== fold),
    test: rows.filter((row) => foldOf[row] === fold),
  }))
}

interface Tried {
  readonly value: number
  readonly scores: readonly number[]
  readonly calibration: ReturnType<typeof plainCalibration>
  /** Decisions of the chosen value on rows it had not seen, [rows, classes]; empty where nothing could be tried. */
  readonly decisions: Float64Array
}

/** Tries every value of the grid on the inner folds; the one with the least log loss is taken, of equals the first. */
async function tryGrid(
  recipe: Recipe,
  counted: Counted,
  y: Uint32Array,
  classes: number,
  folds: readonly Fold[],
  seed: number,
  jobs: Jobs,
): Promise<Tried> {
  const { grid } = recipe.model
  if (folds.length === 0) {
    return {
      value: grid[Math.floor(grid.length / 2)],
      scores: [],
      calibration: plainCalibration(classes),
      decisions: new Float64Array(0),
    }
  }
  const decisions = grid.map(() => new Float64Array(y.length * classes))
  for (const { train, test } of folds) {
    const columns: Columns = fitColumns(recipe.features, counted, train, y, classes)
    const x = shareMatrix(encodeRows(columns, counted.counts, train))
    const tested = encodeRows(columns, counted.counts, test)
    const yTrain = Uint32Array.from(train, (row) => y[row])
    const models = await Promise.all(
      grid.map((value) => jobs.fit(x, yTrain, classes, settingsOf(recipe, value, seed))),
    )
    models.forEach((model, v) => {
      const decided = model.decide(tested)
      test.forEach((row, i) => {
        decisions[v].set(decided.subarray(i * classes, (i + 1) * classes), row * classes)
      })
    })
  }
  const calibrations = decisions.map((each) => fitCalibration(each, y, classes))
  const scores = decisions.map((each, v) => meanLogLoss(calibrations[v], each, y, classes))
  const best = scores.indexOf(Math.min(...scores))
  return { value: grid[best], scores, calibration: calibrations[best], decisions: decisions[best] }
}

/** Runs the parts of fits, here or on worker threads. */
interface Jobs {
  fit(x: SparseMatrix, y: Uint32Array, classes: number, settings: FitSettings): Promise<Model>
  close(): Promise<void>
}

function jobRunner(kind: ClassifierKind, { threads = 1, onProgress }: FitOptions, total: number): Jobs {
  const pool: WorkerPool<FitTask, Float64Array> | null = threads > 1 ? workerPool(WORKER, { threads }) : null
  let matrices = 0
  let done = 0
  const numbers = new WeakMap<SparseMatrix, number>()
  return {
    async fit(x, y, classes, settings) {
      const matrix = numbers.get(x) ?? matrices++
      numbers.set(x, matrix)
      const parts = await Promise.all(
        Array.from({ length: kind.parts(classes) }, async (_, part) => {
          const task = { type: kind.name, matrix, x, y, classes, part, settings }
          const learned = pool ? await pool.run(task) : runFitTask(task)
          onProgress?.(++done, total)
          return learned
        }),
      )
      return kind.join(parts, x.columns, classes)
    },
    close: async () => pool?.close(),
  }
}

// Node 20 cannot load TypeScript in a worker; from source the built file is used.
const WORKER = new URL(
  import.meta.url.endsWith('.ts') ? '../../dist/models/fit-worker.js' : './fit-worker.js',
  import.meta.url,
)

/** The same matrix in memory that threads share. */
function shareMatrix(x: SparseMatrix): SparseMatrix {
  const share = <T extends Uint32Array | Float64Array>(
    array: T,
    make: (buffer: SharedArrayBuffer) => T,
  ): T => {
    const shared = make(new SharedArrayBuffer(array.byteLength))
    shared.set(array)
    return shared
  }
  return {
    ...x,
    starts: share(x.starts, (buffer) => new Uint32Array(buffer)),
    indices: share(x.indices, (buffer) => new Uint32Array(buffer)),
    values: x.values && share(x.values, (buffer) => new Float64Array(buffer)),
  }
}

function describe(
  recipe: Recipe,
  { traces, y, classes, groups }: Examples,
  counted: Counted,
  seed: number,
  tried: Tried,
): Card {
  return {
    name: recipe.name,
    classes,
    view: counted.view,
    dialects: [...new Set(traces.map((trace) => trace.dialect))].sort(),
    kinds: [...new Set(traces.map((trace) => trace.kind))].sort(),
    rows: traces.length,
    rowsPerClass: classes.map((_, k) => y.filter((each) => each === k).length),
    groups: new Set(groups).size,
    seed,
    chosen: { value: tried.value, grid: recipe.model.grid, scores: tried.scores },
    corpus: null,
    source: null,
    licence: null,
    figures: null,
    abstention: abstentionOf(recipe, { traces, y, classes, groups }, tried),
  }
}

/** When the model may speak: as the recipe states it, with thresholds by rows that the model had not seen. */
function abstentionOf(
  { abstain }: Recipe,
  { y, classes, groups }: Examples,
  tried: Tried,
): Abstention | null {
  const malicious = classes.indexOf('malicious')
  if (!abstain || malicious < 0 || tried.decisions.length === 0) return null
  const all = calibrate(tried.calibration, tried.decisions, classes.length)
  const probabilities = Float64Array.from(y, (_, row) => all[row * classes.length + malicious])
  const isMalicious = Uint8Array.from(y, (each) => (each === malicious ? 1 : 0))
  const { minTokens, minKnown } = abstain
  return { minTokens, minKnown, ...chooseThresholds(probabilities, isMalicious, groups, abstain) }
}

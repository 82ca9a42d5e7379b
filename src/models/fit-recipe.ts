import { UsageError } from '../core/index.ts'
import { type Counted, commonKind, commonView, countSelected, encoderOf } from '../features/index.ts'
import type { Trace } from '../samples/index.ts'
import {
  type AbstainSettings,
  type Abstention,
  chooseMinDecision,
  chooseMinProbability,
  chooseThresholds,
  OUTSPOKEN,
} from './abstention.ts'
import { calibrate } from './calibration.ts'
import type { Card } from './card.ts'
import { type Choice, innerFolds } from './choose-value.ts'
import { gridFault } from './classifier-kind.ts'
import { findClassifier } from './classifiers.ts'
import { type FitOptions, fitCounted } from './fit-counted.ts'
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

/**
 * Trains a recipe: chooses from its grid and calibrates inside `examples`, by folds that share no group, then learns
 * from all of them. @throws UsageError for no examples, for traces that the recipe does not take, and for values of its grid
 * that its classifier does not
 */
export async function fitRecipe(recipe: Recipe, examples: Examples, options: FitOptions): Promise<Trained> {
  const { traces, y, classes, groups } = examples
  checkGrid(recipe)
  checkTraces(recipe, traces)
  const all = Uint32Array.from(y.keys())
  const folds = innerFolds(y, groups, recipe.model.folds, options.seed)
  const counted = await countSelected(
    recipe.features,
    traces,
    commonView(traces),
    commonKind(recipe.features, traces),
    { y, classes: classes.length, sets: [all, ...folds.map(({ train }) => train)] },
    options.threads === undefined ? {} : { threads: options.threads },
  )
  const rows = { counted, rows: all, y, classes: classes.length }
  const { columns, model, choice } = await fitCounted(recipe, rows, folds, options)
  const card = describe(recipe, examples, counted, options.seed, choice)
  return makeTrained(recipe, classes, encoderOf(counted, columns), model, choice.calibration, card)
}

function checkGrid({ name, model }: Recipe): void {
  const kind = findClassifier(model.type)
  const fault = kind && gridFault(kind, model.grid)
  if (fault) throw new UsageError(`recipe ${name}: ${kind.gridName} takes ${fault}`)
}

function checkTraces(recipe: Recipe, traces: readonly Trace[]): void {
  for (const { view, kind } of traces) {
    if (recipe.view !== 'any' && recipe.view !== view) {
      throw new UsageError(`recipe ${recipe.name}: reads ${recipe.view}, got ${view}`)
    }
    if (!recipe.kinds.includes(kind)) throw new UsageError(`recipe ${recipe.name}: does not take a ${kind}`)
  }
}

function describe(
  recipe: Recipe,
  { traces, y, classes, groups }: Examples,
  counted: Counted,
  seed: number,
  tried: Choice,
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
  tried: Choice,
): Abstention | null {
  const malicious = classes.indexOf('malicious')
  if (!abstain || tried.decisions.length === 0) return null
  const { minTokens, minKnown } = abstain
  const all = calibrate(tried.calibration, tried.decisions, classes.length)
  if (malicious < 0) {
    const own = tried.tested.map((row) => y[row])
    const tested = Array.from(tried.tested, (row) => groups[row])
    return { ...OUTSPOKEN, minTokens, minKnown, ...namingBounds(abstain, tried, all, own, tested) }
  }
  const probabilities = Float64Array.from(y, (_, row) => all[row * classes.length + malicious])
  const isMalicious = Uint8Array.from(y, (each) => (each === malicious ? 1 : 0))
  return { minTokens, minKnown, ...chooseThresholds(probabilities, isMalicious, groups, abstain) }
}

/**
 * From where on a model names: by the decision what is unlike all classes is left out, then, if the recipe states how many
 * names may be wrong, by the probability what may be of another class.
 * @param probabilities of the rows tried, [rows, classes] @param y class of each, and `groups` its group
 */
function namingBounds(
  { misses, errors }: AbstainSettings,
  { decisions }: Choice,
  probabilities: Float64Array,
  y: Uint32Array,
  groups: readonly string[],
): Pick<Abstention, 'minDecision' | 'minProbability'> {
  const classes = decisions.length / y.length
  const minDecision = chooseMinDecision(decisions, classes, groups, misses)
  if (errors === undefined) return { minDecision }
  const rowOf = (all: Float64Array, row: number) => all.subarray(row * classes, (row + 1) * classes)
  const rows = [...y.keys()].filter((row) => Math.max(...rowOf(decisions, row)) >= minDecision)
  const best = rows.map((row) => Math.max(...rowOf(probabilities, row)))
  const tried = {
    probabilities: best,
    isRight: rows.map((row, i) => rowOf(probabilities, row).indexOf(best[i]) === y[row]),
    groups: rows.map((row) => groups[row]),
  }
  return { minDecision, minProbability: chooseMinProbability(tried, errors) }
}

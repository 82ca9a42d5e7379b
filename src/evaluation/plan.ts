import { UsageError } from '../core/index.ts'
import type { Recipe, Target } from '../models/index.ts'
import type { Kind, View } from '../samples/index.ts'
import { crossValidationJobs, heldOutJob, type PlannedJob } from './fold-plan.ts'
import {
  checkHeldOutKinds,
  type LabelledView,
  labelledViews,
  type RowSource,
  readGroups,
  recipeAtKind,
  recipeKind,
} from './labelled-view.ts'
import { makeTask, makeTestTask, type Task } from './task.ts'

/** How to evaluate; the result depends on nothing else but the recipes and the corpora. */
export interface EvaluationSettings {
  /** 2 or more; not used for a held-out test. */
  readonly folds: number
  /** Seeds of the folds and the trainings, one cross-validation each; at least one. */
  readonly seeds: readonly number[]
  /** Keep one row of each distinct input, as the recipe sees inputs. */
  readonly distinct: boolean
  /** Only this view; every view that the corpus has and the recipe takes when null. */
  readonly view: View | null
  /** What to tell apart; null leaves it to the recipe. */
  readonly target: Target | null
  /** The user's own share of malware, 0 … 1 exclusive; null restates nothing. */
  readonly prior: number | null
  /** Also evaluate under folds that ignore groups. */
  readonly randomSplit: boolean
}

/** The corpora of an evaluation. */
export interface EvaluationRows {
  readonly training: RowSource
  /** Held-out rows to test on; null for cross-validation. */
  readonly heldOut: RowSource | null
}

/** One recipe on one view: the rows, and the trainings that it takes. */
export interface Plan {
  readonly recipe: Recipe
  readonly view: View
  /** Kinds of the rows learned from, from the one that knows most; the recipe is held to the last. */
  readonly kinds: readonly Kind[]
  readonly task: Task
  readonly test: { readonly task: Task; readonly seen: Uint8Array } | null
  readonly jobs: readonly PlannedJob[]
}

/**
 * What has to be done for some recipes, recipe by recipe and view by view.
 * @throws UsageError for rows or labels that a recipe cannot be evaluated on
 */
export async function makePlans(
  recipes: readonly Recipe[],
  { training, heldOut }: EvaluationRows,
  settings: EvaluationSettings,
  signal: AbortSignal | undefined,
): Promise<Plan[]> {
  const views = await labelledViews(training, signal)
  const heldOutViews = heldOut ? await labelledViews(heldOut, signal) : []
  const byRecipe = new Map<Recipe, Plan[]>(recipes.map((recipe) => [recipe, []]))
  for (const view of views) {
    if (settings.view !== null && settings.view !== view.view) continue
    const tested = heldOutViews.find((each) => each.view === view.view) ?? null
    if (heldOut && !tested) continue
    const taking = recipes.filter((recipe) => recipe.view === 'any' || recipe.view === view.view)
    const looks = taking.map((recipe) => ({ features: recipe.features, kind: recipeKind(recipe, view) }))
    for (const [i, recipe] of taking.entries()) if (tested) checkHeldOutKinds(recipe, tested, looks[i].kind)
    const groups = await readGroups(training, view.view, looks, signal)
    const heldOutGroups = heldOut ? await readGroups(heldOut, view.view, looks, signal) : null
    taking.forEach((recipe, i) => {
      const held = recipeAtKind(recipe, looks[i].kind)
      const plan = tested
        ? heldOutPlan(held, view, groups[i], tested, heldOutGroups![i], settings)
        : foldsPlan(held, view, groups[i], settings)
      byRecipe.get(recipe)!.push(plan)
    })
  }
  for (const [recipe, plans] of byRecipe) {
    if (plans.length > 0) continue
    const wanted = settings.view ?? (recipe.view === 'any' ? 'any view' : recipe.view)
    const where = heldOut ? 'the two corpora share no rows of it' : 'the corpus has no rows of it'
    throw new UsageError(`recipe ${recipe.name}: works on ${wanted}, and ${where}`)
  }
  return [...byRecipe.values()].flat()
}

function foldsPlan(
  recipe: Recipe,
  view: LabelledView,
  groups: readonly string[],
  settings: EvaluationSettings,
): Plan {
  const { distinct, folds } = settings
  const target = settings.target ?? recipe.target
  const task = makeTask(view, groups, { target, distinct, minGroups: folds })
  const jobs = crossValidationJobs(recipe, view.view, task, settings)
  return { recipe, view: view.view, kinds: kindsOf(view), task, test: null, jobs }
}

function heldOutPlan(
  recipe: Recipe,
  view: LabelledView,
  groups: readonly string[],
  tested: LabelledView,
  testedGroups: readonly string[],
  settings: EvaluationSettings,
): Plan {
  const target = settings.target ?? recipe.target
  const task = makeTask(view, groups, { target, distinct: settings.distinct, minGroups: 1 })
  const testTask = makeTestTask(tested, testedGroups, task, settings.distinct)
  const known = new Set(Array.from(task.rows, (row) => groups[row]))
  const seen = Uint8Array.from(testTask.rows, (row) => (known.has(testedGroups[row]) ? 1 : 0))
  const jobs = settings.seeds.map((seed) =>
    heldOutJob(recipe, view.view, task, testTask, view.labels.length, seed),
  )
  return { recipe, view: view.view, kinds: kindsOf(view), task, test: { task: testTask, seen }, jobs }
}

function kindsOf({ examples }: LabelledView): Kind[] {
  return examples.map(({ kind }) => kind)
}

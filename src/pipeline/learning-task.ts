import type { Corpus } from '../corpus/index.ts'
import {
  chooseView,
  labelledViews,
  makeTask,
  readGroups,
  readTraces,
  recipeAtKind,
  recipeKind,
  type Task,
} from '../evaluation/index.ts'
import type { Recipe, Target } from '../models/index.ts'
import type { Trace, View } from '../samples/index.ts'

/** What a recipe is to learn from a whole corpus. */
export interface LearningTask {
  /** Held to the kind that all rows of the view have. */
  readonly recipe: Recipe
  readonly view: View
  readonly task: Task
}

/** Which rows a recipe learns from. */
export interface LearningOptions {
  /** The view to take, where the recipe leaves it open and the corpus has both. */
  readonly view: View | null
  /** What to tell apart; null leaves it to the recipe. */
  readonly target: Target | null
  /** Keep one row of each distinct input. */
  readonly distinct: boolean
  /** Classes with fewer distinct inputs are left out. */
  readonly minGroups: number
}

/**
 * The rows of a corpus that a recipe learns from.
 * @throws UsageError where the view is left open, or the recipe cannot learn from the rows or their labels
 */
export async function learningTask(
  recipe: Recipe,
  corpus: Corpus,
  { view: wanted, target, distinct, minGroups }: LearningOptions,
  signal?: AbortSignal,
): Promise<LearningTask> {
  const view = chooseView([recipe], await labelledViews(corpus, signal), wanted)
  const kind = recipeKind(recipe, view)
  const [groups] = await readGroups(corpus, view.view, [{ features: recipe.features, kind }], signal)
  const task = makeTask(view, groups, { target: target ?? recipe.target, distinct, minGroups })
  return { recipe: recipeAtKind(recipe, kind), view: view.view, task }
}

/** The traces of a task's rows, in their order. */
export async function taskTraces(
  corpus: Corpus,
  { recipe, view, task }: LearningTask,
  signal?: AbortSignal,
): Promise<Trace[]> {
  const traces = await readTraces(corpus, view, signal, recipe.features.process)
  return Array.from(task.rows, (row) => traces[row])
}

import type { Trace } from '../samples/index.ts'
import type { Recipe } from './recipe.ts'
import type { Trained } from './trained.ts'

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

/** Trains a recipe: chooses from its grid and calibrates inside `examples`, then learns from all of them. */
export async function fitRecipe(recipe: Recipe, examples: Examples, options: FitOptions): Promise<Trained> {
  throw new Error(`not yet: ${recipe} ${examples} ${options}`)
}

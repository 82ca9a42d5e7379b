import type { OwnSettings } from '../src/models/classifier-kind.ts'
import { findClassifier, type Recipe } from '../src/models/index.ts'

/** Sizes at which made-up rows are learned in a moment, by the names of settings that kinds of networks have. */
const SMALL: Readonly<Record<string, number>> = {
  ...{ members: 1, batch: 16, rate: 0.01, horizon: 20 },
  ...{ networks: 2, trees: 48, rounds: 20 },
  ...{ maps1: 8, maps2: 8, units: 8, hidden: 16, embedding: 8 },
}

/** The own settings of a kind of network, small enough for a test. */
export function quickSettings(own: OwnSettings): OwnSettings {
  return Object.fromEntries(Object.entries(own).map(([name, value]) => [name, SMALL[name] ?? value]))
}

/** The value of the grid at which such a network is tried: the most epochs, or the largest share of a blend. */
export function quickValue(grid: readonly number[]): number {
  return Math.min(20, Math.max(...grid))
}

/** A recipe with a network small enough for a test; others stay as they are. */
export function quickRecipe(recipe: Recipe): Recipe {
  const { type, own } = recipe.model
  if (!findClassifier(type)?.path) return recipe
  return {
    ...recipe,
    model: { ...recipe.model, grid: [quickValue(recipe.model.grid)], own: quickSettings(own) },
  }
}

import type { ModelSettings } from './recipe.ts'

/** Model settings that a recipe need not state. */
export const DEFAULT_MODEL: Omit<ModelSettings, 'type' | 'grid'> = {
  tolerance: 0.01,
  balanced: false,
  folds: 5,
  own: {},
}

import { DEFAULT_FEATURES } from '../features/index.ts'
import type { ModelSettings } from './recipe.ts'

/** Model settings that a recipe need not state. */
export const DEFAULT_MODEL: Omit<ModelSettings, 'type' | 'grid'> = {
  tolerance: 0.01,
  balanced: false,
  folds: 5,
  own: {},
}

/**
 * How recipes for any corpus look at a sequence: logarithms of how often each n-gram stands in its first 1,000 tokens, of
 * which no more than two in a row are alike; of counts single tokens, of sets their presence.
 */
export const LOG_COUNTS = {
  ...DEFAULT_FEATURES,
  ngrams: [1, 3],
  weight: 'log-count',
  collapse: 2,
  limit: 1000,
  minDocuments: 2,
} as const

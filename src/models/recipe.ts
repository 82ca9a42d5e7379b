import type { FeatureSettings } from '../features/index.ts'
import type { Kind, View } from '../samples/index.ts'
import type { AbstainSettings } from './abstention.ts'
import type { OwnSettings } from './classifier-kind.ts'

/** What a model learns to tell: one label, or `auto`: malicious where both occur in the corpus, else the family. */
export type Target = 'malicious' | 'family' | 'category' | 'auto'

/** View, features, model and settings: all that training needs beside a corpus. */
export interface Recipe {
  readonly name: string
  /** One line for people. */
  readonly summary: string
  readonly view: View | 'any'
  /** Kinds of trace it takes; others are refused. */
  readonly kinds: readonly Kind[]
  readonly target: Target
  readonly features: FeatureSettings
  readonly model: ModelSettings
  /** When a detector may speak; null where half the tokens are known. */
  readonly abstain: AbstainSettings | null
}

/** The classifier and its settings. */
export interface ModelSettings {
  /** Name of a `ClassifierKind`. */
  readonly type: string
  /** Values to choose from inside the training part: C of the SVM, smoothing of naive Bayes. Tried in order, until one is no better than that before it. */
  readonly grid: readonly number[]
  /** Stopping tolerance of the SVM's solver. */
  readonly tolerance: number
  /** Whether classes weigh the same whatever their rows. */
  readonly balanced: boolean
  /** Inner folds for choosing from `grid` and for calibration; 0 for neither: the grid then has one value. */
  readonly folds: number
  /** The settings that only this type of model has, every one it declares. */
  readonly own: OwnSettings
}

import type { SparseMatrix } from '../features/index.ts'
import type { Classifier, Model, Tensor } from './classifier.ts'

/** Settings of one fit. */
export interface FitSettings {
  /** The value tried from the recipe's grid: C of the SVM, smoothing of naive Bayes. */
  readonly value: number
  readonly tolerance: number
  readonly balanced: boolean
  readonly seed: number
}

/** A kind of classifier as recipes and model files name it. Its fit splits into parts that threads may share. */
export interface ClassifierKind {
  readonly name: string
  /** What a recipe calls the values of its grid. */
  readonly gridName: string
  readonly defaultGrid: readonly number[]
  /** Number of independent parts of a fit. */
  parts(classes: number): number
  /** Learns one part; the result depends on nothing but the arguments. */
  fitPart(x: SparseMatrix, y: Uint32Array, classes: number, part: number, settings: FitSettings): Float64Array
  /** The model of all parts, in order. */
  join(parts: readonly Float64Array[], columns: number, classes: number): Model
  /** The model of the tensors that it wrote; null when they do not fit. The caller has checked that every number is finite. */
  load(tensors: Readonly<Record<string, Tensor>>, columns: number, classes: number): Model | null
}

/** A kind with its settings, as one classifier. */
export function classifierOf(kind: ClassifierKind, settings: FitSettings): Classifier {
  return {
    name: kind.name,
    fit(x, y, classes) {
      const parts = Array.from({ length: kind.parts(classes) }, (_, part) =>
        kind.fitPart(x, y, classes, part, settings),
      )
      return kind.join(parts, x.columns, classes)
    },
  }
}

import type { SparseMatrix } from '../features/index.ts'
import type { CalibrationKind } from './calibration.ts'
import type { Classifier, Model, Tensor } from './classifier.ts'

/** Settings of one fit. */
export interface FitSettings {
  /** The value tried from the recipe's grid: C of the SVM, smoothing of naive Bayes. */
  readonly value: number
  readonly tolerance: number
  readonly balanced: boolean
  readonly seed: number
  /** The kind's own settings, every one that it declares; a flag is 0 or 1. */
  readonly own: OwnSettings
}

/** Values of a kind's own settings by their names. */
export type OwnSettings = Readonly<Record<string, number>>

/** A setting that one kind of classifier has beside those of all; a recipe states it in `[model]`. */
export interface KindSetting {
  readonly name: string
  /** `flag` is true or false in a recipe, 1 or 0 in `OwnSettings`. */
  readonly type: 'number' | 'whole' | 'flag'
  readonly otherwise: number
  readonly least: number
  readonly most: number
}

/** A kind of classifier as recipes and model files name it. Its fit splits into parts that threads may share. */
export interface ClassifierKind {
  readonly name: string
  /** What a recipe calls the values of its grid. */
  readonly gridName: string
  readonly defaultGrid: readonly number[]
  /** What the values of its grid may be; any positive number where it is not stated. */
  readonly gridRange?: Pick<KindSetting, 'type' | 'least' | 'most'>
  /** Whether it learns from `x.sequences`, which a recipe for it then has to give. */
  readonly readsSequences?: boolean
  /** What else a recipe may state for it; none for most. */
  readonly settings: readonly KindSetting[]
  /** Makes probabilities of its leads where no rows were left to calibrate by; 1, for log odds, where it is not stated. */
  readonly plainSlope?: number
  /** How its decisions become probabilities; by sigmoids where it is not stated. */
  readonly calibration?: CalibrationKind
  /** Where one training passes through all values of the grid; none for most. */
  readonly path?: ClassifierPath
  /** Number of independent parts of a fit. */
  parts(classes: number, own: OwnSettings): number
  /** Learns one part; the result depends on nothing but the arguments before `resources`. */
  fitPart(
    x: SparseMatrix,
    y: Uint32Array,
    classes: number,
    part: number,
    settings: FitSettings,
    resources?: FitResources,
  ): Float64Array
  /** The model of all parts, in order, learned from these rows with these settings. */
  join(parts: readonly Float64Array[], x: SparseMatrix, classes: number, settings: FitSettings): Model
  /**
   * The model of the tensors that it wrote; null when they do not fit. The caller has checked that every number is finite.
   * @param vocabulary distinct ids of the rows' sequences; 0, or nothing, where rows have none
   * @param own the kind's own settings, as the recipe states them
   */
  load(
    tensors: Readonly<Record<string, Tensor>>,
    columns: number,
    classes: number,
    vocabulary?: number,
    own?: OwnSettings,
  ): Model | null
}

/** A kind of classifier whose one training passes through all values of the grid, as a network's through its epochs. */
export interface ClassifierPath {
  /** How many of the inner folds are tried; each is a training of its own. */
  folds(own: OwnSettings): number
  /** Steps that one training counts in `FitResources.progress`, at most. */
  steps(grid: readonly number[], own: OwnSettings): number
  /** What one part says of rows that it does not learn from, for `joinDecisions` to make decisions of. */
  decidePart(
    x: SparseMatrix,
    y: Uint32Array,
    classes: number,
    part: number,
    settings: FitSettings,
    tried: TriedRows,
    resources?: FitResources,
  ): Float64Array
  /** Decisions of all parts together at each value, [values, rows, classes]. */
  joinDecisions(
    parts: readonly Float64Array[],
    tried: TriedRows,
    classes: number,
    own: OwnSettings,
  ): Float64Array
}

/** Rows to try the values of a grid on. */
export interface TriedRows {
  /** Ascending. */
  readonly values: readonly number[]
  readonly x: SparseMatrix
  readonly y: Uint32Array
}

/** What a fit may use; nothing here but `fast` moves the result. */
export interface FitResources {
  /** Threads that one part may use; 1 when absent. */
  readonly threads?: number
  /** Allow arithmetic whose last bits differ from processor to processor. */
  readonly fast?: boolean
  /** Folder where long trainings leave what they have, to go on from there; none when absent. */
  readonly checkpoints?: string
  /** One word that counts the steps that long trainings have done, on whatever thread. */
  readonly progress?: Int32Array
}

/** The values that a kind's own settings have where a recipe says nothing. */
export function ownDefaults({ settings }: Pick<ClassifierKind, 'settings'>): OwnSettings {
  return Object.fromEntries(settings.map(({ name, otherwise }) => [name, otherwise]))
}

/** What the values of a kind's grid have to be, where some of these are not. */
export function gridFault(
  { gridRange = { type: 'number', least: 1e-9, most: 1e9 } }: Pick<ClassifierKind, 'gridRange'>,
  grid: readonly number[],
): string | null {
  const { type, least, most } = gridRange
  const isRight = (value: number) =>
    value >= least && value <= most && (type !== 'whole' || Number.isInteger(value))
  if (grid.length > 0 && grid.every(isRight)) return null
  return `${type === 'whole' ? 'whole numbers' : 'numbers'} from ${least} to ${most}`
}

/** A kind with its settings, as one classifier. */
export function classifierOf(kind: ClassifierKind, settings: FitSettings): Classifier {
  return {
    name: kind.name,
    fit(x, y, classes) {
      const parts = Array.from({ length: kind.parts(classes, settings.own) }, (_, part) =>
        kind.fitPart(x, y, classes, part, settings),
      )
      return kind.join(parts, x, classes, settings)
    },
  }
}

/** How well one class was found. A ratio whose denominator is 0 is 0, as in scikit-learn. */
export interface ClassFigures {
  readonly name: string
  /** Share of the rows called this class that are of it. */
  readonly precision: number
  /** Share of the rows of this class that were called so. */
  readonly recall: number
  /** Harmonic mean of precision and recall. */
  readonly f1: number
  /** Rows of this class. */
  readonly support: number
}

/** Measures of one class, in their order in a vector of measures. */
export const PER_CLASS = ['precision', 'recall', 'f1'] as const

/** Measures over all classes, in their order in a vector of measures. */
export const OVERALL = [
  'accuracy',
  'weightedPrecision',
  'weightedRecall',
  'weightedF1',
  'macroPrecision',
  'macroRecall',
  'macroF1',
] as const

/**
 * The measures over all classes, each 0 … 1: the share of rows answered rightly, then the means of the classes' precision,
 * recall and F1. A weighted mean weighs each class by its rows, so that weighted recall is the accuracy by another name; a
 * macro mean is plain, over the classes that occur in truth or prediction.
 */
export type OverallFigures = Readonly<Record<(typeof OVERALL)[number], number>>

/** The figures that a confusion matrix gives. */
export interface Figures extends OverallFigures {
  readonly classes: readonly ClassFigures[]
}

/** Rows by true class (down) and predicted class (across), [classes, classes]. */
export function confusionMatrix(y: Uint32Array, predicted: Uint32Array, classes: number): Float64Array {
  const cells = new Float64Array(classes * classes)
  for (let row = 0; row < y.length; row++) cells[y[row] * classes + predicted[row]] += 1
  return cells
}

/** Accuracy, F1 and the rest from a confusion matrix, whose cells may be weighted sums. */
export function figures(confusion: Float64Array, names: readonly string[]): Figures {
  const classes = names.length
  const perClass: ClassFigures[] = []
  const weighted = { precision: 0, f1: 0 }
  const macro = { precision: 0, recall: 0, f1: 0 }
  let total = 0
  let hits = 0
  let occurring = 0
  for (let c = 0; c < classes; c++) {
    let support = 0
    let called = 0
    for (let k = 0; k < classes; k++) {
      support += confusion[c * classes + k]
      called += confusion[k * classes + c]
    }
    const hit = confusion[c * classes + c]
    const found = {
      precision: ratio(hit, called),
      recall: ratio(hit, support),
      f1: ratio(2 * hit, support + called),
    }
    perClass.push({ name: names[c], ...found, support })
    weighted.precision += found.precision * support
    weighted.f1 += found.f1 * support
    for (const name of PER_CLASS) macro[name] += found[name]
    total += support
    hits += hit
    if (support + called > 0) occurring += 1
  }
  return {
    accuracy: ratio(hits, total),
    weightedPrecision: ratio(weighted.precision, total),
    weightedRecall: ratio(hits, total), // each class's recall times its rows is its hits
    weightedF1: ratio(weighted.f1, total),
    macroPrecision: ratio(macro.precision, occurring),
    macroRecall: ratio(macro.recall, occurring),
    macroF1: ratio(macro.f1, occurring),
    classes: perClass,
  }
}

function ratio(part: number, whole: number): number {
  return whole > 0 ? part / whole : 0
}

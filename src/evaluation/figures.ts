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

/** The figures that a confusion matrix gives, each 0 … 1. */
export interface Figures {
  readonly accuracy: number
  /** Mean of the classes' F1, weighted by their rows. */
  readonly weightedF1: number
  /** Plain mean of the classes' F1 over the classes that occur in truth or prediction. */
  readonly macroF1: number
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
  let total = 0
  let hits = 0
  let weighted = 0
  let macro = 0
  let occurring = 0
  for (let c = 0; c < classes; c++) {
    let support = 0
    let called = 0
    for (let k = 0; k < classes; k++) {
      support += confusion[c * classes + k]
      called += confusion[k * classes + c]
    }
    const hit = confusion[c * classes + c]
    const f1 = ratio(2 * hit, support + called)
    perClass.push({ name: names[c], precision: ratio(hit, called), recall: ratio(hit, support), f1, support })
    total += support
    hits += hit
    weighted += f1 * support
    macro += f1
    if (support + called > 0) occurring += 1
  }
  return {
    accuracy: ratio(hits, total),
    weightedF1: ratio(weighted, total),
    macroF1: ratio(macro, occurring),
    classes: perClass,
  }
}

function ratio(part: number, whole: number): number {
  return whole > 0 ? part / whole : 0
}

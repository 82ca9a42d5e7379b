/** Turns decision values into probabilities: one sigmoid a class, on its lead over its best rival. */
export interface Calibration {
  /** P(class k) before rows are made to add up to 1 is 1 / (1 + e^(slopes[k]·lead + offsets[k])); one pair serves two classes. */
  readonly slopes: Float64Array
  readonly offsets: Float64Array
}

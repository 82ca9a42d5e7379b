import type { SparseMatrix } from '../features/index.ts'

/** Learns to tell classes apart. A new one is one file and one line in `classifiers.ts`. */
export interface Classifier<Input = SparseMatrix> {
  /** Name used in recipes and model files, e.g. `linear-svm`. */
  readonly name: string
  /** Learns from labelled rows and never modifies them. @param y class of each row, 0 … classes-1 */
  fit(x: Input, y: Uint32Array, classes: number): Model<Input>
}

/** What a classifier has learned. It cannot be half-trained: only `fit` or a checked model file makes one. */
export interface Model<Input = SparseMatrix> {
  /** Name of the classifier that made it. */
  readonly name: string
  readonly classes: number
  /** Decision values [rows, classes], larger is more likely; margins for an SVM, log posteriors for naive Bayes. */
  decide(x: Input): Float64Array
  /** What each column did for the decision of one row for `target`. */
  contributions(x: Input, row: number, target: number): Contributions
  /**
   * What each step of a row's sequence did for the decision of one row for `target`, where the model reads sequences:
   * the columns' shares, these and the base make up the difference from the rival.
   */
  steps?(x: Input, row: number, target: number): Float64Array
  /** Mean loss of each epoch of its training, in nats; only of what is trained in epochs. */
  readonly losses?: Float64Array
  /** All it has learned, for the model file: the loader of the same name makes an equal model of it. */
  readonly tensors: Readonly<Record<string, Tensor>>
}

/**
 * A decision taken apart: base + Σ shares = decision for the target - decision for the rival. A column may have a share
 * though the row does not have it: absence, too, tells a tree something.
 */
export interface Contributions {
  /** Columns with a share, each once, ascending. */
  readonly columns: Uint32Array
  /** Share of each of `columns`. */
  readonly shares: Float64Array
  /** What stands before any column is looked at. */
  readonly base: number
  /** The class that the target is compared with: the best other one; -1 where the target's decision stands alone. */
  readonly rival: number
}

/** A named array of a model file; `data.length` is the product of `shape`. */
export interface Tensor {
  readonly shape: readonly number[]
  readonly data: Float64Array | Float32Array | Uint32Array | Uint8Array
}

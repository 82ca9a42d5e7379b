import type { SparseMatrix } from '../features/index.ts'
import { makeRbfKernel } from '../kernels/rbf-svm/rbf-svm.ts'
import type { RbfKernel } from '../kernels/rbf-svm/reference.ts'
import type { Model, Tensor } from './classifier.ts'
import { gaussianShares } from './gaussian-shares.ts'
import { bestOther } from './linear-model.ts'

/** What an RBF machine has learned: a margin for each pair of classes, over the support vectors of both. */
export interface RbfLearned {
  /** γ of the kernel exp(-γ‖a - b‖²), above 0. */
  readonly gamma: number
  /** The support vectors, those of class 0 first. */
  readonly support: SparseMatrix
  /** Support vectors of each class, [classes]. */
  readonly perClass: Uint32Array
  /** y·α of each support vector against each class but its own, in the order of the classes: [rows, classes - 1]. */
  readonly coefficients: Float64Array
  /** [pairs], in the order of `pairsOf`. */
  readonly intercepts: Float64Array
}

/** Each pair of classes, the first below the second: (0, 1), (0, 2) … (1, 2) … */
export function pairsOf(classes: number): readonly (readonly [number, number])[] {
  return Array.from({ length: classes }, (_, a) =>
    Array.from({ length: classes - 1 - a }, (_, i) => [a, a + 1 + i] as const),
  ).flat()
}

/**
 * The model of an RBF machine. The margin of a pair is positive for its second class. Of two classes it is the decision;
 * of more, a class's decision is the number of its pairs that it wins plus s / (3(|s| + 1)), s the sum of its margins, as
 * scikit-learn has it (`decision_function_shape='ovr'`). Contributions take apart the margin against the best other class,
 * from the empty row on; the base is what is left of the lead, which of more than two classes counts wins as well.
 */
export function rbfModel(name: string, classes: number, learned: RbfLearned): Model {
  const pairs = pairsOf(classes)
  const { coefficients } = learned
  let kernel: RbfKernel | null = null
  const marginsOf = (x: SparseMatrix, row: number) => {
    kernel ??= makeRbfKernel(learned.support)
    const similarities = kernel.similarities(x, row, learned.gamma)
    return Float64Array.from(pairs, ([a, b], pair) => {
      let sum = learned.intercepts[pair]
      for (const { from, to, other } of sidesOf(learned, a, b)) {
        for (let s = from; s < to; s++) sum += coefficients[s * (classes - 1) + other] * similarities[s]
      }
      return sum
    })
  }
  /** Of the margin of a pair, positive for `target`, one for each support vector. */
  const coefficientsFor = (target: number, rival: number) => {
    const found = new Float64Array(learned.support.rows)
    const [a, b] = [Math.min(target, rival), Math.max(target, rival)]
    for (const { from, to, other } of sidesOf(learned, a, b)) {
      for (let s = from; s < to; s++)
        found[s] = coefficients[s * (classes - 1) + other] * (target === b ? 1 : -1)
    }
    return found
  }
  const decideRow = (x: SparseMatrix, row: number) => {
    const margins = marginsOf(x, row)
    return classes === 2 ? Float64Array.of(-margins[0], margins[0]) : votesOf(margins, pairs, classes)
  }
  return {
    name,
    classes,
    tensors: tensorsOf(learned, classes),
    decide(x) {
      const decisions = new Float64Array(x.rows * classes)
      for (let row = 0; row < x.rows; row++) decisions.set(decideRow(x, row), row * classes)
      return decisions
    },
    contributions(x, row, target) {
      const decisions = decideRow(x, row)
      const other = bestOther(decisions, target)
      const [from, to] = [x.starts[row], x.starts[row + 1]]
      const columns = x.indices.slice(from, to)
      const shares =
        other < 0
          ? new Float64Array(to - from)
          : gaussianShares(x, row, learned.support, learned.gamma, coefficientsFor(target, other))
      const rival = classes === 2 ? -1 : other
      const lead = decisions[target] - (rival < 0 ? 0 : decisions[rival])
      return { columns, shares, base: lead - shares.reduce((sum, share) => sum + share, 0), rival }
    },
  }
}

/** Where the support vectors of both classes of a pair stand, and at which place each has its coefficient for the pair. */
export function sidesOf({ perClass }: RbfLearned, a: number, b: number) {
  const startOf = (k: number) => perClass.subarray(0, k).reduce((sum, n) => sum + n, 0)
  const side = (own: number, other: number) => {
    return { from: startOf(own), to: startOf(own) + perClass[own], other }
  }
  return [side(a, b - 1), side(b, a)]
}

function votesOf(margins: Float64Array, pairs: ReturnType<typeof pairsOf>, classes: number): Float64Array {
  const votes = new Float64Array(classes)
  const sums = new Float64Array(classes)
  pairs.forEach(([a, b], pair) => {
    votes[margins[pair] > 0 ? b : a]++
    sums[a] -= margins[pair]
    sums[b] += margins[pair]
  })
  return votes.map((own, k) => own + sums[k] / (3 * (Math.abs(sums[k]) + 1)))
}

function tensorsOf(learned: RbfLearned, classes: number): Record<string, Tensor> {
  const { gamma, support, perClass, coefficients, intercepts } = learned
  return {
    gamma: { shape: [1], data: Float64Array.of(gamma) },
    perClass: { shape: [classes], data: perClass },
    coefficients: { shape: [support.rows, classes - 1], data: coefficients },
    intercepts: { shape: [intercepts.length], data: intercepts },
    'support.shape': { shape: [2], data: Uint32Array.of(support.rows, support.columns) },
    'support.starts': { shape: [support.rows + 1], data: support.starts },
    'support.indices': { shape: [support.indices.length], data: support.indices },
    ...(support.values ? { 'support.values': { shape: [support.values.length], data: support.values } } : {}),
  }
}

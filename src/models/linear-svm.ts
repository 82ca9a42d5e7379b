import type { SparseMatrix } from '../features/index.ts'
import { svmSolver } from '../kernels/linear-svm/linear-svm.ts'
import type { ClassifierKind } from './classifier-kind.ts'
import { linearModel } from './linear-model.ts'
import { loadLinear } from './load-linear.ts'

const NAME = 'linear-svm'

/** Least and most passes over the rows after which the solver stops; a fit that is not done by then is still the best found. */
const PASSES = [1000, 20_000]

/** Stored values that one fit may read in all, if that allows the least passes: small matrices converge whatever C is. */
const MAX_READ = 4e9

/**
 * Linear support vector machine, L2-regularised squared hinge, one class against the rest, the intercept a regularised
 * constant column (as LIBLINEAR -s 1 -B 1; Fan et al., "LIBLINEAR: A Library for Large Linear Classification", 2008).
 */
export const linearSvm: ClassifierKind = {
  name: NAME,
  gridName: 'C',
  defaultGrid: [0.03, 0.1, 0.3, 1, 3, 10],
  settings: [],
  parts: outputsOf,
  fitPart(x, y, classes, part, { value, tolerance, balanced, seed }) {
    const positive = classes === 2 ? 1 : part
    const sides = Int8Array.from(y, (each) => (each === positive ? 1 : -1))
    let positives = 0
    for (const side of sides) if (side > 0) positives++
    const weigh = (rows: number) => (balanced && rows > 0 ? y.length / (2 * rows) : 1)
    const costs = [value * weigh(positives), value * weigh(y.length - positives)] as const
    const maxPasses = Math.max(PASSES[0], Math.min(PASSES[1], Math.floor(MAX_READ / (x.indices.length + 1))))
    return solverFor(x)(sides, { costs, tolerance, maxPasses, seed: seed + part }).weights
  },
  join(parts, { columns }, classes) {
    const weights = new Float64Array(parts.length * columns)
    parts.forEach((part, k) => {
      weights.set(part.subarray(0, columns), k * columns)
    })
    const intercepts = Float64Array.from(parts, (part) => part[columns])
    return linearModel(NAME, classes, columns, 'margin', false, {
      outputs: parts.length,
      weights,
      intercepts,
    })
  },
  load(tensors, columns, classes) {
    const learned = loadLinear(tensors, columns, outputsOf(classes))
    return learned && linearModel(NAME, classes, columns, 'margin', false, learned)
  },
}

function outputsOf(classes: number): number {
  return classes === 2 ? 1 : classes
}

// The rows stay in wasm memory as long as the matrix lives: a search over C and the classes of one-against-rest reuse them.
const solvers = new WeakMap<SparseMatrix, ReturnType<typeof svmSolver>>()

function solverFor(x: SparseMatrix): ReturnType<typeof svmSolver> {
  let solver = solvers.get(x)
  if (!solver) {
    solver = svmSolver(x)
    solvers.set(x, solver)
  }
  return solver
}

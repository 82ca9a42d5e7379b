import type { SparseMatrix } from '../../features/index.ts'
import { loadRbf } from '../load-rbf.ts'
import { pairsOf, type RbfLearned, sidesOf } from '../rbf-model.ts'
import type { Graph, Value } from './graph.ts'
import { type ModelParts, mirrored } from './ports.ts'
import { sparseColumns, widthOf } from './sparse-columns.ts'

/** A machine with a Gaussian kernel: margins of pairs, and what they make of the classes, as `rbfModel` has it. */
export function rbfSvmGraph(graph: Graph, { tensors, classes, rows }: ModelParts): Value {
  const learned = loadRbf(tensors, rows.width, classes)!
  const pairs = pairsOf(classes)
  const similarities = kernelGraph(graph, learned, rows.columns('float64'))
  const shape = [widthOf(learned.support), pairs.length]
  const sums = graph.node('MatMul', [
    similarities,
    graph.constant('coefficients', shape, coefficientsOf(learned, classes)),
  ])
  const margins = graph.node('Add', [sums, graph.constant('intercepts', [pairs.length], learned.intercepts)])
  return classes === 2 ? mirrored(graph, margins) : votesGraph(graph, margins, classes)
}

/** exp(-γ‖row - support vector‖²), [rows, support]; ‖a - b‖² is ‖a‖² + ‖b‖² - 2a·b. */
function kernelGraph(graph: Graph, { gamma, support }: RbfLearned, columns: Value): Value {
  const squares = graph.node('ReduceSumSquare', [columns], { axes: [1], keepdims: 1 })
  const norms = graph.constant('norms', [1, widthOf(support)], squaredNorms(support))
  const products = graph.node('MatMul', [columns, sparseColumns(graph, support)])
  const twice = graph.node('Mul', [products, graph.number(2)])
  const distances = graph.node('Sub', [graph.node('Add', [squares, norms]), twice])
  const scaled = graph.node('Mul', [graph.node('Max', [distances, graph.number(0)]), graph.number(-gamma)])
  return graph.node('Exp', [scaled])
}

function squaredNorms(support: SparseMatrix): Float64Array {
  const { rows, starts, values } = support
  return Float64Array.from({ length: widthOf(support) }, (_, row) => {
    if (row === rows) return 0
    if (!values) return starts[row + 1] - starts[row]
    return values.subarray(starts[row], starts[row + 1]).reduce((sum, value) => sum + value * value, 0)
  })
}

/** What each support vector adds to the margin of each pair, [support, pairs]. */
function coefficientsOf(learned: RbfLearned, classes: number): Float64Array {
  const pairs = pairsOf(classes)
  const found = new Float64Array(widthOf(learned.support) * pairs.length)
  pairs.forEach(([a, b], pair) => {
    for (const { from, to, other } of sidesOf(learned, a, b)) {
      for (let s = from; s < to; s++) {
        found[s * pairs.length + pair] = learned.coefficients[s * (classes - 1) + other]
      }
    }
  })
  return found
}

/** Decisions of more than two classes, of the margins of their pairs: the pairs won, and s / (3(|s| + 1)), s the sum of the margins. */
function votesGraph(graph: Graph, margins: Value, classes: number): Value {
  const pairs = pairsOf(classes)
  /** What a pair gives to each class: that to its first class, and that to its second. */
  const shareOut = (label: string, first: number, second: number) => {
    const shares = new Float64Array(pairs.length * classes)
    pairs.forEach(([a, b], pair) => {
      shares[pair * classes + a] = first
      shares[pair * classes + b] = second
    })
    return graph.constant(label, [pairs.length, classes], shares)
  }
  const isSecond = graph.node('Greater', [margins, graph.number(0)])
  const won = [
    graph.node('MatMul', [graph.cast(isSecond, 'float64'), shareOut('second', 0, 1)]),
    graph.node('MatMul', [graph.cast(graph.node('Not', [isSecond]), 'float64'), shareOut('first', 1, 0)]),
  ]
  const sums = graph.node('MatMul', [margins, shareOut('both', -1, 1)])
  const size = graph.node('Add', [graph.node('Abs', [sums]), graph.number(1)])
  const part = graph.node('Div', [sums, graph.node('Mul', [size, graph.number(3)])])
  return graph.node('Sum', [...won, part])
}

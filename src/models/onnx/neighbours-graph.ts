import { loadNeighbours } from '../nearest-neighbours.ts'
import type { Graph, Value } from './graph.ts'
import type { ModelParts } from './ports.ts'
import { sparseColumns, widthOf } from './sparse-columns.ts'
import { unitRows } from './unit-rows.ts'

/**
 * Nearest neighbours: votes of the most similar training rows, as `nearestNeighbours` has it. The input is float64: which
 * of two rows is nearer may hang on the last bits.
 */
export function neighboursGraph(graph: Graph, { tensors, classes, rows }: ModelParts): Value {
  const learned = loadNeighbours(tensors, rows.width, classes)!
  const size = widthOf(learned)
  // Vectors of length 1 are float32.
  const unit = graph.cast(unitRows(graph, rows.columns('float64', 'float64')), 'float32')
  const similarities = graph.node('MatMul', [graph.cast(unit, 'float64'), sparseColumns(graph, learned)])
  // With a row more, which is cut off at the end: onnxruntime 1.30 ends the program over TopK where there are no rows.
  const padded = graph.node('Pad', [similarities, graph.whole(0, 0, 1, 0), graph.number(0)])
  const [nearest, places] = graph.nodes('TopK', [padded, graph.whole(Math.min(size, learned.neighbours))], 2)
  const votes = votesGraph(graph, nearest, learned.sharpness)
  const owners = graph.constant('classes', [size, classes], ownersOf(learned.y, size, classes))
  const each = graph.node('Mul', [
    graph.node('Unsqueeze', [votes, graph.whole(2)]),
    graph.node('Gather', [owners, places]),
  ])
  const sums = graph.node('ReduceSum', [each, graph.whole(1)], { keepdims: 0 })
  const all = graph.node('ReduceSum', [votes, graph.whole(1)], { keepdims: 1 })
  const isAny = graph.node('Greater', [all, graph.number(0)])
  const shares = graph.node('Div', [sums, graph.node('Where', [isAny, all, graph.number(1)])])
  const otherwise = graph.constant('shares', [classes], learned.shares)
  const decisions = graph.node('Where', [isAny, shares, otherwise])
  return graph.node('Slice', [decisions, graph.whole(0), graph.whole(-1), graph.whole(0)])
}

/** e^(sharpness · (similarity - that of the nearest)), of rows that share nothing 0: [rows, neighbours] of similarities, largest first. */
function votesGraph(graph: Graph, nearest: Value, sharpness: number): Value {
  const first = graph.node('Slice', [nearest, graph.whole(0), graph.whole(1), graph.whole(1)])
  const scaled = graph.node('Mul', [graph.node('Sub', [nearest, first]), graph.number(sharpness)])
  const isNear = graph.node('Greater', [nearest, graph.number(0)])
  return graph.node('Where', [isNear, graph.node('Exp', [scaled]), graph.number(0)])
}

/** 1 at the class of each training row, [rows, classes]. */
function ownersOf(y: Uint32Array, size: number, classes: number): Float64Array {
  const owners = new Float64Array(size * classes)
  y.forEach((own, row) => {
    owners[row * classes + own] = 1
  })
  return owners
}

import type { Trained } from '../trained.ts'
import type { Graph, Value } from './graph.ts'
import { columnsInput, mirrored, wideColumns } from './ports.ts'

/** A linear machine: its margins, as `linearModel` has them. */
export function linearSvmGraph(graph: Graph, trained: Trained): Value {
  const margins = outputsOf(graph, trained, wideColumns(graph, trained))
  return trained.model.tensors.intercepts.data.length < trained.classes.length
    ? mirrored(graph, margins)
    : margins
}

/** Multinomial naive Bayes: log posteriors. */
export function multinomialGraph(graph: Graph, trained: Trained): Value {
  return posteriors(graph, outputsOf(graph, trained, wideColumns(graph, trained)))
}

/** Bernoulli naive Bayes, to which every value that is not 0 is 1: log posteriors. */
export function bernoulliGraph(graph: Graph, trained: Trained): Value {
  const isPresent = graph.cast(columnsInput(graph, trained), 'bool')
  return posteriors(graph, outputsOf(graph, trained, graph.cast(isPresent, 'float64')))
}

function outputsOf(graph: Graph, { model }: Trained, columns: Value): Value {
  const { weights, intercepts } = model.tensors
  const [outputs, width] = weights.shape
  const sums = graph.node('MatMul', [
    columns,
    graph.constant('weights', [width, outputs], transposed(weights.data as Float64Array, outputs, width)),
  ])
  return graph.node('Add', [sums, graph.constant('intercepts', [outputs], intercepts.data as Float64Array)])
}

function posteriors(graph: Graph, joint: Value): Value {
  return graph.node('Sub', [joint, graph.node('ReduceLogSumExp', [joint], { axes: [1], keepdims: 1 })])
}

/** [columns, rows] of [rows, columns]. */
function transposed(data: Float64Array, rows: number, columns: number): Float64Array {
  return Float64Array.from(data, (_, i) => data[(i % rows) * columns + Math.floor(i / rows)])
}

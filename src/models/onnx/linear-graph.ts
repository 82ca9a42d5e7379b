import type { Graph, Value } from './graph.ts'
import { type ModelParts, mirrored } from './ports.ts'

/** A linear machine: its margins, as `linearModel` has them. */
export function linearSvmGraph(graph: Graph, parts: ModelParts): Value {
  const margins = outputsOf(graph, parts, parts.rows.columns('float64'))
  return parts.tensors.intercepts.data.length < parts.classes ? mirrored(graph, margins) : margins
}

/** Multinomial naive Bayes: log posteriors. */
export function multinomialGraph(graph: Graph, parts: ModelParts): Value {
  return posteriors(graph, outputsOf(graph, parts, parts.rows.columns('float64')))
}

/** Bernoulli naive Bayes, to which every value that is not 0 is 1: log posteriors. */
export function bernoulliGraph(graph: Graph, parts: ModelParts): Value {
  const isPresent = graph.cast(parts.rows.columns('float32'), 'bool')
  return posteriors(graph, outputsOf(graph, parts, graph.cast(isPresent, 'float64')))
}

function outputsOf(graph: Graph, { tensors }: ModelParts, columns: Value): Value {
  const { weights, intercepts } = tensors
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

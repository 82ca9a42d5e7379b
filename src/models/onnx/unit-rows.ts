import type { Graph, Value } from './graph.ts'

/** Each row of float64 [rows, columns] divided by its Euclidean length; a row of zeros stays as it is. */
export function unitRows(graph: Graph, columns: Value): Value {
  const squares = graph.node('ReduceSumSquare', [columns], { axes: [1], keepdims: 1 })
  return perRow(graph, columns, graph.node('Sqrt', [squares]))
}

/** Each row divided by its own number, both float64, [rows, 1]; those whose number is 0 stay as they are. */
export function perRow(graph: Graph, values: Value, divisors: Value): Value {
  const isSound = graph.node('Greater', [divisors, graph.number(0)])
  return graph.node('Div', [values, graph.node('Where', [isSound, divisors, graph.number(1)])])
}

import { type Calibration, MAX_LEAD, type Sigmoids } from '../calibration.ts'
import type { Graph, Value } from './graph.ts'

/** `calibrate` as a graph: probabilities of decisions, both float64 [rows, classes]. */
export function calibrationGraph(graph: Graph, calibration: Calibration, decisions: Value): Value {
  if (!('temperature' in calibration)) return sigmoidsGraph(graph, calibration, decisions)
  const scaled = graph.node('Div', [decisions, graph.number(calibration.temperature)])
  return graph.node('Softmax', [scaled], { axis: 1 })
}

function sigmoidsGraph(graph: Graph, { slopes, offsets }: Sigmoids, decisions: Value): Value {
  const classes = slopes.length
  const leads = graph.node('Clip', [
    leadsOf(graph, decisions, classes),
    ...[-MAX_LEAD, MAX_LEAD].map(graph.number),
  ])
  const scaled = graph.node('Mul', [leads, graph.constant('slopes', [classes], slopes)])
  const each = sigmoid(graph, graph.node('Add', [scaled, graph.constant('offsets', [classes], offsets)]))
  const sum = graph.node('ReduceSum', [each, graph.whole(1)], { keepdims: 1 })
  const isSound = graph.node('Greater', [sum, graph.number(0)])
  // Divided by 1 where the sum is 0, so that nothing is divided by it.
  const shares = graph.node('Div', [each, graph.node('Where', [isSound, sum, graph.number(1)])])
  return graph.node('Where', [isSound, shares, graph.number(1 / classes)])
}

/** How far each decision lies above the best of the others; a decision without others as it is. */
function leadsOf(graph: Graph, decisions: Value, classes: number): Value {
  if (classes === 1) return decisions
  const best = (of: Value) => graph.node('ReduceMax', [of], { axes: [1], keepdims: 1 })
  const first = best(decisions)
  const isFirst = graph.node('GreaterOrEqual', [decisions, first])
  const second = best(graph.node('Where', [isFirst, graph.number(Number.NEGATIVE_INFINITY), decisions]))
  // Not TopK: onnxruntime 1.30 ends the program over it where there are no rows.
  const firsts = graph.node('ReduceSum', [graph.cast(isFirst, 'float64'), graph.whole(1)], { keepdims: 1 })
  const isTie = graph.node('Greater', [firsts, graph.number(1)])
  const rival = graph.node('Where', [isTie, first, second])
  return graph.node('Sub', [decisions, graph.node('Where', [isFirst, rival, first])])
}

/** min(eᶻ, 1) / (1 + e^-|z|): as exact far below 0 as above, which ONNX leaves open for its own. */
function sigmoid(graph: Graph, z: Value): Value {
  const above = graph.node('Exp', [graph.node('Min', [z, graph.number(0)])])
  const size = graph.node('Neg', [graph.node('Abs', [z])])
  return graph.node('Div', [above, graph.node('Add', [graph.node('Exp', [size]), graph.number(1)])])
}

import { boostingTensors, outputsOf } from '../boosting-model.ts'
import { treesOf } from '../trees.ts'
import type { Graph, Value } from './graph.ts'
import { type ModelParts, mirrored } from './ports.ts'
import { treeGraph } from './tree-graph.ts'

/** Boosted trees: where each output starts and the sum over its trees, as `boostingModel` has it. */
export function boostingGraph(graph: Graph, { tensors, classes, rows }: ModelParts): Value {
  const outputs = outputsOf(classes)
  const { nodes, thresholds, values, base } = boostingTensors(tensors)!
  const trees = treesOf(nodes, thresholds, rows.width)!
  const sums = treeGraph(graph, rows, trees, outputs, (node, tree) => [[tree % outputs, values[node]]])
  const scores = graph.node('Add', [sums, graph.constant('base', [outputs], base)])
  return outputs < classes ? mirrored(graph, graph.node('Div', [scores, graph.number(2)])) : scores
}

import { forestTensors, leafShares } from '../forest-model.ts'
import { treesOf } from '../trees.ts'
import type { Graph, Value } from './graph.ts'
import type { ModelParts } from './ports.ts'
import { treeGraph } from './tree-graph.ts'

/** A forest: the mean over its trees of the classes' shares, as `forestModel` has it. */
export function forestGraph(graph: Graph, { tensors, classes, rows }: ModelParts): Value {
  const learned = forestTensors(tensors)!
  const trees = treesOf(learned.nodes, learned.thresholds, rows.width)!
  const shares = leafShares(learned, trees.leaves, classes)!
  let next = 0
  return treeGraph(graph, rows, trees, classes, (node) => {
    const from = next
    next += learned.sizes[trees.right[node]]
    const members = learned.members.subarray(from, next)
    return Array.from(members, (k, i) => [k, shares[from + i] / trees.roots.length] as const)
  })
}

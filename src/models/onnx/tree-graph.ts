import type { Trees } from '../trees.ts'
import type { Graph, Value } from './graph.ts'
import type { GraphRows } from './ports.ts'
import { float32Thresholds } from './tree-thresholds.ts'

/** What a leaf, by its node among those of all trees, adds: how much to which target. */
export type LeafEntries = (node: number, tree: number) => Iterable<readonly [target: number, weight: number]>

/**
 * Sums over the trees of what their leaves add to each target, float64 [rows, targets]. The columns are read as float32
 * where no row can take another branch by that, else as float64. Only the sums are rounded to float32: nothing else comes
 * out of the operator, whatever goes in.
 */
export function treeGraph(
  graph: Graph,
  rows: GraphRows,
  trees: Trees,
  targets: number,
  entriesOf: LeafEntries,
): Value {
  const rounded = rows.encoder && float32Thresholds(trees, rows.encoder)
  const columns = rows.columns('float64', rounded ? 'float32' : 'float64')
  const { weights, ...attributes } = treeAttributes(trees, entriesOf)
  const vector = (data: Float64Array) => ({ shape: [data.length], data })
  // A leaf, too, states a column.
  const atLeastOne =
    trees.width > 0 ? columns : graph.node('Pad', [columns, graph.whole(0, 0, 0, 1), graph.number(0)])
  const sums = graph.node('TreeEnsembleRegressor', [atLeastOne], {
    ...attributes,
    n_targets: targets,
    nodes_values_as_tensor: vector(rounded ?? trees.thresholds),
    target_weights_as_tensor: vector(Float64Array.from(weights)),
  })
  return graph.cast(sums, 'float64')
}

/** The trees as the operator takes them: nodes are numbered within their tree, and a row at or below a threshold goes to the true one. */
function treeAttributes({ roots, columns, right, width }: Trees, entriesOf: LeafEntries) {
  const [trees, numbers, features, below, above]: number[][] = [[], [], [], [], []]
  const modes: string[] = []
  const [ownTrees, ownNumbers, targets, weights]: number[][] = [[], [], [], []]
  for (let node = 0, tree = 0; node < columns.length; node++) {
    if (node === roots[tree + 1]) tree++
    const number = node - roots[tree]
    const isLeaf = columns[node] === width
    trees.push(tree)
    numbers.push(number)
    features.push(isLeaf ? 0 : columns[node])
    modes.push(isLeaf ? 'LEAF' : 'BRANCH_LEQ')
    below.push(isLeaf ? 0 : number + 1)
    above.push(isLeaf ? 0 : right[node] - roots[tree])
    for (const [target, weight] of isLeaf ? entriesOf(node, tree) : []) {
      ownTrees.push(tree)
      ownNumbers.push(number)
      targets.push(target)
      weights.push(weight)
    }
  }
  return {
    ...{ nodes_treeids: trees, nodes_nodeids: numbers, nodes_featureids: features, nodes_modes: modes },
    ...{ nodes_truenodeids: below, nodes_falsenodeids: above },
    ...{ target_treeids: ownTrees, target_nodeids: ownNumbers, target_ids: targets, weights },
  }
}

import type { SparseMatrix } from '../features/index.ts'
import type { Model, Tensor } from './classifier.ts'
import { bestOther } from './linear-model.ts'
import { denseRow, eachDenseRow, leafOf, pathShares, type Trees, treesOf } from './trees.ts'

/** What a forest has learned: its trees, and which classes came to each leaf how often. */
export interface ForestTensors {
  /** Column of each node of all trees in preorder; the number of columns at a leaf. */
  readonly nodes: Uint32Array
  /** Of the inner nodes. */
  readonly thresholds: Float64Array
  /** Number of classes at each leaf. */
  readonly sizes: Uint32Array
  /** The classes of each leaf, ascending, and how many draws of each came there. */
  readonly members: Uint32Array
  readonly draws: Uint32Array
  /** How much a draw of each class weighs, [classes]. */
  readonly weights: Float64Array
}

/** Weights outside these were made by nobody, and could make a sum overflow. */
const [LEAST_WEIGHT, MOST_WEIGHT] = [1e-9, 1e12]

/**
 * A forest: its decision values are the mean over its trees of the classes' shares at the leaf where the row ends, as
 * of Breiman's "Random Forests", 2001, with shares in place of votes. Null where the tensors are no forest.
 */
export function forestModel(
  name: string,
  classes: number,
  columns: number,
  learned: ForestTensors,
): Model | null {
  const trees = treesOf(learned.nodes, learned.thresholds, columns)
  const shares = trees && leafShares(learned, trees.leaves, classes)
  if (!trees || !shares) return null
  const { sizes, members } = learned
  const entries = new Uint32Array(sizes.length + 1)
  for (let leaf = 0; leaf < sizes.length; leaf++) entries[leaf + 1] = entries[leaf] + sizes[leaf]
  const decideRow = (row: Float64Array, out: Float64Array) => {
    for (const root of trees.roots) {
      const leaf = trees.right[leafOf(trees, root, row)]
      for (let i = entries[leaf]; i < entries[leaf + 1]; i++) out[members[i]] += shares[i]
    }
    for (let k = 0; k < classes; k++) out[k] /= trees.roots.length
  }
  const leadOf = nodeLeads(trees, learned, entries)
  return {
    name,
    classes,
    tensors: Object.fromEntries(Object.entries(learned).map(([key, data]) => [key, vector(data)])),
    decide(x) {
      const decisions = new Float64Array(x.rows * classes)
      eachDenseRow(x, (values, row) => {
        decideRow(values, decisions.subarray(row * classes, (row + 1) * classes))
      })
      return decisions
    },
    contributions(x: SparseMatrix, row: number, target: number) {
      const values = denseRow(x, row)
      const decisions = new Float64Array(classes)
      decideRow(values, decisions)
      const rival = bestOther(decisions, target)
      return { ...pathShares(trees, leadOf(target, rival), values, () => 1 / trees.roots.length), rival }
    },
  }
}

/** The tensors of a forest by their names and types; null for others. */
export function forestTensors(tensors: Readonly<Record<string, Tensor>>): ForestTensors | null {
  const names = ['draws', 'members', 'nodes', 'sizes', 'thresholds', 'weights']
  if (Object.keys(tensors).sort().join() !== names.join()) return null
  if (Object.values(tensors).some(({ shape }) => shape.length !== 1)) return null
  const { nodes, thresholds, sizes, members, draws, weights } = tensors
  const isWords = (tensor: Tensor): tensor is Tensor & { data: Uint32Array } =>
    tensor.data instanceof Uint32Array
  const isFloats = (tensor: Tensor): tensor is Tensor & { data: Float64Array } =>
    tensor.data instanceof Float64Array
  if (!isWords(nodes) || !isWords(sizes) || !isWords(members) || !isWords(draws)) return null
  if (!isFloats(thresholds) || !isFloats(weights)) return null
  return {
    ...{ nodes: nodes.data, sizes: sizes.data, members: members.data, draws: draws.data },
    ...{ thresholds: thresholds.data, weights: weights.data },
  }
}

/** Share of each class at each leaf, beside `members`; null where the leaves do not fit the trees or the classes. */
export function leafShares(learned: ForestTensors, leaves: number, classes: number): Float64Array | null {
  const { sizes, members, draws, weights } = learned
  if (sizes.length !== leaves || draws.length !== members.length || weights.length !== classes) return null
  if (!weights.every((weight) => weight >= LEAST_WEIGHT && weight <= MOST_WEIGHT)) return null
  const shares = new Float64Array(members.length)
  let from = 0
  for (const size of sizes) {
    const to = from + size
    if (to > members.length) return null
    let sum = 0
    for (let i = from; i < to; i++) {
      const isNext = i === from || members[i] > members[i - 1]
      if (!isNext || members[i] >= classes || draws[i] === 0) return null
      sum += weights[members[i]] * draws[i]
    }
    for (let i = from; i < to; i++) shares[i] = (weights[members[i]] * draws[i]) / sum
    from = to
  }
  return from === members.length ? shares : null
}

/** Gives, for every node, the target's share less the rival's among what came there; of the pair asked for last, it is kept. */
function nodeLeads(trees: Trees, { members, draws, weights }: ForestTensors, entries: Uint32Array) {
  let last: { readonly target: number; readonly rival: number; readonly leads: Float64Array } | null = null
  return (target: number, rival: number): Float64Array => {
    if (last?.target === target && last.rival === rival) return last.leads
    const { columns, right, width } = trees
    const all = new Float64Array(columns.length)
    const leads = new Float64Array(columns.length)
    for (let node = columns.length - 1; node >= 0; node--) {
      if (columns[node] < width) {
        all[node] = all[node + 1] + all[right[node]]
        leads[node] = leads[node + 1] + leads[right[node]]
        continue
      }
      for (let i = entries[right[node]]; i < entries[right[node] + 1]; i++) {
        const weight = weights[members[i]] * draws[i]
        all[node] += weight
        if (members[i] === target) leads[node] += weight
        if (members[i] === rival) leads[node] -= weight
      }
    }
    for (let node = 0; node < leads.length; node++) if (all[node] > 0) leads[node] /= all[node]
    last = { target, rival, leads }
    return leads
  }
}

function vector(data: Float64Array | Uint32Array): Tensor {
  return { shape: [data.length], data }
}

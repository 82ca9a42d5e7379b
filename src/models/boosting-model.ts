import type { Model, Tensor } from './classifier.ts'
import { bestOther } from './linear-model.ts'
import { denseRow, eachDenseRow, leafOf, pathShares, treesOf } from './trees.ts'

/** What gradient boosting has learned. */
export interface BoostingTensors {
  /** Column of each node of all trees in preorder; the number of columns at a leaf. */
  readonly nodes: Uint32Array
  /** Of the inner nodes. */
  readonly thresholds: Float64Array
  /** What a row that ends at a node is given, of every node: an inner one's tells what stood before its split. */
  readonly values: Float32Array
  /** Where each output starts, [outputs]. */
  readonly base: Float64Array
}

/** 1 for two classes, whose score speaks for the second, else one a class. */
export function outputsOf(classes: number): number {
  return classes === 2 ? 1 : classes
}

/**
 * Boosted trees: an output is where it starts and the sum over its trees; the trees take turns by output. The decision
 * values are the outputs, or, of two classes, half the score and its opposite, so that a sigmoid of the lead is what was
 * learned. Null where the tensors are no such trees.
 */
export function boostingModel(
  name: string,
  classes: number,
  columns: number,
  learned: BoostingTensors,
): Model | null {
  const outputs = outputsOf(classes)
  const { nodes, thresholds, values, base } = learned
  const trees = treesOf(nodes, thresholds, columns)
  if (!trees || values.length !== nodes.length || base.length !== outputs) return null
  if (trees.roots.length % outputs !== 0) return null
  const decideRow = (row: Float64Array, out: Float64Array) => {
    for (let k = 0; k < outputs; k++) out[k] = base[k]
    trees.roots.forEach((root, tree) => {
      out[tree % outputs] += values[leafOf(trees, root, row)]
    })
    if (outputs < classes) {
      out[1] = out[0] / 2
      out[0] = -out[1]
    }
  }
  return {
    name,
    classes,
    tensors: {
      nodes: { shape: [nodes.length], data: nodes },
      thresholds: { shape: [thresholds.length], data: thresholds },
      values: { shape: [values.length], data: values },
      base: { shape: [outputs], data: base },
    },
    decide(x) {
      const decisions = new Float64Array(x.rows * classes)
      eachDenseRow(x, (dense, row) => {
        decideRow(dense, decisions.subarray(row * classes, (row + 1) * classes))
      })
      return decisions
    },
    contributions(x, row, target) {
      const dense = denseRow(x, row)
      const decisions = new Float64Array(classes)
      decideRow(dense, decisions)
      const rival = bestOther(decisions, target)
      const weights = new Float64Array(outputs)
      if (outputs < classes) {
        weights[0] = target === 1 ? 1 : -1
      } else {
        weights[target] = 1
        if (rival >= 0) weights[rival] = -1
      }
      const paths = pathShares(trees, values, dense, (tree) => weights[tree % outputs])
      let start = 0
      for (let k = 0; k < outputs; k++) start += weights[k] * base[k]
      return { ...paths, base: start + paths.base, rival }
    },
  }
}

/** The tensors of boosted trees by their names and types; null for others. */
export function boostingTensors(tensors: Readonly<Record<string, Tensor>>): BoostingTensors | null {
  if (Object.keys(tensors).sort().join() !== 'base,nodes,thresholds,values') return null
  if (Object.values(tensors).some(({ shape }) => shape.length !== 1)) return null
  const [nodes, thresholds, values, base] = [
    tensors.nodes.data,
    tensors.thresholds.data,
    tensors.values.data,
    tensors.base.data,
  ]
  if (!(nodes instanceof Uint32Array) || !(thresholds instanceof Float64Array)) return null
  if (!(values instanceof Float32Array) || !(base instanceof Float64Array)) return null
  return { nodes, thresholds, values, base }
}

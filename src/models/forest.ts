import type { SparseMatrix } from '../features/index.ts'
import { MAX_BINS } from '../kernels/bins.ts'
import { treeGrower } from '../kernels/forest/forest.ts'
import { classWeights } from './class-weights.ts'
import type { ClassifierKind, FitSettings } from './classifier-kind.ts'
import { cutColumns } from './cut-columns.ts'
import { type ForestTensors, forestModel, forestTensors } from './forest-model.ts'
import { joined } from './trees.ts'

const NAME = 'forest'

/** Into how many parts the trees are dealt: enough for the threads of one machine. */
const PARTS = 24

/**
 * Random forest (Breiman, "Random Forests", 2001) or, with `extra`, extremely randomized trees (Geurts, Ernst &
 * Wehenkel, "Extremely randomized trees", 2006): trees grown to the end by Gini's impurity, a few columns tried at each
 * node. The value of the grid, times the square root of the number of columns, is how many.
 */
export const forest: ClassifierKind = {
  name: NAME,
  gridName: 'maxFeatures',
  defaultGrid: [1],
  settings: [
    { name: 'trees', type: 'whole', otherwise: 300, least: 1, most: 10_000 },
    { name: 'extra', type: 'flag', otherwise: 0, least: 0, most: 1 },
    { name: 'minLeaf', type: 'whole', otherwise: 1, least: 1, most: 1e6 },
    { name: 'bins', type: 'whole', otherwise: MAX_BINS, least: 3, most: MAX_BINS },
  ],
  // The lead of p over 1 - p is 2p - 1. At 4 the middle moves twice as far as the votes, which are too shy: trees disagree
  // by chance (Niculescu-Mizil & Caruana, "Predicting Good Probabilities with Supervised Learning", 2005).
  plainSlope: 4,
  parts: () => PARTS,
  fitPart(x, y, classes, part, settings) {
    const { trees, extra, minLeaf } = settings.own
    const weights = classWeights(y, classes, settings.balanced)
    const tried = Math.floor(settings.value * Math.sqrt(x.columns))
    const maxFeatures = Math.max(1, Math.min(x.columns, tried))
    const grow = growerFor(x, y, classes, settings)
    const learned: Float64Array[] = [weights]
    for (let tree = part; tree < trees; tree += PARTS) {
      const seed = (Math.imul(settings.seed, 1_000_003) + tree) >>> 0
      learned.push(grow({ maxFeatures, minLeaf, extra: extra === 1, weights, seed }))
    }
    return joined(learned)
  },
  join(parts, { columns }, classes) {
    return forestModel(NAME, classes, columns, collect(parts, columns, classes))!
  },
  load(tensors, columns, classes) {
    const learned = forestTensors(tensors)
    return learned && forestModel(NAME, classes, columns, learned)
  },
}

/** The tensors of what the parts learned, tree by tree in the order of the parts. */
function collect(parts: readonly Float64Array[], columns: number, classes: number): ForestTensors {
  const nodes: number[] = []
  const thresholds: number[] = []
  const sizes: number[] = []
  const members: number[] = []
  const draws: number[] = []
  for (const part of parts) {
    for (let at = classes; at < part.length; ) {
      if (part[at] >= 0) {
        nodes.push(part[at])
        thresholds.push(part[at + 1])
        at += 2
        continue
      }
      const size = -1 - part[at++]
      nodes.push(columns)
      sizes.push(size)
      for (let i = 0; i < size; i++) {
        members.push(part[at++])
        draws.push(part[at++])
      }
    }
  }
  return {
    nodes: Uint32Array.from(nodes),
    thresholds: Float64Array.from(thresholds),
    sizes: Uint32Array.from(sizes),
    members: Uint32Array.from(members),
    draws: Uint32Array.from(draws),
    weights: parts[0].slice(0, classes),
  }
}

type Grower = ReturnType<typeof treeGrower>

// The columns stay in wasm memory as long as the matrix lives: all parts of a fit reuse them.
const growers = new WeakMap<SparseMatrix, { y: Uint32Array; classes: number; bins: number; grow: Grower }>()

function growerFor(x: SparseMatrix, y: Uint32Array, classes: number, { own }: FitSettings): Grower {
  const known = growers.get(x)
  const isSame = known?.bins === own.bins && known.classes === classes
  if (isSame && known.y.every((each, row) => each === y[row])) return known.grow
  const grow = treeGrower(cutColumns(NAME, x, own.bins), y, classes)
  growers.set(x, { y, classes, bins: own.bins, grow })
  return grow
}

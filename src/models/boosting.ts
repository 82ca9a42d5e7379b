import { type Random, seededRandom } from '../core/index.ts'
import type { SparseMatrix } from '../features/index.ts'
import { MAX_BINS } from '../kernels/bins.ts'
import { boostedGrower } from '../kernels/boosting/boosting.ts'
import { gradients, startingScores } from './boosting-loss.ts'
import { type BoostingTensors, boostingModel, boostingTensors, outputsOf } from './boosting-model.ts'
import { classWeights } from './class-weights.ts'
import type { ClassifierKind, FitSettings } from './classifier-kind.ts'
import { cutColumns } from './cut-columns.ts'
import { joined } from './trees.ts'

const NAME = 'boosting'

/**
 * Gradient boosting by Newton's method: each round adds a tree for each class that steps down the softmax loss, or, of
 * two classes, one tree for the logistic loss. Friedman, "Greedy Function Approximation: A Gradient Boosting Machine",
 * 2001; "Stochastic Gradient Boosting", 2002; Chen & Guestrin, "XGBoost", 2016. All in one part: a round needs the one
 * before it.
 */
export const boosting: ClassifierKind = {
  name: NAME,
  gridName: 'learningRate',
  defaultGrid: [0.1],
  settings: [
    { name: 'rounds', type: 'whole', otherwise: 150, least: 1, most: 10_000 },
    { name: 'depth', type: 'whole', otherwise: 6, least: 1, most: 12 },
    { name: 'l2', type: 'number', otherwise: 1, least: 0, most: 1e6 },
    { name: 'minWeight', type: 'number', otherwise: 0.1, least: 1e-3, most: 1e6 },
    { name: 'rowShare', type: 'number', otherwise: 0.8, least: 0.01, most: 1 },
    { name: 'columnShare', type: 'number', otherwise: 0.2, least: 0.001, most: 1 },
    { name: 'bins', type: 'whole', otherwise: 64, least: 3, most: MAX_BINS },
  ],
  parts: () => 1,
  fitPart: fitBoosting,
  join: ([part], { columns }, classes) =>
    boostingModel(NAME, classes, columns, collect(part, columns, classes))!,
  load(tensors, columns, classes) {
    const learned = boostingTensors(tensors)
    return learned && boostingModel(NAME, classes, columns, learned)
  },
}

/** Where the outputs start, then the nodes of all trees. */
function fitBoosting(
  x: SparseMatrix,
  y: Uint32Array,
  classes: number,
  _part: number,
  { value: rate, own, balanced, seed }: FitSettings,
): Float64Array {
  const outputs = outputsOf(classes)
  const weights = classWeights(y, classes, balanced)
  const base = startingScores(y, classes, weights)
  const scores = new Float64Array(x.rows * outputs)
  for (let i = 0; i < scores.length; i++) scores[i] = base[i % outputs]
  const grower = boostedGrower(x, cutColumns(NAME, x, own.bins), own.depth)
  const random = seededRandom(seed)
  const rowsDrawn = Math.ceil(own.rowShare * x.rows)
  const columnsDrawn = Math.ceil(own.columnShare * x.columns)
  const learned: Float64Array[] = [base]
  for (let round = 0; round < own.rounds; round++) {
    const isDrawn = new Uint8Array(x.rows)
    for (const row of draw(rowsDrawn, x.rows, random)) isDrawn[row] = 1
    grower.choose(draw(columnsDrawn, x.columns, random))
    const pairs = gradients(scores, y, classes, weights, isDrawn)
    for (let k = 0; k < outputs; k++) {
      const { depth, l2, minWeight } = own
      const { nodes, values } = grower.grow(pairs[k], { depth, rate, l2, minWeight })
      for (let row = 0; row < x.rows; row++) scores[row * outputs + k] += values[row]
      learned.push(nodes)
    }
  }
  return joined(learned)
}

/** `count` of the first `all` numbers, ascending; without a draw where that is all of them. */
function draw(count: number, all: number, random: Random): Uint32Array {
  const numbers = Uint32Array.from({ length: all }, (_, i) => i)
  if (count === all) return numbers
  for (let i = 0; i < count; i++) {
    const j = i + random.below(all - i)
    const held = numbers[i]
    numbers[i] = numbers[j]
    numbers[j] = held
  }
  return numbers.slice(0, count).sort()
}

function collect(part: Float64Array, columns: number, classes: number): BoostingTensors {
  const outputs = outputsOf(classes)
  const nodes: number[] = []
  const thresholds: number[] = []
  const values: number[] = []
  for (let at = outputs; at < part.length; ) {
    const column = part[at++]
    nodes.push(column < 0 ? columns : column)
    if (column >= 0) thresholds.push(part[at++])
    values.push(part[at++])
  }
  return {
    nodes: Uint32Array.from(nodes),
    thresholds: Float64Array.from(thresholds),
    values: Float32Array.from(values),
    base: part.slice(0, outputs),
  }
}

import type { SparseMatrix } from '../../features/index.ts'
import type { ClassifierKind, FitResources, FitSettings, KindSetting, TriedRows } from '../classifier-kind.ts'
import { meanLogLoss } from '../log-loss.ts'
import type { NamedNetwork } from './architectures.ts'
import { MICRO_BATCH_ROWS } from './layout.ts'
import { learnedFrom, networkModel } from './network-model.ts'
import {
  type TrainingResources,
  type TrainingSettings,
  type TrainingState,
  trainNetwork,
} from './train-network.ts'

const MOST_EPOCHS = 10_000

/** Settings that every network has. */
const COMMON: readonly KindSetting[] = [
  /** Networks that are trained from different beginnings and decide together. */
  { name: 'members', type: 'whole', otherwise: 1, least: 1, most: 64 },
  /** Rows of a batch; brought to a multiple of 16. */
  { name: 'batch', type: 'whole', otherwise: 32, least: 16, most: 4096 },
  { name: 'rate', type: 'number', otherwise: 0.001, least: 1e-6, most: 1 },
  /** Share of `rate` that is left after `horizon` epochs. */
  { name: 'lastRate', type: 'number', otherwise: 1, least: 0, most: 1 },
  { name: 'horizon', type: 'whole', otherwise: 30, least: 1, most: MOST_EPOCHS },
  { name: 'decay', type: 'number', otherwise: 0, least: 0, most: 10 },
  { name: 'smoothing', type: 'number', otherwise: 0, least: 0, most: 0.9 },
  /** Values of the grid without a better one, after which a training on an inner fold ends early; 0 for never. */
  { name: 'patience', type: 'whole', otherwise: 3, least: 0, most: 1000 },
  /** Inner folds that epochs are chosen on and probabilities are calibrated on; each is a training. */
  { name: 'validations', type: 'whole', otherwise: 1, least: 1, most: 100 },
]

/**
 * A network as a kind of classifier. Its grid are numbers of epochs, which one training passes through: that with the
 * least loss on a grouped validation part is taken, and all rows are learned from for as long. A part is a member.
 */
export function networkKind({ name, settings, layers }: NamedNetwork): ClassifierKind {
  return {
    name,
    gridName: 'epochs',
    defaultGrid: [5, 10, 15, 20, 25, 30],
    gridRange: { type: 'whole', least: 1, most: MOST_EPOCHS },
    settings: [...COMMON, ...settings],
    calibration: 'temperature',
    readsSequences: settings.some(({ name: each }) => each === 'pooling'),
    parts: (_classes, { members }) => members,
    fitPart(x, y, classes, part, given, resources = {}) {
      const epochs = given.value
      const trained = train(layers(given.own), x, y, classes, part, given, resources)
      for (const { epoch, losses, network } of trained) {
        if (epoch < epochs) continue
        return Float64Array.from([...losses.slice(0, epochs), ...network.weights])
      }
      throw new RangeError('a training ended by itself')
    },
    join(parts, x, classes, { value: epochs, own }) {
      const losses = new Float64Array(epochs)
      for (const part of parts) {
        for (let epoch = 0; epoch < epochs; epoch++) losses[epoch] += part[epoch] / parts.length
      }
      const members = parts.map((part) => Float32Array.from(part.subarray(epochs)))
      return networkModel(name, classes, { ...sidesOf(layers(own), x), members, losses })
    },
    load(tensors, columns, classes, vocabulary = 0, own = {}) {
      const architecture = layers(own)
      const reads = { vocabulary: architecture.sequence.length > 0 ? vocabulary : 0, columns }
      if (architecture.sequence.length > 0 && vocabulary === 0) return null
      const learned = learnedFrom(tensors, { architecture, ...reads }, classes, own.members ?? 1)
      return learned && networkModel(name, classes, learned)
    },
    path: {
      folds: ({ validations }) => validations,
      steps: (grid, { members }) => Math.max(...grid) * members,
      decidePart(x, y, classes, part, given, tried, resources = {}) {
        const trained = train(layers(given.own), x, y, classes, part, given, resources, [tried.x])
        return decideAlong(trained, tried, classes, given.own.patience)
      },
      joinDecisions: (parts) =>
        parts[0].map((_, i) => parts.reduce((sum, part) => sum + part[i], 0) / parts.length),
    },
  }
}

/**
 * Decisions at each number of epochs, [values, rows, classes]; once they have not become better for so long, the last that
 * were reached stand for the rest.
 */
function decideAlong(
  trained: Iterable<TrainingState>,
  { values, x, y }: TriedRows,
  classes: number,
  patience: number,
): Float64Array {
  const size = x.rows * classes
  const decided = new Float64Array(values.length * size)
  const rows = Uint32Array.from({ length: x.rows }, (_, row) => row)
  let reached = 0
  let best = { loss: Number.POSITIVE_INFINITY, at: 0 }
  for (const { epoch, network } of trained) {
    if (epoch < values[reached]) continue
    const decisions = network.decide(x, rows)
    const loss = meanLogLoss({ temperature: 1 }, decisions, y, classes)
    if (loss < best.loss) best = { loss, at: reached }
    const isEnough = patience > 0 && reached - best.at >= patience
    const end = isEnough ? values.length : reached + 1
    for (let v = reached; v < end; v++) decided.set(decisions, v * size)
    reached = end
    if (reached === values.length) break
  }
  return decided
}

function train(
  architecture: ReturnType<NamedNetwork['layers']>,
  x: SparseMatrix,
  y: Uint32Array,
  classes: number,
  part: number,
  { seed, balanced, own }: FitSettings,
  { progress, ...resources }: FitResources,
  others: readonly SparseMatrix[] = [],
): Iterable<TrainingState> {
  const settings: TrainingSettings = {
    seed: (Math.imul(seed, 7919) + part) >>> 0,
    batch: Math.ceil(own.batch / MICRO_BATCH_ROWS) * MICRO_BATCH_ROWS,
    ...({ rate: own.rate, lastRate: own.lastRate, horizon: own.horizon } as const),
    ...{ decay: own.decay, smoothing: own.smoothing, balanced },
  }
  const counting: TrainingResources = progress
    ? { ...resources, onEpochs: (epochs) => Atomics.add(progress, 0, epochs) }
    : resources
  return trainNetwork(architecture, x, y, classes, settings, counting, others)
}

/** What of a matrix a network reads. */
function sidesOf(architecture: ReturnType<NamedNetwork['layers']>, { columns, sequences }: SparseMatrix) {
  const vocabulary = architecture.sequence.length > 0 ? (sequences?.vocabulary ?? 0) : 0
  return { architecture, vocabulary, columns }
}

import { bytesOf, contentHash, log, seededRandom, shuffle } from '../../core/index.ts'
import type { SparseMatrix } from '../../features/index.ts'
import { chooseEngine, floatBytesOf, MAX_THREADS, openEngine } from '../../kernels/network/engine.ts'
import { classWeights } from '../class-weights.ts'
import type { Architecture } from './architecture.ts'
import { type Checkpoint, checkpointIn } from './checkpoint.ts'
import { assembleCrew, BETA1, BETA2 } from './crew.ts'
import { layOut, MICRO_BATCH_ROWS, type NetworkSize } from './layout.ts'
import { initialise, type Network, openNetwork } from './network.ts'

/** How a network is trained; all of it plays a part in what is learned. */
export interface TrainingSettings {
  readonly seed: number
  /** Rows of a batch, a multiple of MICRO_BATCH_ROWS. */
  readonly batch: number
  /** Step size of Adam at first. */
  readonly rate: number
  /** Share of `rate` that is left after `horizon` epochs, to which it falls in a straight line; 1 keeps it. */
  readonly lastRate: number
  readonly horizon: number
  /** Decoupled weight decay. */
  readonly decay: number
  /** Share of the target's probability that goes to all classes alike, 0 … 1. */
  readonly smoothing: number
  readonly balanced: boolean
}

/** What plays no part in what is learned, but for `fast`. */
export interface TrainingResources {
  /** Threads that share each batch; 1 when absent. */
  readonly threads?: number
  /** Allow engines that fuse multiplications with additions: faster, and other last bits on other processors. */
  readonly fast?: boolean
  /** Folder of checkpoints; none when absent. */
  readonly checkpoints?: string
  /** Told of epochs that are done, in this thread. */
  onEpochs?(epochs: number): void
}

/** A training after some epochs. */
export interface TrainingState {
  /** Epochs that are done. */
  readonly epoch: number
  /** Mean loss of each of them, in nats, with dropout at work. */
  readonly losses: readonly number[]
  readonly network: Network
}

/**
 * Trains a network epoch by epoch and yields after each; whoever has enough stops asking. Where checkpoints are kept, one
 * is written after every epoch, and a training that was stopped goes on from there: what is yielded then begins at the
 * epoch after it, and the bytes are those of a training that nobody stopped.
 * @param others matrices that the network is to decide on meanwhile
 */
export function* trainNetwork(
  architecture: Architecture,
  x: SparseMatrix,
  y: Uint32Array,
  classes: number,
  settings: TrainingSettings,
  resources: TrainingResources = {},
  others: readonly SparseMatrix[] = [],
): Generator<TrainingState, void> {
  const { threads = 1, fast = false } = resources
  const engineName = chooseEngine({ fast })
  const microBatches = settings.batch / MICRO_BATCH_ROWS
  const size: NetworkSize = {
    architecture,
    ...sizesOf(x, ...others),
    classes,
    microBatches,
    threads: Math.max(1, Math.min(threads, microBatches, MAX_THREADS)),
    floatBytes: floatBytesOf(engineName),
  }
  const layout = layOut(size)
  const engine = openEngine(engineName, layout.bytes)
  const network = openNetwork(size, layout, engine, 0)
  const crew = assembleCrew(network, size, engine, x, y)
  const checkpoint = checkpointOf(architecture, x, y, classes, settings, resources)
  const { shared, weightCount } = layout
  const viewAt = (address: number) =>
    network.run.floats.subarray(address / size.floatBytes, address / size.floatBytes + weightCount)
  const learned = [network.weights, ...shared.moments.map(viewAt)]
  const weightOf = classWeights(y, classes, settings.balanced)
  network.run.floats.set(weightOf, shared.classWeights / size.floatBytes)
  initialise(network, settings.seed)
  beginWithShares(network, y, weightOf)
  const losses = checkpoint ? resume(checkpoint, learned) : []
  const stepsPerEpoch = Math.ceil(y.length / settings.batch)
  try {
    if (losses.length > 0) {
      network.pack()
      resources.onEpochs?.(losses.length)
      yield { epoch: losses.length, losses: [...losses], network }
    }
    for (let epoch = losses.length; ; epoch++) {
      const order = shuffle(Uint32Array.from(y.keys()), seededRandom(mix(settings.seed, epoch)))
      let sum = 0
      for (let from = 0; from < order.length; from += settings.batch) {
        const rows = order.subarray(from, from + settings.batch)
        const step = epoch * stepsPerEpoch + from / settings.batch
        network.run.words.set(rows, shared.batchRows / 4)
        let weight = 0
        for (const row of rows) weight += weightOf[y[row]]
        crew.step({
          rows: rows.length,
          scale: 1 / weight,
          smoothing: settings.smoothing,
          seed: mix(settings.seed, step),
          microBatches: Math.ceil(rows.length / MICRO_BATCH_ROWS),
          rate: settings.rate * shareOfRate(step / stepsPerEpoch, settings),
          decay: settings.decay,
          correction1: 1 / (1 - power(BETA1, step + 1)),
          correction2: 1 / (1 - power(BETA2, step + 1)),
        })
        for (let m = 0; m * MICRO_BATCH_ROWS < rows.length; m++) {
          for (const loss of network.losses(
            m,
            Math.min(MICRO_BATCH_ROWS, rows.length - m * MICRO_BATCH_ROWS),
          )) {
            sum += loss
          }
        }
      }
      losses.push(y.length > 0 ? sum / y.length : 0)
      network.pack()
      if (checkpoint) save(checkpoint, learned, losses)
      resources.onEpochs?.(1)
      yield { epoch: epoch + 1, losses: [...losses], network }
    }
  } finally {
    crew.close()
  }
}

/** Begins with the classes' shares of the rows, so that nothing has to be learned to see that a class is rare. */
function beginWithShares({ layout, weights }: Network, y: Uint32Array, weightOf: Float64Array): void {
  const { at } = layout.parameters.find(({ name }) => name === 'output.bias')!
  const shares = new Float64Array(weightOf.length).fill(ABSENT)
  for (const k of y) shares[k] += weightOf[k]
  shares.forEach((share, k) => {
    weights[at + k] = log(share / (y.length + ABSENT * shares.length))
  })
}

/** Rows that each class is taken to have beside its own. */
const ABSENT = 0.01

/** What matrices of the same columns and tokens ask of a network's memory. */
export function sizesOf(...matrices: readonly [SparseMatrix, ...SparseMatrix[]]) {
  const [{ columns, sequences }] = matrices
  let [entries, steps] = [0, 0]
  for (const { rows, starts, sequences } of matrices) {
    for (let row = 0; row < rows; row++) {
      entries = Math.max(entries, starts[row + 1] - starts[row])
      if (sequences) steps = Math.max(steps, sequences.starts[row + 1] - sequences.starts[row])
    }
  }
  return { vocabulary: sequences?.vocabulary ?? 0, columns, steps, entries: entries * MICRO_BATCH_ROWS }
}

function shareOfRate(epochs: number, { lastRate, horizon }: TrainingSettings): number {
  return epochs >= horizon ? lastRate : 1 - (1 - lastRate) * (epochs / horizon)
}

/** A whole power by repeated squaring: the engine's own may differ in the last bit. */
function power(base: number, exponent: number): number {
  let [result, square] = [1, base]
  for (let left = exponent; left > 0; left = Math.floor(left / 2)) {
    if (left % 2 === 1) result *= square
    square *= square
  }
  return result
}

/** A seed for the n-th of something. */
function mix(seed: number, n: number): number {
  return seededRandom((Math.imul(seed, 0x9e3779b9) ^ Math.imul(n + 1, 0x85ebca6b)) >>> 0).below(2 ** 32)
}

function checkpointOf(
  architecture: Architecture,
  x: SparseMatrix,
  y: Uint32Array,
  classes: number,
  settings: TrainingSettings,
  { checkpoints, fast = false }: TrainingResources,
): Checkpoint | null {
  if (checkpoints === undefined) return null
  const { starts, indices, values, sequences } = x
  const arrays = [y, starts, indices, values, sequences?.starts, sequences?.tokens]
  const hashes = arrays.map((array) => (array ? contentHash(bytesOf(array)) : ''))
  const engine = fast ? chooseEngine({ fast }) : floatBytesOf(chooseEngine())
  const plain = [architecture, settings, classes, x.columns, sequences?.vocabulary ?? 0, engine, hashes]
  return checkpointIn(checkpoints, [JSON.stringify(plain)])
}

type Learned = readonly (Float32Array | Float64Array)[]

/** Puts back what a checkpoint holds. @returns the losses of the epochs that are done; none where there is no checkpoint */
function resume(checkpoint: Checkpoint, learned: Learned): number[] {
  const state = checkpoint.load()
  if (!state) return []
  const bytes = learned.reduce((sum, array) => sum + array.byteLength, 0)
  const losses = new Float64Array(state.slice(bytes).buffer)
  let at = 0
  for (const array of learned) {
    const own = state.slice(at, at + array.byteLength)
    array.set(array instanceof Float32Array ? new Float32Array(own.buffer) : new Float64Array(own.buffer))
    at += array.byteLength
  }
  return [...losses]
}

function save(checkpoint: Checkpoint, learned: Learned, losses: readonly number[]): void {
  const parts = [...learned.map(bytesOf), bytesOf(Float64Array.from(losses))]
  checkpoint.save(Buffer.concat(parts))
}

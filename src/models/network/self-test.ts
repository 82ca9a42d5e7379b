import { type Random, seededRandom } from '../../core/index.ts'
import type { SparseMatrix } from '../../features/index.ts'
import { type EngineName, floatBytesOf, openEngine } from '../../kernels/network/engine.ts'
import type { Architecture } from './architecture.ts'
import { assembleCrew, BETA1, BETA2 } from './crew.ts'
import { layOut, MICRO_BATCH_ROWS, type NetworkSize } from './layout.ts'
import { initialise, openNetwork } from './network.ts'
import { sizesOf } from './train-network.ts'

/** An engine that does not compute what it should. */
export interface EngineFault {
  readonly engine: EngineName
  readonly problem: string
}

/** Small networks that together have every kind of layer, of sizes that fill no vector evenly. */
const ARCHITECTURES: readonly Architecture[] = [
  {
    sequence: [
      { layer: 'embedding-convolution', maps: 37, width: 3 },
      { layer: 'activation', of: 'relu' },
      { layer: 'max-pool', size: 2 },
      { layer: 'convolution', maps: 21, width: 3 },
      { layer: 'activation', of: 'tanh' },
      { layer: 'lstm', units: 19, directions: 2 },
      { layer: 'attention-pool' },
    ],
    columns: [
      { layer: 'dense', units: 18 },
      { layer: 'activation', of: 'relu' },
    ],
    head: [
      { layer: 'dropout', rate: 0.3 },
      { layer: 'dense', units: 35 },
      { layer: 'activation', of: 'tanh' },
    ],
  },
  ...(['mean-pool', 'max-over-time'] as const).map((layer) => ({
    sequence: [{ layer: 'embedding-convolution', maps: 9, width: 1 }, { layer }] as const,
    columns: [],
    head: [],
  })),
]

const [CLASSES, VOCABULARY, COLUMNS] = [3, 11, 13]
const LENGTHS = [9, 0, 7, 1, 12, 5, 3, 12, 10, 2, 8, 9, 4, 5, 1, 6, 11, 8]
const SEED = 11

/** Most that gradients in float32 may lie from those in float64, as a share of their norm. */
const TOLERANCE = 1e-5

/**
 * Lets engines learn a little and compares: `wasm` and those that fuse multiplications with additions come near the
 * reference, and all others give the very bytes of `wasm`. @returns those that do not
 * @param open opens them
 */
export function faultyEngines(engines: readonly EngineName[], open = openEngine): EngineFault[] {
  const faults = new Map<EngineName, string>()
  for (const architecture of ARCHITECTURES) {
    const exact = trial(architecture, 'wasm', openEngine)
    const reference = trial(architecture, 'reference', openEngine)
    for (const engine of engines) {
      const found = engine === 'wasm' ? exact : trial(architecture, engine, open)
      if (engine === 'wasm' || engine.endsWith('_fast')) {
        if (!(distance(found.gradients, reference.gradients) < TOLERANCE)) {
          faults.set(engine, 'is too far from the reference')
        }
      } else if (!isSame(found, exact)) faults.set(engine, 'does not give the bytes of WebAssembly')
    }
  }
  return Array.from(faults, ([engine, problem]) => ({ engine, problem }))
}

/** What a trial leaves: numbers by what they are. */
type Trial = Readonly<Record<'gradients' | 'weights' | 'moments' | 'decisions', Float64Array>>

/** One step over two micro-batches, the second not full, and what the network then decides. */
function trial(architecture: Architecture, engineName: EngineName, open: typeof openEngine): Trial {
  const random = seededRandom(SEED)
  const x = rowsOf(random)
  const y = Uint32Array.from(LENGTHS, () => random.below(CLASSES))
  const floatBytes = floatBytesOf(engineName)
  const own = { architecture, classes: CLASSES, microBatches: 2, threads: 1, floatBytes }
  const size: NetworkSize = { ...sizesOf(x), ...own }
  const layout = layOut(size)
  const engine = open(engineName, layout.bytes)
  const network = openNetwork(size, layout, engine, 0)
  const { floats, words } = network.run
  const { shared, weightCount } = layout
  initialise(network, SEED)
  // All engines begin with the same numbers.
  network.weights.set(Float32Array.from(network.weights))
  floats.set([1, 0.5, 2], shared.classWeights / floatBytes)
  const rows = Uint32Array.from(LENGTHS.keys())
  words.set(rows, shared.batchRows / 4)
  const numbersAt = (address: number, count = weightCount) =>
    Float64Array.from(floats.subarray(address / floatBytes, address / floatBytes + count))
  const learning = { scale: 1 / rows.length, smoothing: 0.1, seed: SEED }
  network.pack()
  const halves = [rows.subarray(0, MICRO_BATCH_ROWS), rows.subarray(MICRO_BATCH_ROWS)]
  halves.forEach((half, microBatch) => {
    network.learn(x, y, half, { ...learning, microBatch })
  })
  const gradients = numbersAt(shared.gradients, 2 * weightCount)
  const adam = {
    microBatches: 2,
    rate: 0.01,
    decay: 0.1,
    correction1: 1 / (1 - BETA1),
    correction2: 1 / (1 - BETA2),
  }
  const crew = assembleCrew(network, size, engine, x, y)
  crew.step({ ...learning, ...adam, rows: rows.length })
  crew.close()
  network.pack()
  return {
    gradients,
    weights: numbersAt(shared.weights),
    moments: Float64Array.from(shared.moments.flatMap((at) => [...numbersAt(at)])),
    decisions: network.decide(x, rows),
  }
}

/** Rows of random tokens and columns. */
function rowsOf(random: Random): SparseMatrix {
  const ends = (counts: readonly number[]) => {
    let sum = 0
    return Uint32Array.from([0, ...counts], (count) => (sum += count))
  }
  const starts = ends(LENGTHS)
  const columns = LENGTHS.map(() => [...Array(COLUMNS).keys()].filter(() => random.below(3) === 0))
  const indices = Uint32Array.from(columns.flat())
  return {
    rows: LENGTHS.length,
    columns: COLUMNS,
    starts: ends(columns.map(({ length }) => length)),
    indices,
    values: Float64Array.from(indices, () => Math.fround(random.unit() * 2)),
    sequences: {
      vocabulary: VOCABULARY,
      starts,
      tokens: Uint32Array.from({ length: starts[LENGTHS.length] }, () => random.below(VOCABULARY)),
    },
  }
}

function isSame(a: Trial, b: Trial): boolean {
  return (Object.keys(a) as (keyof Trial)[]).every((part) =>
    a[part].every((number, i) => Object.is(number, b[part][i])),
  )
}

/** ‖a - b‖ / ‖b‖ */
function distance(a: Float64Array, b: Float64Array): number {
  const square = (sum: number, number: number) => sum + number * number
  const differences = a.map((number, i) => number - b[i])
  return Math.sqrt(differences.reduce(square, 0) / b.reduce(square, 0))
}

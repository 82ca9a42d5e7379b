import { describe, expect, it } from 'vitest'
import { randomSequences } from '../../../test/made-up-sequences.ts'
import { seededRandom } from '../../core/index.ts'
import { availableEngines, type EngineName, floatBytesOf, openEngine } from '../../kernels/network/engine.ts'
import type { Architecture } from './architecture.ts'
import { layOut, MICRO_BATCH_ROWS } from './layout.ts'
import { initialise, type Network, openNetwork } from './network.ts'

const CONVOLUTIONS = [
  { layer: 'embedding-convolution', maps: 5, width: 3 },
  { layer: 'activation', of: 'relu' },
  { layer: 'max-pool', size: 2 },
  { layer: 'convolution', maps: 4, width: 3 },
] as const

const ARCHITECTURES: Readonly<Record<string, Architecture>> = {
  'convolutions and LSTM': {
    sequence: [
      ...CONVOLUTIONS,
      { layer: 'activation', of: 'tanh' },
      { layer: 'max-pool', size: 2 },
      { layer: 'lstm', units: 3, directions: 1 },
      { layer: 'mean-pool' },
    ],
    columns: [],
    head: [{ layer: 'dropout', rate: 0.4 }],
  },
  'both directions, attention and columns': {
    sequence: [...CONVOLUTIONS, { layer: 'lstm', units: 3, directions: 2 }, { layer: 'attention-pool' }],
    columns: [
      { layer: 'dense', units: 3 },
      { layer: 'activation', of: 'tanh' },
    ],
    head: [
      { layer: 'dense', units: 5 },
      { layer: 'activation', of: 'relu' },
      { layer: 'dropout', rate: 0.2 },
    ],
  },
  'wide convolution and the largest over time': {
    sequence: [
      { layer: 'embedding-convolution', maps: 3, width: 1 },
      { layer: 'convolution', maps: 4, width: 5 },
      { layer: 'max-pool', size: 3 },
      { layer: 'max-over-time' },
    ],
    columns: [],
    head: [],
  },
  'columns alone': {
    sequence: [],
    columns: [
      { layer: 'dense', units: 4 },
      { layer: 'activation', of: 'relu' },
    ],
    head: [],
  },
}

const CLASSES = 3
const VOCABULARY = 6
const COLUMNS = 7

/** A network of some architecture on an engine, with its data. */
function setUp(architecture: Architecture, engine: EngineName, lengths: readonly number[], seed: number) {
  const random = seededRandom(seed)
  const x = randomSequences(random, lengths, VOCABULARY, COLUMNS)
  const y = Uint32Array.from(lengths, () => random.below(CLASSES))
  const size = {
    architecture,
    vocabulary: VOCABULARY,
    columns: COLUMNS,
    classes: CLASSES,
    steps: Math.max(...lengths),
    entries: MICRO_BATCH_ROWS * COLUMNS,
    microBatches: 2,
    threads: 1,
    floatBytes: floatBytesOf(engine),
  } as const
  const layout = layOut(size)
  const opened = openEngine(engine, layout.bytes)
  const network = openNetwork(size, layout, opened, 0)
  initialise(network, seed + 1)
  // No weight is 0: at a kink of the rectifier there is no derivative.
  for (const [i, weight] of network.weights.entries())
    if (weight === 0) network.weights[i] = random.unit() - 0.5
  const { floats } = network.run
  const weightsOfClasses = [1, 0.5, 2]
  floats.set(weightsOfClasses, layout.shared.classWeights / size.floatBytes)
  const learn = () => {
    network.pack()
    const rows = Uint32Array.from(x.starts.subarray(0, x.rows).keys())
    network.learn(x, y, rows, { microBatch: 1, scale: 0.3, smoothing: 0.1, seed: 9 })
  }
  const gradients = () => {
    const from = network.run.gradients / size.floatBytes
    return Float64Array.from(floats.subarray(from, from + layout.weightCount))
  }
  /** The loss whose gradient `learn` gives, from the logits that it left. */
  const loss = () => {
    learn()
    const { logits } = layout.threads[0]
    const rows = network.run.words.subarray(layout.threads[0].input.rowNames / 4).subarray(0, x.rows)
    let sum = 0
    rows.forEach((row, i) => {
      const at = logits.values / size.floatBytes + i * CLASSES
      const own = Float64Array.from(floats.subarray(at, at + CLASSES))
      const all = Math.log(own.reduce((total, logit) => total + Math.exp(logit), 0))
      own.forEach((logit, k) => {
        const wanted = (k === y[row] ? 0.9 : 0) + 0.1 / CLASSES
        sum -= wanted * (logit - all) * weightsOfClasses[y[row]] * 0.3
      })
    })
    return sum
  }
  return { network, learn, gradients, loss }
}

const LENGTHS = [
  [9],
  [1, 2, 3, 4, 5, 6, 7],
  [12, 0, 5, 12, 1],
  Array.from({ length: MICRO_BATCH_ROWS }, (_, i) => (i * 7) % 11),
]

describe.each(Object.entries(ARCHITECTURES))('the gradients of %s', (_, architecture) => {
  it.each(LENGTHS.map((lengths, i) => [i, lengths] as const))(
    'are central differences, lengths %i',
    (i, lengths) => {
      const { network, learn, gradients, loss } = setUp(architecture, 'reference', lengths, 5 + i)
      learn()
      const found = gradients()
      const { weights } = network
      const step = 1e-6
      for (let w = 0; w < weights.length; w++) {
        const own = weights[w]
        weights[w] = own + step
        const above = loss()
        weights[w] = own - step
        const below = loss()
        weights[w] = own
        const difference = (above - below) / (2 * step)
        expect(Math.abs(found[w] - difference), nameOf(network, w)).toBeLessThan(
          2e-9 + 1e-7 * Math.abs(difference),
        )
      }
    },
  )

  it.each(availableEngines().map((engine) => [engine]))('agree between the reference and %s', (engine) => {
    for (const [i, lengths] of LENGTHS.entries()) {
      const [exact, fast] = (['reference', engine] as const).map((each) =>
        setUp(architecture, each, lengths, 5 + i),
      )
      fast.network.weights.set(exact.network.weights.map(Math.fround))
      exact.network.weights.set(fast.network.weights)
      exact.learn()
      fast.learn()
      const [want, got] = [exact.gradients(), fast.gradients()]
      const norm = Math.hypot(...want)
      expect(Math.hypot(...want.map((value, w) => value - got[w]))).toBeLessThan(1e-6 * norm)
    }
  })
})

describe('engines', () => {
  it('give the same bytes, but for those that fuse multiplications with additions', () => {
    for (const architecture of Object.values(ARCHITECTURES)) {
      for (const [i, lengths] of LENGTHS.entries()) {
        const exact = availableEngines().filter((engine) => !engine.endsWith('_fast'))
        const [first, ...others] = exact.map((engine) => {
          const { network, learn, gradients } = setUp(architecture, engine, lengths, 5 + i)
          learn()
          return { engine, gradients: gradients(), weights: Float64Array.from(network.weights) }
        })
        for (const other of others) {
          expect(other.gradients, other.engine).toEqual(first.gradients)
          expect(other.weights, other.engine).toEqual(first.weights)
        }
      }
    }
  })
})

function nameOf({ layout }: Network, weight: number): string {
  const parameter = layout.parameters.findLast(({ at }) => at <= weight)!
  return `${parameter.name}[${weight - parameter.at}]`
}

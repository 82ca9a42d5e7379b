import { describe, expect, it } from 'vitest'
import { randomSequences } from '../../../test/made-up-sequences.ts'
import { largestDifference, onnxInputs, runOnnx } from '../../../test/onnx-runtime.ts'
import { exp, logSumExp, type Random, seededRandom, sigmoid } from '../../core/index.ts'
import { calibrate } from '../calibration.ts'
import type { Tensor } from '../classifier.ts'
import type { Architecture, Layer } from '../network/architecture.ts'
import { layOut } from '../network/layout.ts'
import type { Trained } from '../trained.ts'
import { calibrationGraph } from './calibration-graph.ts'
import { makeGraph } from './graph.ts'
import { networkGraph } from './network-graph.ts'
import { onnxFile } from './onnx-file.ts'
import { inputRows } from './ports.ts'

const VOCABULARY = 7
const COLUMNS = 5
const CLASSES = 3

type Weights = (name: string) => Tensor['data']
type Matrix = number[][]

const tanh = (x: number) => 2 * sigmoid(2 * x) - 1
const sumOf = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0)

/** The product of a row with a kernel [inputs, units], and a bias. */
function dense(x: readonly number[], kernel: Tensor['data'], bias: Tensor['data']): number[] {
  const units = bias.length
  return Array.from(bias, (own, u) => own + sumOf(x.map((value, i) => value * kernel[i * units + u]!)))
}

/** One layer by its definition, in float64: a sequence has a row a step, anything else one row. */
function applyLayer(layer: Layer, x: Matrix, weights: Weights): Matrix {
  switch (layer.layer) {
    case 'embedding-convolution':
    case 'convolution': {
      const [kernel, bias, maps] = [weights('kernel'), weights('bias'), layer.maps]
      const inputs = x[0]?.length ?? 0
      return x.map((_, t) =>
        Array.from(bias, (own, m) => {
          let sum = own
          for (let k = 0; k < layer.width; k++) {
            const there = x[t + k - (layer.width - 1) / 2] ?? []
            there.forEach((value, c) => {
              sum += value * kernel[(k * inputs + c) * maps + m]!
            })
          }
          return sum
        }),
      )
    }
    case 'activation':
      return x.map((row) => row.map((value) => (layer.of === 'relu' ? Math.max(0, value) : tanh(value))))
    case 'max-pool':
      return Array.from({ length: Math.ceil(x.length / layer.size) }, (_, w) => {
        const window = x.slice(w * layer.size, (w + 1) * layer.size)
        return window[0]!.map((_, c) => Math.max(...window.map((row) => row[c]!)))
      })
    case 'lstm': {
      const forward = recur(x, layer.units, weights('kernel'), weights('bias'))
      if (layer.directions === 1) return forward
      const turned = recur([...x].reverse(), layer.units, weights('kernel.1'), weights('bias.1')).reverse()
      return forward.map((row, t) => [...row, ...turned[t]!])
    }
    case 'dense':
      return x.map((row) => dense(row, weights('kernel'), weights('bias')))
    case 'dropout':
      return x
    default:
      return [pool(layer.layer, x, weights)]
  }
}

function recur(x: Matrix, units: number, kernel: Tensor['data'], bias: Tensor['data']): Matrix {
  let state: number[] = new Array(units).fill(0)
  let cells: number[] = new Array(units).fill(0)
  return x.map((row) => {
    const z = dense([...row, ...state], kernel, bias)
    const gate = (g: number, u: number) => z[g * units + u]!
    cells = cells.map((c, u) => sigmoid(gate(1, u)) * c + sigmoid(gate(0, u)) * tanh(gate(2, u)))
    state = cells.map((c, u) => sigmoid(gate(3, u)) * tanh(c))
    return state
  })
}

function pool(kind: Layer['layer'], x: Matrix, weights: Weights): number[] {
  const channels = x[0]!.map((_, c) => x.map((row) => row[c]!))
  if (kind === 'mean-pool') return channels.map((channel) => sumOf(channel) / x.length)
  if (kind === 'max-over-time') return channels.map((channel) => Math.max(...channel))
  const query = weights('kernel')
  const scores = x.map((row) => sumOf(row.map((value, c) => value * query[c]!)))
  const all = logSumExp(scores)
  return channels.map((channel) => sumOf(channel.map((value, t) => value * exp(scores[t]! - all))))
}

/** Logarithms of the softmax of one row, by the definition. */
function decide(
  architecture: Architecture,
  tokens: readonly number[],
  row: number[],
  weights: Weights,
): number[] {
  const through = (layers: readonly Layer[], name: string, from: Matrix) =>
    layers.reduce((x, layer, i) => applyLayer(layer, x, (own) => weights(`${name}.${i}.${own}`)), from)
  const { sequence, columns, head } = architecture
  const oneHot = (ids: readonly number[]) =>
    ids.map((id) => Array.from({ length: VOCABULARY }, (_, v) => (v === id ? 1 : 0)))
  const pooled =
    sequence.length === 0 ? [] : through(sequence, 'sequence', oneHot(tokens.length > 0 ? tokens : [0]))[0]!
  // Of no steps there is nothing to pool.
  const summary = tokens.length > 0 ? pooled : pooled.map(() => 0)
  const beside = columns.length === 0 ? [] : through(columns, 'columns', [row])[0]!
  const [last] = through(head, 'head', [[...summary, ...beside]])
  const logits = dense(last!, weights('output.kernel'), weights('output.bias'))
  const all = logSumExp(logits)
  return logits.map((logit) => logit - all)
}

/** A network with random weights, as much of it as the graph looks at. */
function madeUp(architecture: Architecture, members: number, random: Random): Trained {
  const { parameters } = layOut({
    ...{ architecture, vocabulary: VOCABULARY, columns: COLUMNS, classes: CLASSES },
    ...{ steps: 0, entries: 0, microBatches: 0, threads: 1, floatBytes: 4 },
  })
  const tensors: Record<string, Tensor> = { losses: { shape: [1], data: Float64Array.of(1) } }
  for (let member = 0; member < members; member++) {
    for (const { name, shape } of parameters) {
      const data = Float32Array.from(
        { length: shape.reduce((a, b) => a * b, 1) },
        () => 2 * random.unit() - 1,
      )
      tensors[`${member}.${name}`] = { shape, data }
    }
  }
  const names = Array.from({ length: COLUMNS }, (_, column) => `column ${column}`)
  return { model: { tensors }, encoder: { names } } as unknown as Trained
}

/** What onnxruntime makes of the rows of a network, beside what the definition makes of them. */
async function compare(
  architecture: Architecture,
  members: number,
  lengths: readonly number[],
  seed: number,
) {
  const random = seededRandom(seed)
  const trained = madeUp(architecture, members, random)
  const x = randomSequences(random, lengths, VOCABULARY, COLUMNS)
  const graph = makeGraph('network')
  const rows = inputRows(graph, trained.encoder)
  const decisions = networkGraph(graph, { tensors: trained.model.tensors, rows }, architecture)
  const shape = ['rows', CLASSES]
  graph.output('decisions', shape, decisions)
  graph.output('probabilities', shape, calibrationGraph(graph, { temperature: 1.7 }, decisions))
  const { inputs, outputs } = graph.parts()
  const model = { parts: onnxFile(graph.parts(), {}), inputs, outputs }
  // What is no token stands behind the sequences.
  const found = await runOnnx(
    model,
    onnxInputs(model, x, () => random.below(2000) - 1000),
  )
  const wanted = lengths.flatMap((length, row) => {
    const row0 = x.sequences!.starts[row]!
    const tokens = Array.from(x.sequences!.tokens.subarray(row0, row0 + length))
    const dense = new Array<number>(COLUMNS).fill(0)
    for (let i = x.starts[row]!; i < x.starts[row + 1]!; i++) dense[x.indices[i]!] = x.values![i]!
    const all = Array.from({ length: members }, (_, member) =>
      decide(architecture, tokens, dense, (name) => trained.model.tensors[`${member}.${name}`]!.data),
    )
    return all[0]!.map((_, k) => sumOf(all.map((each) => each[k]!)) / members)
  })
  const probabilities = calibrate({ temperature: 1.7 }, Float64Array.from(wanted), CLASSES)
  return {
    inputs: inputs.map(({ name }) => name),
    decisions: largestDifference(found.decisions!, wanted),
    probabilities: largestDifference(found.probabilities!, probabilities),
  }
}

const EMBEDDING = { layer: 'embedding-convolution', maps: 5, width: 3 } as const
const CONVOLUTIONS: readonly Layer[] = [
  EMBEDDING,
  { layer: 'activation', of: 'relu' },
  { layer: 'max-pool', size: 2 },
  { layer: 'convolution', maps: 4, width: 5 },
]

const ARCHITECTURES: Readonly<Record<string, Architecture>> = {
  'convolutions and LSTM': {
    sequence: [
      ...CONVOLUTIONS,
      { layer: 'activation', of: 'tanh' },
      { layer: 'max-pool', size: 3 },
      { layer: 'lstm', units: 6, directions: 1 },
      { layer: 'mean-pool' },
    ],
    columns: [],
    head: [{ layer: 'dropout', rate: 0.5 }],
  },
  'both directions, attention and columns': {
    sequence: [...CONVOLUTIONS, { layer: 'lstm', units: 4, directions: 2 }, { layer: 'attention-pool' }],
    columns: [
      { layer: 'dense', units: 6 },
      { layer: 'activation', of: 'tanh' },
    ],
    head: [
      { layer: 'dense', units: 8 },
      { layer: 'activation', of: 'relu' },
      { layer: 'dropout', rate: 0.2 },
    ],
  },
  'the largest over time': {
    sequence: [{ ...EMBEDDING, width: 1 }, ...CONVOLUTIONS.slice(2), { layer: 'max-over-time' }],
    columns: [],
    head: [],
  },
  'two LSTMs': {
    sequence: [
      { ...EMBEDDING, width: 7 },
      { layer: 'lstm', units: 3, directions: 2 },
      { layer: 'lstm', units: 5, directions: 2 },
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
      { layer: 'dense', units: 4 },
    ],
    head: [{ layer: 'activation', of: 'tanh' }],
  },
}

describe.each(Object.entries(ARCHITECTURES))('the ONNX form of a network of %s', (_, architecture) => {
  it.each([
    ['one row', [9], 1],
    ['rows of every length', [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13], 1],
    ['only rows without steps', [0, 0], 1],
    ['long rows', [300, 1, 257], 1],
    ['three members', [12, 0, 5, 12, 1], 3],
  ])('agrees with the definition on %s', async (_, lengths, members) => {
    for (let seed = 1; seed <= 5; seed++) {
      const { decisions, probabilities } = await compare(architecture, members, lengths, seed)
      expect(decisions).toBeLessThan(1e-5)
      expect(probabilities).toBeLessThan(1e-5)
    }
  })

  it('asks for what it reads', async () => {
    const reads = [
      ...(architecture.sequence.length > 0 ? ['tokens', 'lengths'] : []),
      ...(architecture.columns.length > 0 ? ['columns'] : []),
    ]
    expect((await compare(architecture, 1, [3], 1)).inputs).toEqual(reads)
  })
})

import { beforeAll, describe, expect, it } from 'vitest'
import { randomSequences } from '../../../test/made-up-sequences.ts'
import { pythonWith, runPython } from '../../../test/python.ts'
import { seededRandom } from '../../core/index.ts'
import type { SparseMatrix } from '../../features/index.ts'
import {
  availableEngines,
  type EngineName,
  FIRST_ADDRESS,
  floatBytesOf,
  openEngine,
} from '../../kernels/network/engine.ts'
import type { Architecture } from './architecture.ts'
import { namedNetworks } from './architectures.ts'
import { BETA1, BETA2, EPSILON } from './crew.ts'
import { layOut, MICRO_BATCH_ROWS } from './layout.ts'
import { initialise, openNetwork } from './network.ts'
import { sizesOf } from './train-network.ts'

const python = pythonWith('torch')

/**
 * The same networks in PyTorch, in float64. Every row goes through alone, so nothing is padded, and nothing can hide in how
 * that is masked. Its own `weight=` counts classes otherwise under smoothing, so rows are weighted here.
 */
const SCRIPT = `
import json, sys
import torch
import torch.nn.functional as F
torch.set_default_dtype(torch.float64)
torch.set_num_threads(1)

def lstm(layer, x, weight):
    inputs, flat = x.shape[1], []
    suffixes = ['', '.1'][:layer['directions']]
    for suffix in suffixes:
        kernel, bias = weight('kernel' + suffix), weight('bias' + suffix)
        flat += [kernel[:inputs].T, kernel[inputs:].T, bias, torch.zeros_like(bias)]
    zeros = torch.zeros(len(suffixes), 1, layer['units'])
    out, _, _ = torch.lstm(x.permute(2, 0, 1), (zeros, zeros), flat, True, 1, 0.0, False, len(suffixes) == 2, False)
    return out.permute(1, 2, 0)

def attention(x, query):
    shares = torch.softmax(torch.einsum('bct,c->bt', x, query), 1)
    return torch.einsum('bct,bt->bc', x, shares)

def convolution(layer, x, weight):
    return F.conv1d(x, weight('kernel').permute(2, 1, 0), weight('bias'), padding=layer['width'] // 2)

LAYERS = {
    'embedding-convolution': convolution,
    'convolution': convolution,
    'activation': lambda layer, x, weight: torch.relu(x) if layer['of'] == 'relu' else torch.tanh(x),
    'max-pool': lambda layer, x, weight: F.max_pool1d(x, layer['size'], ceil_mode=True),
    'lstm': lstm,
    'mean-pool': lambda layer, x, weight: x.mean(2),
    'max-over-time': lambda layer, x, weight: x.max(2).values,
    'attention-pool': lambda layer, x, weight: attention(x, weight('kernel')),
    'dropout': lambda layer, x, weight: F.dropout(x, layer['rate']),
    'dense': lambda layer, x, weight: x @ weight('kernel') + weight('bias'),
}

def through(branch, layers, x, weights):
    for i, layer in enumerate(layers):
        x = LAYERS[layer['layer']](layer, x, lambda name: weights[f'{branch}.{i}.{name}'])
    return x

def logits(given, row, weights):
    parts, architecture = [], given['architecture']
    tokens = torch.tensor(given['tokens'][row], dtype=torch.int64)
    if architecture['sequence']:
        one_hot = F.one_hot(tokens if len(tokens) else torch.tensor([0]), given['vocabulary']).T[None].double()
        pooled = through('sequence', architecture['sequence'], one_hot, weights)
        parts.append(pooled if len(tokens) else torch.zeros_like(pooled))
    if architecture['columns']:
        columns = torch.tensor([given['columns'][row]], dtype=torch.float64)
        parts.append(through('columns', architecture['columns'], columns, weights))
    head = through('head', architecture['head'], torch.cat(parts, 1), weights)
    return head @ weights['output.kernel'] + weights['output.bias']

def learn(given):
    flat = torch.tensor(given['weights'], requires_grad=True)
    weights = {p['name']: flat[p['at']:p['at'] + p['count']].view(p['shape']) for p in given['parameters']}
    found = torch.cat([logits(given, row, weights) for row in range(len(given['y']))])
    y = torch.tensor(given['y'])
    own = torch.tensor(given['class_weights'])[y]
    each = F.cross_entropy(found, y, label_smoothing=given['smoothing'], reduction='none')
    ((each * own).sum() / own.sum()).backward()
    losses = F.cross_entropy(found, y, reduction='none')
    return {'gradients': flat.grad.tolist(), 'losses': losses.tolist()}

def adam(given):
    weights = torch.tensor(given['weights'], requires_grad=True)
    adam = torch.optim.AdamW([weights], lr=given['rate'], weight_decay=given['decay'])
    for gradient in given['gradients']:
        weights.grad = torch.tensor(gradient)
        adam.step()
    return weights.tolist()

given = json.load(sys.stdin)
print(json.dumps({'cases': [learn(each) for each in given['cases']], 'adam': adam(given['adam'])}))`

const CLASS_WEIGHTS = [1, 0.5, 2, 1.5, 0.25, 1, 3, 1, 0.75]
const CLASSES = CLASS_WEIGHTS.length
const VOCABULARY = 60
const COLUMNS = 12

/** A named network with its own settings, but for some, and without dropout. */
function layersOf(name: string, settings: Readonly<Record<string, number>> = {}): Architecture {
  const network = namedNetworks.find((each) => each.name === name)!
  const own = Object.fromEntries(network.settings.map(({ name, otherwise }) => [name, otherwise]))
  return network.layers({ ...own, ...settings, dropout: 0 })
}

const [MEAN, LARGEST, ATTENTION] = [0, 1, 2]
const NETWORKS: Readonly<Record<string, Architecture>> = {
  'cnn-lstm of the article’s size': layersOf('cnn-lstm'),
  'a small cnn-lstm': layersOf('cnn-lstm', { maps1: 3, maps2: 5, filter: 5, pool: 3, units: 7, rectify: 0 }),
  'cnn-lstm in both directions, with attention, beside dense layers over the columns': {
    ...layersOf('cnn-lstm', { maps1: 6, maps2: 9, units: 10, directions: 2, pooling: ATTENTION }),
    columns: layersOf('feedforward', { hidden: 11 }).columns,
  },
  'cnn, the mean over time': layersOf('cnn', { pooling: MEAN }),
  'cnn, the largest over time': layersOf('cnn', { maps1: 7, maps2: 21, pooling: LARGEST }),
  'lstm in both directions': layersOf('lstm', { embedding: 17, units: 19, directions: 2 }),
  feedforward: layersOf('feedforward', { hidden: 20 }),
}

/** Lengths of the sequences of batches; the last takes two micro-batches. */
const BATCHES = [
  [200],
  [0],
  [0, 1, 2, 3, 120],
  [7, 1, 0, 64, 5, 6, 7, 31, 2, 200, 4, 0, 3],
  Array.from({ length: 16 }, (_, i) => (i * 29) % 90),
  Array.from({ length: 21 }, (_, i) => (i * 13 + 8) % 40),
]
const SMOOTHINGS = [0, 0.1]

interface Case {
  readonly name: string
  readonly architecture: Architecture
  readonly x: SparseMatrix
  readonly y: Uint32Array
  readonly smoothing: number
  readonly seed: number
}

const cases: readonly Case[] = Object.entries(NETWORKS).flatMap(([name, architecture], n) =>
  BATCHES.flatMap((lengths, b) => {
    const seed = 100 * n + b
    const random = seededRandom(seed)
    const x = randomSequences(random, lengths, VOCABULARY, COLUMNS)
    const y = Uint32Array.from(lengths, () => random.below(CLASSES))
    return SMOOTHINGS.map((smoothing) => ({ name, architecture, x, y, smoothing, seed }))
  }),
)

/** A network on an engine, with weights that are numbers of float32, none of them 0. */
function open({ architecture, x, seed }: Case, engine: EngineName) {
  const size = {
    ...{ architecture, ...sizesOf(x), classes: CLASSES, microBatches: 2, threads: 1 },
    floatBytes: floatBytesOf(engine),
  }
  const layout = layOut(size)
  const network = openNetwork(size, layout, openEngine(engine, layout.bytes), 0)
  const random = seededRandom(seed + 1000)
  initialise(network, seed)
  network.weights.forEach((weight, i) => {
    network.weights[i] = Math.fround(weight === 0 ? random.unit() - 0.5 : weight)
  })
  return { network, layout, floatBytes: size.floatBytes }
}

/** Gradients and losses of a batch, micro-batch by micro-batch. */
function learn(each: Case, engine: EngineName): { gradients: Float64Array; losses: number[] } {
  const { network, layout, floatBytes } = open(each, engine)
  const { x, y, smoothing } = each
  const { floats, words } = network.run
  floats.set(CLASS_WEIGHTS, layout.shared.classWeights / floatBytes)
  const scale = 1 / y.reduce((sum, k) => sum + CLASS_WEIGHTS[k], 0)
  const gradients = new Float64Array(layout.weightCount)
  const losses: number[] = []
  network.pack()
  for (let from = 0, microBatch = 0; from < y.length; from += MICRO_BATCH_ROWS, microBatch++) {
    const count = Math.min(MICRO_BATCH_ROWS, y.length - from)
    const rows = Array.from({ length: count }, (_, i) => from + i)
    network.learn(x, y, rows, { microBatch, scale, smoothing, seed: 1 })
    const at = network.run.gradients / floatBytes
    gradients.forEach((_, i) => {
      gradients[i] += floats[at + i]
    })
    const names = words.subarray(layout.threads[0].input.rowNames / 4).subarray(0, count)
    network.losses(microBatch, count).forEach((loss, i) => {
      losses[names[i]] = loss
    })
  }
  return { gradients, losses }
}

/** A case as the script takes it. */
function asked(each: Case) {
  const { architecture, x, y, smoothing } = each
  const { network, layout } = open(each, 'reference')
  const { starts, tokens, vocabulary } = x.sequences!
  const dense = (row: number) => {
    const values = new Array<number>(COLUMNS).fill(0)
    for (let i = x.starts[row]; i < x.starts[row + 1]; i++) values[x.indices[i]] = x.values![i]
    return values
  }
  const rows = [...y.keys()]
  return {
    ...{ architecture, vocabulary, smoothing, class_weights: CLASS_WEIGHTS, y: [...y] },
    tokens: rows.map((row) => [...tokens.subarray(starts[row], starts[row + 1])]),
    columns: rows.map(dense),
    weights: [...network.weights],
    parameters: layout.parameters.map((parameter) => ({ ...parameter, count: countOf(parameter.shape) })),
  }
}

const countOf = (shape: readonly number[]) => shape.reduce((product, n) => product * n, 1)
const norm = (values: Float64Array) => Math.sqrt(values.reduce((sum, value) => sum + value * value, 0))

const distance = (a: Float64Array, b: Float64Array) => norm(a.map((value, i) => value - b[i]))

const STEPS = 7
const ADAM = (() => {
  const random = seededRandom(7)
  const numbers = (scale: number) =>
    Array.from({ length: 1001 }, () => Math.fround((random.unit() - 0.5) * scale))
  const gradients = Array.from({ length: STEPS }, (_, step) => numbers(10 ** (step % 3) / 100))
  return { weights: numbers(1), gradients, rate: 0.003, decay: 0.05 }
})()

/** The weights after the steps of ADAM, each gradient as the sum of two micro-batches. */
function takeSteps(engine: EngineName): Float64Array {
  const { weights, gradients, rate, decay } = ADAM
  const n = weights.length
  const [bytes, count] = [floatBytesOf(engine), 1024]
  const { operations, buffer } = openEngine(engine, FIRST_ADDRESS + 5 * count * bytes)
  const at = Array.from({ length: 5 }, (_, i) => FIRST_ADDRESS + i * count * bytes)
  const floats = bytes === 8 ? new Float64Array(buffer) : new Float32Array(buffer)
  floats.set(weights, at[0] / bytes)
  gradients.forEach((gradient, i) => {
    const halves = gradient.map((value) => value / 2)
    for (const address of [at[3], at[4]]) floats.set(halves, address / bytes)
    const corrections = [BETA1, BETA2].map((beta) => 1 / (1 - beta ** (i + 1)))
    const rest = [rate, BETA1, BETA2, EPSILON, decay, corrections[0], corrections[1]] as const
    operations.adam(at[0], at[1], at[2], at[3], count, 2, n, ...rest)
  })
  return Float64Array.from(floats.subarray(at[0] / bytes, at[0] / bytes + n))
}

/** The reference is in float64 as well, the others in float32. */
const engines = [
  { engine: 'reference', within: 1e-12 } as const,
  ...availableEngines().map((engine) => ({ engine, within: 1e-6 })),
]

describe.skipIf(!python)('against PyTorch in float64', () => {
  let answers: { cases: { gradients: number[]; losses: number[] }[]; adam: number[] }

  beforeAll(() => {
    const given = { cases: cases.map(asked), adam: ADAM }
    answers = runPython(python!, SCRIPT, given) as typeof answers
  }, 300_000)

  describe.each(engines)('the engine $engine', ({ engine, within }) => {
    it.each(Object.keys(NETWORKS))('has the gradients and losses of %s', (network) => {
      cases.forEach((each, i) => {
        if (each.name !== network) return
        const { gradients, losses } = learn(each, engine)
        const want = Float64Array.from(answers.cases[i].gradients)
        const what = `batch of ${each.y.length}, smoothing ${each.smoothing}`
        const all = norm(want)
        expect(distance(gradients, want), what).toBeLessThanOrEqual(within * all)
        for (const { name, shape, at } of open(each, 'reference').layout.parameters) {
          const [got, own] = [gradients, want].map((of) => of.subarray(at, at + countOf(shape)))
          // A tenth of the whole: that of an attention's query is a small difference of large terms.
          const most = within * (norm(own) + all / 10)
          expect(distance(got, own), `${what}: ${name}`).toBeLessThanOrEqual(most)
        }
        losses.forEach((found, row) => {
          const loss = answers.cases[i].losses[row]
          expect(Math.abs(found - loss), `${what}: row ${row}`).toBeLessThan(within * (1 + loss))
        })
      })
    })

    it('takes the steps of AdamW', () => {
      const want = Float64Array.from(answers.adam)
      expect(distance(takeSteps(engine), want)).toBeLessThan(within * norm(want))
    })
  })
})

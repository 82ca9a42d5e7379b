import type { Tensor } from '../classifier.ts'
import type { Layer } from '../network/architecture.ts'
import { END, type Graph, type Value } from './graph.ts'
import { floatOf, masked, ownSteps, type Steps } from './steps.ts'

/** Below everything that can be the largest. */
const LOWEST = -3.4028234663852886e38

/** Tokens of a graph, as its inputs give them. */
export interface TokenInputs {
  /** int64 [rows, steps] */
  readonly tokens: Value
  /** int64 [rows], 0 … steps */
  readonly lengths: Value
  /** bool [rows, steps] */
  readonly own: Value
}

/** What a layer learned, by the names that its kind gives them. */
export type Learned = (name: string) => Tensor & { readonly data: Float32Array }

/** The inputs `tokens` and `lengths`; a length outside 0 … steps counts as the nearer end. */
export function tokenInputs(graph: Graph): TokenInputs {
  const tokens = graph.input({ name: 'tokens', type: 'int64', shape: ['rows', 'steps'] })
  const stated = graph.input({ name: 'lengths', type: 'int64', shape: ['rows'] })
  const steps = graph.node('Shape', [tokens], { start: 1, end: 2 })
  const lengths = graph.node('Max', [graph.node('Min', [stated, steps]), graph.whole(0)])
  return { tokens, lengths, own: ownSteps(graph, lengths, tokens) }
}

/** Convolution of one-hot tokens: for each place of the filter the kernel's row of the token there, or zeros beyond the ends. */
export function embedTokens(graph: Graph, { tokens, lengths, own }: TokenInputs, learned: Learned): Steps {
  const { shape, data } = learned('kernel')
  const [width, vocabulary, maps] = shape
  const beside = (width - 1) / 2
  const nothing = graph.whole(vocabulary)
  const known = graph.node('Where', [own, tokens, nothing])
  const padded = graph.node('Pad', [known, graph.whole(0, beside, 0, beside), scalarOf(graph, nothing)])
  const taps = Array.from({ length: width }, (_, k) => {
    const rows = new Float32Array((vocabulary + 1) * maps)
    rows.set(data.subarray(k * vocabulary * maps, (k + 1) * vocabulary * maps))
    const end = k + 1 < width ? k + 1 - width : END
    const there = graph.node('Slice', [padded, graph.whole(k), graph.whole(end), graph.whole(1)])
    return graph.node('Gather', [graph.constant('embedding', [vocabulary + 1, maps], rows), there])
  })
  const bias = graph.constant('bias', [maps], learned('bias').data)
  const values = graph.node('Add', [graph.node('Sum', taps), bias])
  return { values, lengths, own: graph.node('Unsqueeze', [own, graph.whole(2)]) }
}

/** One layer over steps; of those that pool over time, one row a sequence. */
export function stepLayer(graph: Graph, layer: Layer, x: Steps, learned: Learned): Steps | Value {
  switch (layer.layer) {
    case 'convolution':
      return { ...x, values: convolve(graph, x, learned) }
    case 'activation':
      return { ...x, values: graph.node(layer.of === 'relu' ? 'Relu' : 'Tanh', [x.values]) }
    case 'max-pool':
      return maxPool(graph, x, layer.size)
    case 'lstm':
      return { ...x, values: lstm(graph, x, layer.units, layer.directions, learned) }
    case 'mean-pool':
      return meanPool(graph, x)
    case 'max-over-time':
      return maxOverTime(graph, x)
    case 'attention-pool':
      return attentionPool(graph, x, learned)
    default:
      throw new RangeError(`network: ${layer.layer} does not take steps`)
  }
}

function convolve(graph: Graph, x: Steps, learned: Learned): Value {
  const { shape, data } = learned('kernel')
  const [width, inputs, maps] = shape
  // [maps, inputs, width] of [width, inputs, maps]
  const turned = Float32Array.from(data, (_, i) => {
    const [m, c, k] = [Math.floor(i / (inputs * width)), Math.floor(i / width) % inputs, i % width]
    return data[(k * inputs + c) * maps + m]
  })
  const kernel = graph.constant('kernel', [maps, inputs, width], turned)
  const bias = graph.constant('bias', [maps], learned('bias').data)
  const beside = (width - 1) / 2
  const found = graph.node('Conv', [channelsFirst(graph, masked(graph, x, 0)), kernel, bias], {
    kernel_shape: [width],
    pads: [beside, beside],
  })
  return channelsFirst(graph, found)
}

/** [rows, channels, steps] of [rows, steps, channels], and back. */
function channelsFirst(graph: Graph, values: Value): Value {
  return graph.node('Transpose', [values], { perm: [0, 2, 1] })
}

function maxPool(graph: Graph, x: Steps, size: number): Steps {
  const windows = graph.node('MaxPool', [channelsFirst(graph, masked(graph, x, LOWEST))], {
    ceil_mode: 1,
    kernel_shape: [size],
    strides: [size],
  })
  const values = channelsFirst(graph, windows)
  const lengths = graph.node('Div', [
    graph.node('Add', [x.lengths, graph.whole(size - 1)]),
    graph.whole(size),
  ])
  const own = graph.node('Unsqueeze', [ownSteps(graph, lengths, values), graph.whole(2)])
  return { values, lengths, own }
}

/** Places of the gates i, f, g, o of taxon's kernels in the order of ONNX: i, o, f, g (which it calls c). */
const GATES = [0, 3, 1, 2]

function lstm(graph: Graph, x: Steps, units: number, directions: 1 | 2, learned: Learned): Value {
  const all = Array.from({ length: directions }, (_, d) => (d === 0 ? '' : `.${d}`))
  const kernels = all.map((suffix) => learned(`kernel${suffix}`).data)
  const inputs = kernels[0].length / (4 * units) - units
  /** The rows of the kernels from one on, gate by gate and unit by unit: [directions, 4 · units, rows]. */
  const weights = (label: string, from: number, rows: number) => {
    const turned = new Float32Array(directions * 4 * units * rows)
    turned.forEach((_, i) => {
      const [d, gate] = [Math.floor(i / (4 * units * rows)), Math.floor(i / (units * rows)) % 4]
      const [unit, row] = [Math.floor(i / rows) % units, i % rows]
      turned[i] = kernels[d][(from + row) * 4 * units + GATES[gate] * units + unit]
    })
    return graph.constant(label, [directions, 4 * units, rows], turned)
  }
  // Two biases, of which the second stays 0.
  const biases = new Float32Array(directions * 8 * units)
  all.forEach((suffix, d) => {
    const { data } = learned(`bias${suffix}`)
    GATES.forEach((from, gate) => {
      biases.set(data.subarray(from * units, (from + 1) * units), (8 * d + gate) * units)
    })
  })
  // A row without steps is given one, which nothing reads.
  const lengths = graph.cast(graph.node('Max', [x.lengths, graph.whole(1)]), 'int32')
  const stepsFirst = graph.node('Transpose', [masked(graph, x, 0)], { perm: [1, 0, 2] })
  const found = graph.node(
    'LSTM',
    [
      stepsFirst,
      weights('inputs', 0, inputs),
      weights('state', inputs, units),
      graph.constant('biases', [directions, 8 * units], biases),
      lengths,
    ],
    { direction: directions === 2 ? 'bidirectional' : 'forward', hidden_size: units },
  )
  // [steps, directions, rows, units]
  const rowsFirst = graph.node('Transpose', [found], { perm: [2, 0, 1, 3] })
  return graph.node('Reshape', [rowsFirst, graph.whole(0, 0, directions * units)])
}

function meanPool(graph: Graph, x: Steps): Value {
  const sums = graph.node('ReduceSum', [masked(graph, x, 0), graph.whole(1)], { keepdims: 0 })
  const counts = graph.cast(graph.node('Max', [x.lengths, graph.whole(1)]), 'float32')
  return graph.node('Div', [sums, graph.node('Unsqueeze', [counts, graph.whole(1)])])
}

function maxOverTime(graph: Graph, x: Steps): Value {
  const largest = graph.node('ReduceMax', [masked(graph, x, LOWEST)], { axes: [1], keepdims: 0 })
  const isAny = graph.node('Unsqueeze', [graph.node('Greater', [x.lengths, graph.whole(0)]), graph.whole(1)])
  return graph.node('Where', [isAny, largest, floatOf(graph, 0)])
}

function attentionPool(graph: Graph, x: Steps, learned: Learned): Value {
  const { data } = learned('kernel')
  const values = masked(graph, x, 0)
  const scores = graph.node('MatMul', [values, graph.constant('query', [data.length, 1], data)])
  const shares = graph.node('Softmax', [masked(graph, { ...x, values: scores }, LOWEST)], { axis: 1 })
  return graph.node('ReduceSum', [graph.node('Mul', [shares, values]), graph.whole(1)], { keepdims: 0 })
}

function scalarOf(graph: Graph, list: Value): Value {
  return graph.node('Squeeze', [list])
}

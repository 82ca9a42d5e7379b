import type { Architecture, Layer } from '../network/architecture.ts'
import type { Graph, Value } from './graph.ts'
import type { ModelParts } from './ports.ts'
import { embedTokens, type Learned, stepLayer, type TokenInputs } from './sequence-graph.ts'
import type { Steps } from './steps.ts'

/**
 * A network: the mean over its members of the logarithms of the softmax, as `networkModel` has it. Its inputs are those it
 * reads of `tokens` [rows, steps], ids of the vocabulary; `lengths` [rows], how many of a row's tokens are its own, so
 * that what stands behind them moves nothing; and `columns`. There must be a step, even where no row has any.
 */
export function networkGraph(
  graph: Graph,
  { tensors, rows }: Pick<ModelParts, 'tensors' | 'rows'>,
  architecture: Architecture,
): Value {
  const tokens = architecture.sequence.length > 0 ? rows.tokens() : null
  const columns = architecture.columns.length > 0 ? rows.columns('float32') : null
  const members = Object.keys(tensors).filter((name) => name.endsWith('.output.bias')).length
  const decided = Array.from({ length: members }, (_, member) => {
    const learned = (layer: string) => (name: string) => tensors[`${member}.${layer}.${name}`]
    const logits = logitsGraph(graph, architecture, tokens, columns, learned as (layer: string) => Learned)
    return graph.node('LogSoftmax', [graph.cast(logits, 'float64')], { axis: 1 })
  })
  return graph.node('Div', [graph.node('Sum', decided), graph.number(members)])
}

/** One number a class, float32 [rows, classes]. */
function logitsGraph(
  graph: Graph,
  { sequence, columns, head }: Architecture,
  tokens: TokenInputs | null,
  row: Value | null,
  learned: (layer: string) => Learned,
): Value {
  const branches: Value[] = []
  if (tokens) branches.push(sequenceBranch(graph, sequence, tokens, learned))
  const through = (layers: readonly Layer[], name: string, from: Value) =>
    layers.reduce((x, layer, i) => rowLayer(graph, layer, x, learned(`${name}.${i}`)), from)
  if (row !== null) branches.push(through(columns, 'columns', row))
  const joint = branches.length > 1 ? graph.node('Concat', branches, { axis: 1 }) : branches[0]
  return dense(graph, through(head, 'head', joint), learned('output'))
}

/** From tokens to one row a sequence, float32 [rows, channels]. */
function sequenceBranch(
  graph: Graph,
  layers: Architecture['sequence'],
  tokens: TokenInputs,
  learned: (layer: string) => Learned,
): Value {
  let x: Steps | Value = embedTokens(graph, tokens, learned('sequence.0'))
  for (const [i, layer] of layers.slice(1).entries()) {
    const own = learned(`sequence.${i + 1}`)
    x = typeof x === 'string' ? rowLayer(graph, layer, x, own) : stepLayer(graph, layer, x, own)
  }
  if (typeof x === 'string') return x
  throw new RangeError('network: its sequence ends in steps')
}

/** One layer over rows, float32 [rows, channels]. */
function rowLayer(graph: Graph, layer: Layer, x: Value, learned: Learned): Value {
  switch (layer.layer) {
    case 'dense':
      return dense(graph, x, learned)
    case 'activation':
      return graph.node(layer.of === 'relu' ? 'Relu' : 'Tanh', [x])
    case 'dropout':
      return x
    default:
      throw new RangeError(`network: ${layer.layer} needs steps`)
  }
}

function dense(graph: Graph, x: Value, learned: Learned): Value {
  const { shape, data } = learned('kernel')
  const bias = learned('bias').data
  const products = graph.node('MatMul', [x, graph.constant('kernel', shape, data)])
  return graph.node('Add', [products, graph.constant('bias', [bias.length], bias)])
}

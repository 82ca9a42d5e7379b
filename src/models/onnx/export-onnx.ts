import { LimitExceededError, UsageError } from '../../core/index.ts'
import type { Encoder } from '../../features/index.ts'
import { cnnLstmPlus } from '../cnn-lstm-plus.ts'
import { namedNetworks } from '../network/architectures.ts'
import { recipeSettings } from '../recipe-reading.ts'
import type { Trained } from '../trained.ts'
import { blendGraph } from './blend-graph.ts'
import { boostingGraph } from './boosting-graph.ts'
import { calibrationGraph } from './calibration-graph.ts'
import { forestGraph } from './forest-graph.ts'
import { makeGraph } from './graph.ts'
import { bernoulliGraph, linearSvmGraph, multinomialGraph } from './linear-graph.ts'
import { neighboursGraph } from './neighbours-graph.ts'
import { networkGraph } from './network-graph.ts'
import { onnxFile, type Port } from './onnx-file.ts'
import { inputRows, type ModelGraph } from './ports.ts'
import { byteLength } from './protobuf.ts'
import { rbfSvmGraph } from './rbf-graph.ts'

/** The kinds of model that have an ONNX form, by the names of their classifiers. */
const MODEL_GRAPHS: ReadonlyMap<string, ModelGraph> = new Map([
  ['linear-svm', linearSvmGraph],
  ['rbf-svm', rbfSvmGraph],
  ['forest', forestGraph],
  ['boosting', boostingGraph],
  ['multinomial', multinomialGraph],
  ['bernoulli', bernoulliGraph],
  ['nearest-neighbours', neighboursGraph],
  ...namedNetworks.map(({ name, layers }): [string, ModelGraph] => [
    name,
    (graph, parts) => networkGraph(graph, parts, layers(parts.own)),
  ]),
  ...[cnnLstmPlus].map(({ name, members }): [string, ModelGraph] => [
    name,
    (graph, parts) => blendGraph(graph, parts, members(parts.own), graphOf),
  ]),
])

/** @throws UsageError for a kind of model without an ONNX form */
function graphOf(kind: string): ModelGraph {
  const modelGraph = MODEL_GRAPHS.get(kind)
  if (modelGraph) return modelGraph
  const known = [...MODEL_GRAPHS.keys()].join(', ')
  throw new UsageError(`a model of the kind ${kind} has no ONNX form, those of ${known} have one`)
}

/** Longest message of Protocol Buffers: readers refuse more. */
const MAX_BYTES = 2 ** 31 - 1

/** A model in ONNX form. */
export interface OnnxModel {
  /** The file in parts. */
  readonly parts: readonly Uint8Array[]
  readonly inputs: readonly Port[]
  readonly outputs: readonly Port[]
}

/**
 * The ONNX form of a model: from rows of the encoder's matrix to `decisions` and `probabilities`, float32 [rows, classes].
 * Equal models give equal bytes. Its metadata are, in JSON, the names of classes, of columns and of the ids of tokens,
 * the columns' scale where there is one, and the recipe; `sha256` is that of the model file.
 * @throws UsageError for a kind of model without an ONNX form, LimitExceededError for one that does not fit a file
 */
export function exportOnnx(trained: Trained, sha256: string): OnnxModel {
  const { model, classes, calibration, encoder, recipe } = trained
  const modelGraph = graphOf(model.name)
  const graph = makeGraph(model.name)
  const decisions = modelGraph(graph, {
    tensors: model.tensors,
    classes: classes.length,
    own: recipe.model.own,
    rows: inputRows(graph, encoder),
  })
  const shape = ['rows', classes.length]
  graph.output('decisions', shape, decisions)
  graph.output('probabilities', shape, calibrationGraph(graph, calibration, decisions))
  const { inputs, outputs } = graph.parts()
  const parts = onnxFile(graph.parts(), {
    sha256,
    classes: JSON.stringify(classes),
    ...(inputs.some(({ name }) => name === 'columns') ? columnsMetadata(encoder) : {}),
    ...(inputs.some(({ name }) => name === 'tokens') ? { vocabulary: vocabularyOf(encoder) } : {}),
    recipe: JSON.stringify(recipeSettings(recipe)),
  })
  if (byteLength(parts) > MAX_BYTES) throw new LimitExceededError(`bytes of an ONNX file`, MAX_BYTES)
  return { parts, inputs, outputs }
}

function columnsMetadata({ names, table: { scale } }: Encoder): Record<string, string> {
  return {
    columns: JSON.stringify(names),
    ...(scale ? { scale: JSON.stringify([...scale]) } : {}),
  }
}

/** The token of each id; null for 0, which stands for all that have none of their own. */
function vocabularyOf({ table: { tokens, sequence } }: Encoder): string {
  return JSON.stringify([null, ...Array.from(sequence ?? [], (token) => tokens[token])])
}

import { LimitExceededError, UsageError } from '../../core/index.ts'
import { recipeSettings } from '../recipe-reading.ts'
import type { Trained } from '../trained.ts'
import { boostingGraph } from './boosting-graph.ts'
import { calibrationGraph } from './calibration-graph.ts'
import { forestGraph } from './forest-graph.ts'
import { type Graph, makeGraph, type Value } from './graph.ts'
import { bernoulliGraph, linearSvmGraph, multinomialGraph } from './linear-graph.ts'
import { onnxFile, type Port } from './onnx-file.ts'
import { byteLength } from './protobuf.ts'
import { rbfSvmGraph } from './rbf-graph.ts'

/** The decisions of a model, float64 [rows, classes], of inputs that it adds to the graph. */
type ModelGraph = (graph: Graph, trained: Trained) => Value

/** The kinds of model that have an ONNX form, by the names of their classifiers. */
const MODEL_GRAPHS: ReadonlyMap<string, ModelGraph> = new Map([
  ['linear-svm', linearSvmGraph],
  ['rbf-svm', rbfSvmGraph],
  ['forest', forestGraph],
  ['boosting', boostingGraph],
  ['multinomial', multinomialGraph],
  ['bernoulli', bernoulliGraph],
])

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
 * Equal models give equal bytes. As metadata, in JSON, it has the names of classes and columns, the columns' scale where
 * there is one, and the recipe; `sha256` is that of the model file.
 * @throws UsageError for a kind of model without an ONNX form, LimitExceededError for one that does not fit a file
 */
export function exportOnnx(trained: Trained, sha256: string): OnnxModel {
  const { model, classes, calibration, encoder, recipe } = trained
  const modelGraph = MODEL_GRAPHS.get(model.name)
  if (!modelGraph) {
    const known = [...MODEL_GRAPHS.keys()].join(', ')
    throw new UsageError(`a model of the kind ${model.name} has no ONNX form, those of ${known} have one`)
  }
  const graph = makeGraph(model.name)
  const decisions = modelGraph(graph, trained)
  const shape = ['rows', classes.length]
  graph.output('decisions', shape, decisions)
  graph.output('probabilities', shape, calibrationGraph(graph, calibration, decisions))
  const { scale } = encoder.table
  const parts = onnxFile(graph.parts(), {
    sha256,
    classes: JSON.stringify(classes),
    columns: JSON.stringify(encoder.names),
    ...(scale ? { scale: JSON.stringify([...scale]) } : {}),
    recipe: JSON.stringify(recipeSettings(recipe)),
  })
  if (byteLength(parts) > MAX_BYTES) throw new LimitExceededError(`bytes of an ONNX file`, MAX_BYTES)
  const { inputs, outputs } = graph.parts()
  return { parts, inputs, outputs }
}

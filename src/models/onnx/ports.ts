import type { Encoder } from '../../features/index.ts'
import type { Model } from '../classifier.ts'
import type { OwnSettings } from '../classifier-kind.ts'
import type { Graph, Value } from './graph.ts'
import { type TokenInputs, tokenInputs } from './sequence-graph.ts'

/** What a graph is made of: a model, whole or within another, and the rows that it reads. */
export interface ModelParts {
  readonly tensors: Model['tensors']
  readonly classes: number
  /** Its kind's own settings. */
  readonly own: OwnSettings
  readonly rows: GraphRows
}

/** The decisions of a model, float64 [rows, classes]. */
export type ModelGraph = (graph: Graph, parts: ModelParts) => Value

/** How exact the numbers of a tensor are. */
export type Precision = 'float32' | 'float64'

/** Rows within a graph. Whatever is asked for twice is there once, and what nobody asks for is no input. */
export interface GraphRows {
  /** Number of columns. */
  readonly width: number
  /** The encoder that makes these rows; null where they are made of its rows, so that nobody can list their values. */
  readonly encoder: Encoder | null
  /** The columns, zeros included, [rows, width]. @param given how exact the input must be that they come from */
  columns(type: Precision, given?: Precision): Value
  tokens(): TokenInputs
}

/**
 * The rows of an encoder's matrix as inputs: `columns` [rows, columns], scaled and normalised as the recipe says, and those
 * of `tokenInputs`. Who asks first says how exact `columns` is.
 */
export function inputRows(graph: Graph, encoder: Encoder): GraphRows {
  const width = encoder.names.length
  let columns: { readonly type: Precision; readonly value: Value } | null = null
  let tokens: TokenInputs | null = null
  return {
    width,
    encoder,
    columns(type, given = 'float32') {
      columns ??= {
        type: given,
        value: graph.input({ name: 'columns', type: given, shape: ['rows', width] }),
      }
      return columns.type === type ? columns.value : graph.cast(columns.value, type)
    },
    tokens() {
      tokens ??= tokenInputs(graph)
      return tokens
    },
  }
}

/** Decisions of two classes, of what speaks for the second: [rows, 2] of [rows, 1]. */
export function mirrored(graph: Graph, margins: Value): Value {
  return graph.node('Concat', [graph.node('Neg', [margins]), margins], { axis: 1 })
}

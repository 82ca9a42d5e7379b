import type { Trained } from '../trained.ts'
import type { Graph, Value } from './graph.ts'

/**
 * The input `columns`, [rows, columns]: rows of the encoder's matrix with their zeros, scaled and normalised as the recipe
 * says.
 */
export function columnsInput(
  graph: Graph,
  { encoder }: Trained,
  type: 'float32' | 'float64' = 'float32',
): Value {
  return graph.input({ name: 'columns', type, shape: ['rows', encoder.names.length] })
}

/** The input `columns` in float64, in which taxon's classic models compute, whatever its type. */
export function wideColumns(graph: Graph, trained: Trained, type: 'float32' | 'float64' = 'float32'): Value {
  const columns = columnsInput(graph, trained, type)
  return type === 'float64' ? columns : graph.cast(columns, 'float64')
}

/** Decisions of two classes, of what speaks for the second: [rows, 2] of [rows, 1]. */
export function mirrored(graph: Graph, margins: Value): Value {
  return graph.node('Concat', [graph.node('Neg', [margins]), margins], { axis: 1 })
}

import type { Trained } from '../trained.ts'
import type { Graph, Value } from './graph.ts'

/**
 * The input `columns`, [rows, columns]: rows of the encoder's matrix with their zeros, scaled and normalised as the recipe
 * says. What the graph computes from it is float64, as in taxon.
 */
export function columnsInput(
  graph: Graph,
  { encoder }: Trained,
  type: 'float32' | 'float64' = 'float32',
): Value {
  const columns = graph.input({ name: 'columns', type, shape: ['rows', encoder.names.length] })
  return type === 'float64' ? columns : graph.cast(columns, 'float64')
}

/** Decisions of two classes, of what speaks for the second: [rows, 2] of [rows, 1]. */
export function mirrored(graph: Graph, margins: Value): Value {
  return graph.node('Concat', [graph.node('Neg', [margins]), margins], { axis: 1 })
}

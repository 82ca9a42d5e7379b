import type { Graph, Value } from './graph.ts'

/** Sequences within a graph. */
export interface Steps {
  /** float32 [rows, steps, channels]. Past a row's own steps it may be anything but NaN. */
  readonly values: Value
  /** How many of a row's steps are its own, the first ones: int64 [rows]. */
  readonly lengths: Value
  /** Whether a step is its row's own: bool [rows, steps, 1]. */
  readonly own: Value
}

/** Which steps are their rows' own, bool [rows, steps]. @param of what has the rows and steps as its first axes */
export function ownSteps(graph: Graph, lengths: Value, of: Value): Value {
  const bound = (value: number) => graph.constant('bound', [], BigInt64Array.of(BigInt(value)))
  const count = graph.node('Squeeze', [graph.node('Shape', [of], { start: 1, end: 2 })])
  const numbers = graph.node('Range', [bound(0), count, bound(1)])
  return graph.node('Less', [numbers, graph.node('Unsqueeze', [lengths, graph.whole(1)])])
}

/** The values, with one number wherever a step is not its row's own. */
export function masked(graph: Graph, { values, own }: Steps, otherwise: number): Value {
  return graph.node('Where', [own, values, floatOf(graph, otherwise)])
}

/** A float32, of no axis. */
export function floatOf(graph: Graph, value: number): Value {
  return graph.constant('float', [], Float32Array.of(value))
}

import type { Sight } from '../blend.ts'
import { MOST_LOG } from '../cnn-lstm-plus.ts'
import { expGraph } from './exp-graph.ts'
import { END, type Graph, type Value } from './graph.ts'
import { perRow } from './unit-rows.ts'

/** What a member of a blend sees of the columns, float64 [rows, times · columns] of [rows, columns]. */
type SightGraph = (graph: Graph, columns: Value) => Value

const SIGHT_GRAPHS: Readonly<Record<Sight['name'], SightGraph>> = { shares: withShares }

/**
 * The columns as a sight shows them, both float64: bit for bit, since trees learned their thresholds of such numbers, and
 * a row may stand on one.
 */
export function sightGraph(graph: Graph, { name }: Sight, columns: Value): Value {
  return SIGHT_GRAPHS[name](graph, columns)
}

function withShares(graph: Graph, columns: Value): Value {
  const powers = expGraph(graph, graph.node('Min', [columns, graph.number(MOST_LOG)]))
  const counts = graph.node('Sub', [powers, graph.number(1)])
  // Not ReduceSum, which may add up in any order: the last bit depends on it.
  const running = graph.node('CumSum', [counts, graph.constant('axis', [], BigInt64Array.of(1n))])
  const sums = graph.node('Slice', [running, graph.whole(-1), graph.whole(END), graph.whole(1)])
  return graph.node('Concat', [columns, perRow(graph, counts, sums)], { axis: 1 })
}

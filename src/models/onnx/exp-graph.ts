import { LN2_HIGH, LN2_LOW, powerOfTwo, TAYLOR } from '../../core/index.ts'
import type { Graph, Value } from './graph.ts'

/** Smaller and larger numbers count as this: far enough for models, and e to it is a normal number. */
const MOST = 690

/** Powers of two that are asked for, to either side. */
const MOST_POWER = 1000

/**
 * Core's `exp` of float64, step by step. The operator of that name may differ from it in the last bits; those for sums and
 * products leave no choice.
 */
export function expGraph(graph: Graph, power: Value): Value {
  const of = (operator: string) => (a: Value, b: Value) => graph.node(operator, [a, b])
  const [add, subtract, multiply] = [of('Add'), of('Sub'), of('Mul')]
  const x = graph.node('Clip', [power, graph.number(-MOST), graph.number(MOST)])
  const k = graph.node('Floor', [add(multiply(x, graph.number(Math.LOG2E)), graph.number(0.5))])
  const high = subtract(x, multiply(k, graph.number(LN2_HIGH)))
  const low = multiply(k, graph.number(LN2_LOW))
  const r = subtract(high, low)
  let sum = multiply(r, graph.number(TAYLOR[TAYLOR.length - 1]))
  for (let i = TAYLOR.length - 2; i >= 2; i--) sum = multiply(add(sum, graph.number(TAYLOR[i])), r)
  const lost = subtract(subtract(high, r), low)
  const value = add(add(r, add(multiply(r, sum), lost)), graph.number(1))
  const powers = Float64Array.from({ length: 2 * MOST_POWER + 1 }, (_, i) => powerOfTwo(i - MOST_POWER))
  const places = graph.cast(add(k, graph.number(MOST_POWER)), 'int64')
  return multiply(value, graph.node('Gather', [graph.constant('powers', [powers.length], powers), places]))
}

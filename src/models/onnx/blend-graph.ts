import { type BlendMember, memberOwn, memberTensors, type Sight } from '../blend.ts'
import { LEAST } from '../blend-model.ts'
import type { Graph, Value } from './graph.ts'
import type { GraphRows, ModelGraph, ModelParts } from './ports.ts'
import { sightGraph } from './sight-graph.ts'

/**
 * Models that decide together, as `blendModel` has it, of the graphs that their own kinds have. A member without weight is
 * left out, and so are inputs that only it would read.
 * @param graphOf the graph of a kind
 */
export function blendGraph(
  graph: Graph,
  { tensors, classes, own, rows }: ModelParts,
  members: readonly BlendMember[],
  graphOf: (kind: string) => ModelGraph,
): Value {
  const { weights, ...others } = tensors
  const seenAs = sightsOf(graph, rows)
  const votes = members.flatMap((member, i) => {
    const weight = weights.data[i]
    if (weight === 0) return []
    const parts: ModelParts = {
      tensors: memberTensors(others, member.name),
      classes,
      own: memberOwn(member, own),
      rows: seenAs(member.sight),
    }
    const decisions = graphOf(member.kind.name)(graph, parts)
    const probabilities = member.slope === 0 ? decisions : softmax(graph, member.slope, decisions)
    return [graph.node('Mul', [probabilities, graph.number(weight)])]
  })
  const sums = graph.node('Sum', votes)
  return graph.node('Log', [graph.node('Max', [sums, graph.number(LEAST)])])
}

function softmax(graph: Graph, slope: number, decisions: Value): Value {
  const scaled = graph.node('Mul', [decisions, graph.number(slope)])
  return graph.node('Softmax', [scaled], { axis: 1 })
}

/**
 * The rows as each sight shows them, made once for all who see them so. The input they come from is float64: members share
 * it, and rows that float32 moved a little would move what is made of them, over a threshold perhaps.
 */
function sightsOf(graph: Graph, rows: GraphRows): (sight?: Sight) => GraphRows {
  const known = new Map<Sight | undefined, GraphRows>()
  return (sight) => {
    const found = known.get(sight) ?? rowsAs(graph, rows, sight)
    known.set(sight, found)
    return found
  }
}

function rowsAs(graph: Graph, rows: GraphRows, sight?: Sight): GraphRows {
  let seen: Value | null = null
  return {
    width: (sight?.times ?? 1) * rows.width,
    encoder: null,
    columns(type) {
      const wide = rows.columns('float64', 'float64')
      seen ??= sight ? sightGraph(graph, sight, wide) : wide
      return type === 'float64' ? seen : graph.cast(seen, type)
    },
    tokens: rows.tokens,
  }
}

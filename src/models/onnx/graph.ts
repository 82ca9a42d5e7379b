import {
  type Constant,
  ELEMENT_TYPES,
  type ElementType,
  type GraphParts,
  type Node,
  type Port,
} from './onnx-file.ts'

/** The end of an axis, wherever that is. */
export const END = Number.MAX_SAFE_INTEGER

/** What a graph computes or brings along: the name by which nodes know it. */
export type Value = string

/** A graph in the making. Values are numbered as they come: the same calls give the same graph. */
export interface Graph {
  input(port: Port): Value
  /** @param label for people; names need not differ */
  constant(label: string, shape: readonly number[], data: Constant['data']): Value
  /** One float64, of no axis. */
  number(value: number): Value
  /** A list of int64. */
  whole(...values: readonly number[]): Value
  /** The first output of an operator; '' stands for an input that is left out. */
  node(operator: string, inputs: readonly Value[], attributes?: Node['attributes']): Value
  /** The first so many outputs of an operator. */
  nodes(operator: string, inputs: readonly Value[], count: number): Value[]
  cast(value: Value, type: ElementType): Value
  /** Gives a value to the outside, as float32. */
  output(name: string, shape: Port['shape'], value: Value): void
  parts(): GraphParts
}

/** An empty graph of that name. */
export function makeGraph(name: string): Graph {
  const inputs: Port[] = []
  const outputs: Port[] = []
  const nodes: Node[] = []
  const constants = new Map<string, Constant>()
  let made = 0
  const fresh = (label: string) => `${label}_${made++}`
  const graph: Graph = {
    input(port) {
      inputs.push(port)
      return port.name
    },
    constant(label, shape, data) {
      const value = fresh(label)
      constants.set(value, { shape, data })
      return value
    },
    number: (value) => graph.constant('number', [], Float64Array.of(value)),
    whole: (...values) =>
      graph.constant(
        'whole',
        [values.length],
        BigInt64Array.from(values, (value) => BigInt(value)),
      ),
    node(operator, from, attributes = {}) {
      const value = fresh(operator)
      nodes.push({ operator, inputs: from, outputs: [value], attributes })
      return value
    },
    nodes(operator, from, count) {
      const values = Array.from({ length: count }, () => fresh(operator))
      nodes.push({ operator, inputs: from, outputs: values, attributes: {} })
      return values
    },
    cast: (value, type) => graph.node('Cast', [value], { to: ELEMENT_TYPES[type] }),
    output(name, shape, value) {
      outputs.push({ name, type: 'float32', shape })
      nodes.push({
        operator: 'Cast',
        inputs: [value],
        outputs: [name],
        attributes: { to: ELEMENT_TYPES.float32 },
      })
    },
    parts: () => ({ name, inputs, outputs, nodes, constants }),
  }
  return graph
}

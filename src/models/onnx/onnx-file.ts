import { littleEndian } from '../safetensors.ts'
import { bytesField, type Fields, messageField, packedField, textField, varintField } from './protobuf.ts'

/**
 * The ONNX format, IR version 8 (ONNX 1.12, 2022). Numbers of fields and types are those of onnx/onnx.proto3 in
 * github.com/onnx/onnx.
 */

const IR_VERSION = 8
const PRODUCER = 'taxon'

/** Versions of the sets of operators: the default one, and that of trees, which is named where it is used. */
const OPSETS = { '': 17, 'ai.onnx.ml': 3 } as const

/** The operators that are not of the default set. */
const DOMAINS: Readonly<Record<string, keyof typeof OPSETS>> = { TreeEnsembleRegressor: 'ai.onnx.ml' }

/** Numbers of the types of a tensor's elements. */
export const ELEMENT_TYPES = { float32: 1, int32: 6, int64: 7, bool: 9, float64: 11 } as const

/** What a tensor holds. */
export type ElementType = keyof typeof ELEMENT_TYPES

/** Numbers that a graph brings along, the last axis running fastest. */
export interface Constant {
  readonly shape: readonly number[]
  readonly data: Float32Array | Float64Array | Int32Array | BigInt64Array
}

/** A setting of an operator: a whole number from 0, a text, a list of either, or numbers with a shape. */
export type Attribute = number | string | ArrayLike<number> | readonly string[] | Constant

/** One operation. */
export interface Node {
  readonly operator: string
  /** Names of values; '' for an input that is left out. */
  readonly inputs: readonly string[]
  /** The first outputs, as many as are asked for. */
  readonly outputs: readonly string[]
  readonly attributes: Readonly<Record<string, Attribute>>
}

/** An input or output. Sizes of a shape that are words may differ from run to run. */
export interface Port {
  readonly name: string
  readonly type: ElementType
  readonly shape: readonly (number | string)[]
}

/** All of a graph. Every value is named once, by what makes it, and nodes stand after those they need. */
export interface GraphParts {
  readonly name: string
  readonly inputs: readonly Port[]
  readonly outputs: readonly Port[]
  readonly nodes: readonly Node[]
  readonly constants: ReadonlyMap<string, Constant>
}

/** The file (ModelProto) of a graph. Equal graphs give equal bytes. @param metadata texts by their names */
export function onnxFile(graph: GraphParts, metadata: Readonly<Record<string, string>>): Fields {
  const domains = new Set(['', ...graph.nodes.map(domainOf)] as const)
  return [
    ...varintField(1, IR_VERSION),
    ...textField(2, PRODUCER),
    ...messageField(7, graphFields(graph)),
    ...[...domains].flatMap((domain) =>
      messageField(8, [...textField(1, domain), ...varintField(2, OPSETS[domain])]),
    ),
    ...Object.entries(metadata).flatMap(([key, text]) =>
      messageField(14, [...textField(1, key), ...textField(2, text)]),
    ),
  ]
}

function domainOf({ operator }: Node): keyof typeof OPSETS {
  return DOMAINS[operator] ?? ''
}

/** GraphProto */
function graphFields({ name, inputs, outputs, nodes, constants }: GraphParts): Fields {
  return [
    ...nodes.flatMap((node) => messageField(1, nodeFields(node))),
    ...textField(2, name),
    ...[...constants].flatMap(([key, constant]) => messageField(5, tensorFields(constant, key))),
    ...inputs.flatMap((port) => messageField(11, portFields(port))),
    ...outputs.flatMap((port) => messageField(12, portFields(port))),
  ]
}

/** NodeProto */
function nodeFields(node: Node): Fields {
  const { operator, inputs, outputs, attributes } = node
  return [
    ...inputs.flatMap((name) => textField(1, name)),
    ...outputs.flatMap((name) => textField(2, name)),
    ...textField(3, outputs[0]),
    ...textField(4, operator),
    ...Object.entries(attributes).flatMap(([name, value]) => messageField(5, attributeFields(name, value))),
    ...textField(7, domainOf(node)),
  ]
}

/** AttributeProto; field 20 says which of the others holds the value. */
function attributeFields(name: string, value: Attribute): Fields {
  const named = textField(1, name)
  if (typeof value === 'number') return [...named, ...varintField(3, value), ...varintField(20, 2)]
  if (typeof value === 'string') return [...named, ...textField(4, value), ...varintField(20, 3)]
  if ('data' in value) return [...named, ...messageField(5, tensorFields(value)), ...varintField(20, 4)]
  if (isTexts(value)) return [...named, ...textsField(9, value), ...varintField(20, 8)]
  return [...named, ...packedField(8, value), ...varintField(20, 7)]
}

function isTexts(value: ArrayLike<number> | readonly string[]): value is readonly string[] {
  return typeof value[0] === 'string'
}

/** As one part, each text written once: a forest names the mode of every node. */
function textsField(field: number, texts: readonly string[]): Fields {
  const written = new Map([...new Set(texts)].map((text) => [text, Buffer.concat(textField(field, text))]))
  return [Buffer.concat(texts.map((text) => written.get(text)!))]
}

/** TensorProto */
function tensorFields({ shape, data }: Constant, name?: string): Fields {
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
  return [
    ...packedField(1, shape),
    ...varintField(2, ELEMENT_TYPES[typeOf(data)]),
    ...(name === undefined ? [] : textField(8, name)),
    ...bytesField(9, littleEndian(bytes, data.BYTES_PER_ELEMENT)),
  ]
}

/** The type of an array's numbers. */
export function typeOf(data: Constant['data']): ElementType {
  if (data instanceof Float64Array) return 'float64'
  if (data instanceof Float32Array) return 'float32'
  return data instanceof Int32Array ? 'int32' : 'int64'
}

/** ValueInfoProto of a tensor. */
function portFields({ name, type, shape }: Port): Fields {
  const sizes = shape.flatMap((size) =>
    messageField(1, typeof size === 'number' ? varintField(1, size) : textField(2, size)),
  )
  const tensor = [...varintField(1, ELEMENT_TYPES[type]), ...messageField(2, sizes)]
  return [...textField(1, name), ...messageField(2, messageField(1, tensor))]
}

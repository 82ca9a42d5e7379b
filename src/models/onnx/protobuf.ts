/**
 * Protocol Buffers' wire format, written only (protobuf.dev/programming-guides/encoding): a field is a varint of its number
 * and wire type, then a varint, or a length and as many bytes.
 */

/** The bytes of some fields, in parts: what stands in a message that stands in a message is not copied for each. */
export type Fields = readonly Uint8Array[]

const VARINT = 0
const LENGTH_DELIMITED = 2

/** A whole number from 0 to 2⁵³ - 1. */
export function varintField(field: number, value: number): Fields {
  return [Uint8Array.from(varints([tag(field, VARINT), value]))]
}

/** Some bytes, which are not copied. */
export function bytesField(field: number, bytes: Uint8Array): Fields {
  return [lengthOf(field, bytes.length), bytes]
}

/** UTF-8; half a surrogate pair becomes U+FFFD. */
export function textField(field: number, text: string): Fields {
  return bytesField(field, new TextEncoder().encode(text))
}

/** A message within one. */
export function messageField(field: number, message: Fields): Fields {
  return [lengthOf(field, byteLength(message)), ...message]
}

/** A list of whole numbers from 0, packed. */
export function packedField(field: number, values: ArrayLike<number>): Fields {
  return bytesField(field, Uint8Array.from(varints(values)))
}

/** How many bytes some fields take. */
export function byteLength(fields: Fields): number {
  return fields.reduce((sum, part) => sum + part.length, 0)
}

function lengthOf(field: number, length: number): Uint8Array {
  return Uint8Array.from(varints([tag(field, LENGTH_DELIMITED), length]))
}

function tag(field: number, wireType: number): number {
  return field * 8 + wireType
}

/** Seven bits a byte, the lowest first; the highest bit says that more follow. */
function varints(values: ArrayLike<number>): number[] {
  const bytes: number[] = []
  for (let i = 0; i < values.length; i++) {
    let rest = values[i]
    for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128)
    bytes.push(rest)
  }
  return bytes
}

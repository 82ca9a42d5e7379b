import { MalformedInputError } from '../core/index.ts'

// DER (ITU-T X.690, 2021), as far as signatures need it, and strict where looseness would let two readers see different
// things: lengths are definite and in their shortest form, tags take one byte, every value lies inside the one that holds
// it. Values are read one level at a time, as they are asked for, so that no nesting, however deep, costs anything.

/** One value, as views of the bytes that it was read from. */
export interface DerValue {
  readonly tag: number
  /** Tag, length and content. */
  readonly whole: Uint8Array
  readonly content: Uint8Array
  /** Where `content` begins, counted from the first byte of the outermost value. */
  readonly offset: number
}

/** The tags that are looked for. */
export const TAG = {
  integer: 0x02,
  octets: 0x04,
  identifier: 0x06,
  sequence: 0x30,
  set: 0x31,
  /** Fields of a sequence that may be left out, by their number. */
  field0: 0xa0,
  field1: 0xa1,
} as const

/** Values that are read of one sequence or set, at most. */
export const MAX_VALUES = 256
const MAX_LENGTH_BYTES = 4

/** The first value of some bytes; others may follow. @throws MalformedInputError */
export function readDer(bytes: Uint8Array, offset = 0): DerValue {
  const [tag, first] = bytes
  if (tag === undefined || first === undefined) throw malformed('a value is missing', offset)
  if ((tag & 0x1f) === 0x1f) throw malformed('a tag takes several bytes', offset)
  const lengthBytes = first < 0x80 ? 0 : first & 0x7f
  if (first === 0x80) throw malformed('a length is indefinite', offset)
  if (lengthBytes > MAX_LENGTH_BYTES) throw malformed(`a length takes ${lengthBytes} bytes`, offset)
  const start = 2 + lengthBytes
  const length = lengthBytes === 0 ? first : bytes.subarray(2, start).reduce((sum, b) => sum * 256 + b, 0)
  if (start + length > bytes.length) throw malformed('a value ends beyond what holds it', offset)
  if (lengthBytes > 0 && length < Math.max(0x80, 256 ** (lengthBytes - 1)))
    throw malformed('a length is not in its shortest form', offset)
  return {
    tag,
    whole: bytes.subarray(0, start + length),
    content: bytes.subarray(start, start + length),
    offset: offset + start,
  }
}

/** The values inside a sequence or set. @throws MalformedInputError */
export function valuesIn({ content, offset }: DerValue): DerValue[] {
  const values: DerValue[] = []
  for (let at = 0; at < content.length; ) {
    if (values.length === MAX_VALUES) throw malformed(`there are more than ${MAX_VALUES} values`, offset)
    const value = readDer(content.subarray(at), offset + at)
    values.push(value)
    at += value.whole.length
  }
  return values
}

/** The fields of a sequence, one after another. */
export interface DerFields {
  /** The next field. @throws MalformedInputError where it has another tag or is missing */
  take(tag: number): DerValue
  /** The next field where it has this tag; else null, and it stays the next. */
  takeIf(tag: number): DerValue | null
}

/** The fields of a value that must be a sequence. @throws MalformedInputError */
export function fieldsOf(sequence: DerValue): DerFields {
  expectTag(sequence, TAG.sequence)
  const values = valuesIn(sequence)
  let next = 0
  return {
    take(tag) {
      const value = values[next++]
      if (!value) throw malformed('a field is missing', sequence.offset)
      return expectTag(value, tag)
    },
    takeIf: (tag) => (values[next]?.tag === tag ? values[next++]! : null),
  }
}

/** The value itself. @throws MalformedInputError where it has another tag */
export function expectTag(value: DerValue, tag: number): DerValue {
  if (value.tag === tag) return value
  throw malformed(`a value has tag 0x${value.tag.toString(16)}, not 0x${tag.toString(16)}`, value.offset)
}

const MAX_IDENTIFIER_BYTES = 32
const MAX_ARC = 2 ** 32

/** An object identifier in its dotted form, e.g. `2.5.4.3`. @throws MalformedInputError */
export function identifierOf(value: DerValue): string {
  const { content, offset } = expectTag(value, TAG.identifier)
  const arcs: number[] = []
  let arc = 0
  let isNew = true
  for (const byte of content.subarray(0, MAX_IDENTIFIER_BYTES)) {
    // A leading zero would give one identifier two spellings.
    if (isNew && byte === 0x80) throw malformed('an identifier is padded', offset)
    arc = arc * 128 + (byte & 0x7f)
    isNew = byte < 0x80
    if (arc > MAX_ARC) throw malformed('a number in an identifier is too large', offset)
    if (!isNew) continue
    arcs.push(arc)
    arc = 0
  }
  const [head, ...rest] = arcs
  if (head === undefined || !isNew || content.length > MAX_IDENTIFIER_BYTES)
    throw malformed('an identifier is cut off or too long', offset)
  const top = Math.min(Math.floor(head / 40), 2)
  return [top, head - 40 * top, ...rest].join('.')
}

function malformed(problem: string, offset: number): MalformedInputError {
  return new MalformedInputError('signature', problem, offset)
}

import {
  type FseTable,
  fseTable,
  type HuffmanTable,
  huffmanTable,
  readFseTable,
  readHuffman,
  rleTable,
  ZstdProblem,
} from './zstd-entropy.ts'

export { ZstdProblem }

/** Most bytes that one block holds or decodes to. */
export const MAX_BLOCK_BYTES = 128 * 1024

/** What one block hands on to the next of its frame. */
export interface BlockState {
  huffman: HuffmanTable | null
  /** Tables of literal lengths, offsets and match lengths. */
  readonly tables: (FseTable | null)[]
  /** The last three offsets. */
  readonly offsets: [number, number, number]
}

/** The state at the start of a frame. */
export function blockState(): BlockState {
  return { huffman: null, tables: [null, null, null], offsets: [1, 4, 8] }
}

/**
 * Decodes a compressed block (RFC 8878 §3.1.1.3) to `out` from `start`, before which stands what it may refer to.
 * Work and output are bounded by `limit`, whatever the bytes say.
 * @returns the end of what was written, at most `start + limit`
 * @throws ZstdProblem
 */
export function decodeBlock(
  block: Uint8Array,
  state: BlockState,
  out: Uint8Array,
  start: number,
  limit: number,
): number {
  const { literals, next } = readLiterals(block, state, limit)
  return readSequences(block, next, state, literals, out, start, start + limit)
}

function readLiterals(
  block: Uint8Array,
  state: BlockState,
  limit: number,
): { literals: Uint8Array; next: number } {
  const head = block[0] ?? fail('a block without literals')
  const type = head & 3
  const format = (head >> 2) & 3
  if (type < 2) {
    const bytes = format === 1 ? 2 : format === 3 ? 3 : 1
    const size = format === 1 || format === 3 ? littleEndian(block, 0, bytes) >> 4 : head >> 3
    checkSize(size, limit)
    const next = bytes + (type === 0 ? size : 1)
    if (next > block.length) fail('literals run past their block')
    const literals = type === 0 ? block.subarray(bytes, next) : new Uint8Array(size).fill(block[bytes]!)
    return { literals, next }
  }
  const bytes = format === 3 ? 5 : format === 2 ? 4 : 3
  const bits = format === 3 ? 18 : format === 2 ? 14 : 10
  // Up to 40 bits, more than bitwise operators take.
  const header = Math.floor(littleEndian(block, 0, bytes) / 16)
  const size = header % 2 ** bits
  const next = bytes + Math.floor(header / 2 ** bits)
  checkSize(size, limit)
  if (next > block.length) fail('literals run past their block')
  let at = bytes
  if (type === 2) {
    const { table, end } = huffmanTable(block, at, next)
    state.huffman = table
    at = end
  }
  if (!state.huffman) return fail('literals repeat a table that is not there')
  const literals = new Uint8Array(size)
  if (format === 0) readHuffman(block, at, next, state.huffman, literals, 0, size)
  else readFourStreams(block, at, next, state.huffman, literals)
  return { literals, next }
}

function readFourStreams(
  block: Uint8Array,
  at: number,
  end: number,
  table: HuffmanTable,
  literals: Uint8Array,
): void {
  const quarter = (literals.length + 3) >> 2
  if (end - at < 10 || quarter * 3 > literals.length) fail('literals run past their block')
  let from = at + 6
  for (let stream = 0; stream < 4; stream++) {
    const to = stream === 3 ? end : from + littleEndian(block, at + 2 * stream, 2)
    if (to > end) fail('literals run past their block')
    const last = stream === 3 ? literals.length : quarter * (stream + 1)
    readHuffman(block, from, to, table, literals, quarter * stream, last)
    from = to
  }
}

function checkSize(size: number, limit: number): void {
  if (size > limit) fail(`a block with ${size} literals`)
}

// Table 16 and 17 of the RFC: the first length of each code and the bits that follow it.
const LITERAL_BITS = [
  0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 3, 3, 4, 6, 7, 8, 9, 10, 11, 12, 13, 14,
  15, 16,
]
const MATCH_BITS = [
  ...Array<number>(32).fill(0),
  1,
  1,
  1,
  1,
  2,
  2,
  3,
  3,
  4,
  4,
  5,
  7,
  8,
  9,
  10,
  11,
  12,
  13,
  14,
  15,
  16,
]
const LITERAL_BASE = baselines(LITERAL_BITS, 0)
const MATCH_BASE = baselines(MATCH_BITS, 3)

function baselines(bits: readonly number[], first: number): Int32Array {
  const base = new Int32Array(bits.length)
  let next = first
  for (const [i, count] of bits.entries()) {
    base[i] = next
    next += 2 ** count
  }
  return base
}

// Section 3.1.1.3.2.2 of the RFC: the tables used where a block brings none.
const DEFAULTS = [
  fseTable(
    [
      4, 3, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2, 2, 3, 2, 1, 1, 1, 1, 1, -1, -1,
      -1, -1,
    ],
    6,
  ),
  fseTable([1, 1, 1, 1, 1, 1, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, -1, -1, -1, -1, -1], 5),
  fseTable(
    [
      1, 4, 3, 2, 2, 2, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
      1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, -1, -1, -1, -1, -1, -1, -1,
    ],
    6,
  ),
] as const
const MAX_LOGS = [9, 8, 9] as const
const MAX_SYMBOLS = [35, 31, 52] as const
/** Offset codes past this one reach further back than any window that is taken. */
const MAX_OFFSET_CODE = 27

/** Reads the three tables that precede the sequences; returns where the bit stream starts. */
function readTables(block: Uint8Array, start: number, state: BlockState): number {
  const modes = block[start] ?? fail('sequences without their header')
  if ((modes & 3) !== 0) fail('a reserved bit is set')
  let at = start + 1
  for (let i = 0; i < 3; i++) {
    const mode = (modes >> (6 - 2 * i)) & 3
    if (mode === 0) state.tables[i] = DEFAULTS[i]!
    else if (mode === 1) {
      const symbol = block[at++] ?? fail('a table is cut off')
      if (symbol > MAX_SYMBOLS[i]!) fail(`a code of ${symbol}`)
      state.tables[i] = rleTable(symbol)
    } else if (mode === 2) {
      const { table, end } = readFseTable(block, at, block.length, MAX_LOGS[i]!, MAX_SYMBOLS[i]!)
      state.tables[i] = table
      at = end
    } else if (!state.tables[i]) fail('sequences repeat a table that is not there')
  }
  return at
}

function readSequences(
  block: Uint8Array,
  start: number,
  state: BlockState,
  literals: Uint8Array,
  out: Uint8Array,
  outStart: number,
  outEnd: number,
): number {
  let at = start
  let count = block[at++] ?? fail('a block without sequences')
  if (count === 255) {
    count = littleEndian(block, at, 2) + 0x7f00
    at += 2
  } else if (count > 127)
    count = ((count - 128) << 8) | (block[at++] ?? fail('sequences without their header'))
  if (count === 0) {
    if (at !== block.length) fail('bytes after the last sequence')
    out.set(literals, outStart)
    return outStart + literals.length
  }
  at = readTables(block, at, state)
  const [lengths, offsetCodes, matches] = state.tables as [FseTable, FseTable, FseTable]
  const lastByte = block[block.length - 1]!
  if (at >= block.length || lastByte === 0) fail('sequences without their end mark')
  const bottom = at * 8
  let position = block.length * 8 - Math.clz32(lastByte) + 23
  const bits = (width: number) => {
    position -= width
    return width <= 16
      ? bitsAt(block, position, width)
      : bitsAt(block, position, 16) + bitsAt(block, position + 16, width - 16) * 65536
  }
  let lengthState = bits(lengths.log)
  let offsetState = bits(offsetCodes.log)
  let matchState = bits(matches.log)
  let used = 0
  let to = outStart
  for (let left = count; left > 0; left--) {
    const offsetCode = offsetCodes.symbols[offsetState]!
    const matchCode = matches.symbols[matchState]!
    const lengthCode = lengths.symbols[lengthState]!
    if (offsetCode > MAX_OFFSET_CODE) fail('an offset past its window')
    const offsetValue = 2 ** offsetCode + bits(offsetCode)
    const match = MATCH_BASE[matchCode]! + bits(MATCH_BITS[matchCode]!)
    const length = LITERAL_BASE[lengthCode]! + bits(LITERAL_BITS[lengthCode]!)
    if (left > 1) {
      lengthState = lengths.bases[lengthState]! + bits(lengths.bits[lengthState]!)
      matchState = matches.bases[matchState]! + bits(matches.bits[matchState]!)
      offsetState = offsetCodes.bases[offsetState]! + bits(offsetCodes.bits[offsetState]!)
    }
    if (position < bottom) fail('sequences run past their block')
    const offset = nextOffset(state.offsets, offsetValue, length)
    if (used + length > literals.length || to + length + match > outEnd) fail('a block longer than it may be')
    for (let i = 0; i < length; i++) out[to + i] = literals[used + i]!
    used += length
    to += length
    if (offset > to || offset === 0) fail('an offset past its window')
    if (offset >= match && match > 32) out.copyWithin(to, to - offset, to - offset + match)
    else for (let i = 0; i < match; i++) out[to + i] = out[to + i - offset]!
    to += match
  }
  if (position !== bottom) fail('bits after the last sequence')
  const rest = literals.length - used
  if (to + rest > outEnd) fail('a block longer than it may be')
  out.set(literals.subarray(used), to)
  return to + rest
}

/** Section 3.1.1.5: values 1 to 3 name one of the last three offsets, shifted by one where no literals precede. */
function nextOffset(offsets: [number, number, number], value: number, literals: number): number {
  const index = value - 1 + (literals === 0 ? 1 : 0)
  if (value <= 3 && index === 0) return offsets[0]
  const offset = value > 3 ? value - 3 : index === 3 ? offsets[0] - 1 : offsets[index]!
  if (value > 3 || index !== 1) offsets[2] = offsets[1]
  offsets[1] = offsets[0]
  offsets[0] = offset
  return offset
}

/** `width` bits, at most 16, whose lowest stands at bit `position`. */
function bitsAt(block: Uint8Array, position: number, width: number): number {
  const byte = position >> 3
  const word = block[byte]! | (block[byte + 1]! << 8) | (block[byte + 2]! << 16)
  return (word >>> (position & 7)) & ((1 << width) - 1)
}

function littleEndian(bytes: Uint8Array, at: number, count: number): number {
  if (at + count > bytes.length) fail('a block is cut off')
  let value = 0
  for (let i = count - 1; i >= 0; i--) value = value * 256 + bytes[at + i]!
  return value
}

function fail(problem: string): never {
  throw new ZstdProblem(problem)
}

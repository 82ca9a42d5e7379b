/** What is wrong with zstd data, for the caller to add the place. */
export class ZstdProblem extends Error {}

/** Finite-state decoding table: what each state stands for, and how many bits, added to which base, give the next. */
export interface FseTable {
  readonly log: number
  readonly symbols: Uint8Array
  readonly bits: Uint8Array
  readonly bases: Uint16Array
}

/** The table of one symbol that needs no bits. */
export function rleTable(symbol: number): FseTable {
  return { log: 0, symbols: Uint8Array.of(symbol), bits: new Uint8Array(1), bases: new Uint16Array(1) }
}

/** The decoding table of normalised counts (RFC 8878 §4.1.1); -1 is "less than 1". They must sum to 2^log. */
export function fseTable(counts: readonly number[], log: number): FseTable {
  const size = 1 << log
  const symbols = new Uint8Array(size)
  const next = new Uint16Array(counts.length)
  let high = size
  for (const [symbol, count] of counts.entries()) {
    if (count === -1) symbols[--high] = symbol
    next[symbol] = Math.abs(count)
  }
  const step = (size >> 1) + (size >> 3) + 3
  let at = 0
  for (const [symbol, count] of counts.entries()) {
    for (let i = 0; i < count; i++) {
      symbols[at] = symbol
      do at = (at + step) & (size - 1)
      while (at >= high)
    }
  }
  const bits = new Uint8Array(size)
  const bases = new Uint16Array(size)
  for (let state = 0; state < size; state++) {
    const symbol = symbols[state]!
    const value = next[symbol]!
    next[symbol] = value + 1
    bits[state] = log - (31 - Math.clz32(value))
    bases[state] = (value << bits[state]!) - size
  }
  return { log, symbols, bits, bases }
}

/** Reads the description of a table. @throws ZstdProblem */
export function readFseTable(
  bytes: Uint8Array,
  start: number,
  limit: number,
  maxLog: number,
  maxSymbol: number,
): { table: FseTable; end: number } {
  if (start >= limit) throw new ZstdProblem('a table is cut off')
  const log = (bytes[start]! & 15) + 5
  if (log > maxLog) throw new ZstdProblem(`a table of ${log} bits`)
  let position = start * 8 + 4
  const peekBits = (width: number) => {
    const byte = position >> 3
    const word = bytes[byte]! | (bytes[byte + 1]! << 8) | (bytes[byte + 2]! << 16)
    return (word >> (position & 7)) & ((1 << width) - 1)
  }
  const counts: number[] = []
  let left = 1 << log
  while (left > 0) {
    if (counts.length > maxSymbol) throw new ZstdProblem('a table of too many symbols')
    // A value up to left + 1; the lowest ones take a bit less.
    const width = 32 - Math.clz32(left + 1)
    const short = 2 ** width - 1 - (left + 1)
    let value = peekBits(width)
    const low = value & (2 ** (width - 1) - 1)
    if (low < short) {
      value = low
      position += width - 1
    } else {
      if (value >= 2 ** (width - 1)) value -= short
      position += width
    }
    counts.push(value - 1)
    left -= Math.abs(value - 1)
    if (value !== 1) continue
    for (let more = 3; more === 3; ) {
      more = peekBits(2)
      position += 2
      for (let i = 0; i < more; i++) counts.push(0)
      if (counts.length > maxSymbol + 1) throw new ZstdProblem('a table of too many symbols')
    }
  }
  const end = (position + 7) >> 3
  if (left < 0 || end > limit) throw new ZstdProblem('a table that does not add up')
  return { table: fseTable(counts, log), end }
}

/** Huffman decoding table: symbol and length of the code that each run of `log` bits starts with. */
export interface HuffmanTable {
  readonly log: number
  readonly symbols: Uint8Array
  readonly bits: Uint8Array
}

const MAX_HUFFMAN_BITS = 11

/** Reads a Huffman tree (RFC 8878 §4.2.1). @throws ZstdProblem */
export function huffmanTable(
  bytes: Uint8Array,
  start: number,
  limit: number,
): { table: HuffmanTable; end: number } {
  if (start >= limit) throw new ZstdProblem('a tree is cut off')
  const head = bytes[start]!
  const direct = head >= 128
  const end = start + 1 + (direct ? (head - 126) >> 1 : head)
  if (end > limit) throw new ZstdProblem('a tree is cut off')
  const weights = direct ? directWeights(bytes, start + 1, head - 127) : fseWeights(bytes, start + 1, end)
  return { table: treeOf(weights), end }
}

function directWeights(bytes: Uint8Array, start: number, count: number): number[] {
  return Array.from({ length: count }, (_, i) => {
    const byte = bytes[start + (i >> 1)]!
    return i % 2 === 0 ? byte >> 4 : byte & 15
  })
}

function fseWeights(bytes: Uint8Array, start: number, end: number): number[] {
  const { table, end: at } = readFseTable(bytes, start, end, 6, 255)
  const last = bytes[end - 1]!
  if (at >= end || last === 0) throw new ZstdProblem('a tree without its end mark')
  const bottom = at * 8
  let position = end * 8 - Math.clz32(last) + 23
  const bits = (width: number) => {
    position -= width
    let value = 0
    // Below the bottom stand zeros, as the last state is read past it.
    for (let i = width - 1; i >= 0; i--) {
      const bit = position + i
      value = value * 2 + (bit < bottom ? 0 : (bytes[bit >> 3]! >> (bit & 7)) & 1)
    }
    return value
  }
  const weights: number[] = []
  const states = [bits(table.log), bits(table.log)] as [number, number]
  if (position < bottom) throw new ZstdProblem('a tree without its end mark')
  for (let turn = 0; ; turn ^= 1) {
    const state = states[turn as 0 | 1]
    weights.push(table.symbols[state]!)
    if (weights.length > 254) throw new ZstdProblem('a tree of too many symbols')
    states[turn as 0 | 1] = table.bases[state]! + bits(table.bits[state]!)
    if (position < bottom) {
      weights.push(table.symbols[states[(turn ^ 1) as 0 | 1]]!)
      return weights
    }
  }
}

function treeOf(weights: number[]): HuffmanTable {
  let sum = 0
  for (const weight of weights) {
    if (weight > MAX_HUFFMAN_BITS) throw new ZstdProblem('a tree that is too deep')
    sum += weight === 0 ? 0 : 1 << (weight - 1)
  }
  const log = 32 - Math.clz32(sum)
  const rest = (1 << log) - sum
  if (sum === 0 || log > MAX_HUFFMAN_BITS || (rest & (rest - 1)) !== 0) {
    throw new ZstdProblem('a tree that does not add up')
  }
  // The last weight is what completes the sum.
  const all = [...weights, 32 - Math.clz32(rest)]
  const symbols = new Uint8Array(1 << log)
  const bits = new Uint8Array(1 << log)
  let at = 0
  for (let weight = 1; weight <= log; weight++) {
    for (const [symbol, own] of all.entries()) {
      if (own !== weight) continue
      const span = 1 << (weight - 1)
      symbols.fill(symbol, at, at + span)
      bits.fill(log + 1 - weight, at, at + span)
      at += span
    }
  }
  return { log, symbols, bits }
}

/** Decodes one stream of `bytes`, read from its end, to `out[from … to)`. @throws ZstdProblem */
export function readHuffman(
  bytes: Uint8Array,
  start: number,
  end: number,
  { log, symbols, bits }: HuffmanTable,
  out: Uint8Array,
  from: number,
  to: number,
): void {
  const last = bytes[end - 1]!
  if (end <= start || last === 0) throw new ZstdProblem('literals without their end mark')
  const bottom = start * 8
  const mask = (1 << log) - 1
  let position = end * 8 - Math.clz32(last) + 23
  let at = from
  for (; at < to && position - log >= bottom; at++) {
    const bit = position - log
    const byte = bit >> 3
    const code = ((bytes[byte]! | (bytes[byte + 1]! << 8) | (bytes[byte + 2]! << 16)) >> (bit & 7)) & mask
    out[at] = symbols[code]!
    position -= bits[code]!
  }
  for (; at < to && position > bottom; at++) {
    const left = position - bottom
    const word = bytes[start]! | (bytes[start + 1]! << 8)
    const code = ((word & ((1 << left) - 1)) << (log - left)) & mask
    out[at] = symbols[code]!
    position -= bits[code]!
  }
  if (at !== to || position !== bottom) throw new ZstdProblem('literals that do not add up')
}

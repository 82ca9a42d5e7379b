import { randomBytes } from 'node:crypto'
import { decodeText, textAt } from './scalars.ts'

/** Most distinct names of one report; calls of further ones are counted under OTHER_NAMES. */
export const MAX_NAMES = 65_536
/** Most bytes (UTF-8) kept of one name. */
export const MAX_NAME_BYTES = 512
/** Stands for every name past MAX_NAMES. */
export const OTHER_NAMES = '(other names)'

const FIRST_SLOTS = 128
const NON_ASCII = 128
/** Where hashing starts: unknown to whoever wrote the report, so that no report can make all its names collide. */
const SEED = randomBytes(4).readInt32LE()

/** Numbers the names of one report from 0, in order of appearance, straight from their bytes. */
export class NameTable {
  /** Names were over MAX_NAMES, or one was over MAX_NAME_BYTES and was cut. */
  overflowed = false
  cut = false
  #names: string[] = []
  #generation = 1
  #slots = new Int32Array(FIRST_SLOTS)
  /** A slot is taken when it carries the number of the present generation, so that `clear` costs nothing. */
  #generations = new Int32Array(FIRST_SLOTS)
  #starts = new Int32Array(64)
  #hashes = new Int32Array(64)
  #text = new Uint8Array(1 << 10)

  get size(): number {
    return this.#names.length
  }

  /** The names by number; a fresh array after each `clear`. */
  get names(): readonly string[] {
    return this.#names
  }

  clear(): void {
    this.#names = []
    this.#generation++
    this.overflowed = false
    this.cut = false
  }

  /** The number of the name that a JSON string's inside spells. */
  intern(bytes: Uint8Array, start: number, end: number, escaped: boolean): number {
    if (escaped || end - start > MAX_NAME_BYTES) return this.internText(decodeText(bytes, start, end))
    let hash = SEED
    let seen = 0
    for (let at = start; at < end; at++) {
      const byte = bytes[at]!
      hash = Math.imul(hash ^ byte, 0x01000193)
      seen |= byte
    }
    return seen < NON_ASCII ? this.#find(bytes, start, end, hash) : this.internText(textAt(bytes, start, end))
  }

  internText(text: string): number {
    let bytes = Buffer.from(text, 'utf8')
    if (bytes.length > MAX_NAME_BYTES) {
      this.cut = true
      let end = MAX_NAME_BYTES
      while ((bytes[end]! & 0xc0) === 0x80) end--
      bytes = bytes.subarray(0, end)
    }
    let hash = SEED
    for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193)
    return this.#find(bytes, 0, bytes.length, hash)
  }

  #find(bytes: Uint8Array, start: number, end: number, hash: number): number {
    const last = this.#slots.length - 1
    let slot = firstSlot(hash, last)
    while (this.#generations[slot] === this.#generation) {
      const name = this.#slots[slot]!
      if (this.#hashes[name] === hash && this.#equals(name, bytes, start, end)) return name
      slot = (slot + 1) & last
    }
    if (this.#names.length >= MAX_NAMES) return this.#other()
    this.#generations[slot] = this.#generation
    this.#slots[slot] = this.#names.length
    const name = this.#append(bytes, start, end, hash)
    if (this.#names.length * 4 > this.#slots.length) this.#enlarge()
    return name
  }

  #enlarge(): void {
    const size = this.#slots.length * 2
    this.#slots = new Int32Array(size)
    this.#generations = new Int32Array(size)
    for (let name = 0; name < this.#names.length; name++) {
      let slot = firstSlot(this.#hashes[name]!, size - 1)
      while (this.#generations[slot] === this.#generation) slot = (slot + 1) & (size - 1)
      this.#generations[slot] = this.#generation
      this.#slots[slot] = name
    }
  }

  #other(): number {
    this.overflowed = true
    if (this.#names.length === MAX_NAMES) this.#names.push(OTHER_NAMES)
    return MAX_NAMES
  }

  #equals(name: number, bytes: Uint8Array, start: number, end: number): boolean {
    const from = this.#starts[name]!
    if (this.#starts[name + 1]! - from !== end - start) return false
    const text = this.#text
    for (let at = start, own = from; at < end; at++, own++) if (bytes[at] !== text[own]) return false
    return true
  }

  #append(bytes: Uint8Array, start: number, end: number, hash: number): number {
    const name = this.#names.length
    if (name === 0) this.#starts[0] = 0
    const from = this.#starts[name]!
    const to = from + end - start
    if (name + 2 > this.#starts.length) {
      this.#starts = grown(this.#starts, new Int32Array(this.#starts.length * 2))
      this.#hashes = grown(this.#hashes, new Int32Array(this.#hashes.length * 2))
    }
    if (to > this.#text.length) this.#text = grown(this.#text, new Uint8Array(this.#text.length * 2))
    this.#text.set(bytes.subarray(start, end), from)
    this.#starts[name + 1] = to
    this.#hashes[name] = hash
    this.#names.push(textAt(bytes, start, end))
    return name
  }
}

/** What a table's caps took from its names, for people. */
export function nameLosses({ overflowed, cut }: NameTable): string[] {
  const losses: string[] = []
  if (overflowed) losses.push(`over ${MAX_NAMES} distinct names, further ones are counted as one`)
  if (cut) losses.push(`names over ${MAX_NAME_BYTES} bytes were cut`)
  return losses
}

function firstSlot(hash: number, last: number): number {
  return (hash ^ (hash >>> 15)) & last
}

function grown<Column extends Int32Array | Uint8Array>(from: Column, to: Column): Column {
  to.set(from)
  return to
}

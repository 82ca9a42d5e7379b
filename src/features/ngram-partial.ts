import { closeSync, fstatSync, openSync, readSync, renameSync, rmSync, writeSync } from 'node:fs'
import { DamagedFileError, UnwritableError } from '../core/index.ts'
import { LONGEST, type ToldGrams } from '../kernels/ngrams/ngrams.ts'

/**
 * A file of n-grams with the documents that have them by cell, all of them, for counts of disjoint documents to be merged.
 * Records, then a header as JSON in UTF-8, then the header's length in bytes (uint32, little-endian). A record is for the
 * lengths `from` … `to` of one text of tokens, which stand in equally many documents of each cell: how many tokens it has
 * in common with the text before (1 byte), `to` (1 byte), `from` (1 byte), its other tokens (uint16, little-endian each),
 * the number of cells, and cell and documents of each, ascending (variable-length: 7 bits a byte, the low ones first).
 * Single tokens come first, ascending; then the rest token by token, an n-gram after those that it begins.
 */
const FORMAT = 'taxon n-grams 1'

/** What a file of n-grams says of itself. */
export interface PartialHeader {
  readonly longest: number
  /** Names of the tokens 1, 2, …, ascending by UTF-16 code unit. */
  readonly names: readonly string[]
  /** Names of the cells, ascending by UTF-16 code unit: classes, or classes and parts. */
  readonly cells: readonly string[]
  /** Documents of each cell, and tokens of all. */
  readonly documents: readonly number[]
  readonly tokens: number
}

/** Writes a file of n-grams, which appears when it is whole. */
export interface PartialWriter {
  /** Adds n-grams in the order of the file. Cells need not ascend. */
  add(told: Omit<ToldGrams, 'documents'>): void
  finish(header: PartialHeader): void
  /** Leaves no file, unless it was finished. */
  close(): void
}

const CHUNK = 1 << 18

/** A writer at a path. @throws UnwritableError */
export function writePartial(path: string): PartialWriter {
  const beside = `${path}.${process.pid}.part`
  const out = new Uint8Array(CHUNK)
  let used = 0
  let handle: number | null = attempt(() => openSync(beside, 'w'))
  const last = new Uint16Array(LONGEST)
  let lastLength = 0
  const text = new Uint16Array(LONGEST)
  let pending: { from: number; to: number; cells: Uint32Array } | null = null

  function attempt<T>(work: () => T): T {
    try {
      return work()
    } catch (error) {
      throw new UnwritableError(path, error)
    }
  }
  function flush(): void {
    attempt(() => {
      for (let done = 0; done < used; ) done += writeSync(handle!, out, done, used - done)
    })
    used = 0
  }
  function put(byte: number): void {
    if (used === CHUNK) flush()
    out[used++] = byte
  }
  function putNumber(value: number): void {
    let rest = value
    for (; rest > 127; rest = Math.floor(rest / 128)) put((rest % 128) + 128)
    put(rest)
  }
  function putPending(): void {
    if (pending === null) return
    const { from, to, cells } = pending
    let keep = 0
    while (keep < to && keep < lastLength && text[keep] === last[keep]) keep++
    for (const byte of [keep, to, from]) put(byte)
    for (let i = keep; i < to; i++) for (const byte of [text[i] & 255, text[i] >> 8]) put(byte)
    putNumber(cells.length / 2)
    for (const value of cells) putNumber(value)
    last.set(text)
    lastLength = to
    pending = null
  }

  return {
    add({ from, to, tokens, cells: given }) {
      const cells = ascending(given)
      // What follows one token shorter is the beginning of the last one: a longer text would come first.
      if (pending !== null && to === pending.from - 1 && equal(cells, pending.cells)) {
        pending.from = from
        return
      }
      putPending()
      text.set(tokens.subarray(0, to))
      pending = { from, to, cells }
    },
    finish(header) {
      putPending()
      const json = new TextEncoder().encode(JSON.stringify({ format: FORMAT, ...header }))
      for (const byte of json) put(byte)
      for (const byte of new Uint8Array(Uint32Array.of(json.length).buffer)) put(byte)
      flush()
      attempt(() => {
        closeSync(handle!)
        handle = null
        renameSync(beside, path)
      })
    },
    close() {
      if (handle === null) return
      closeSync(handle)
      handle = null
      rmSync(beside, { force: true })
    },
  }
}

/** Pairs of cell and documents in the order of the cells, in an array of their own. */
function ascending(cells: Uint32Array): Uint32Array {
  const sorted = cells.slice()
  for (let i = 2; i < sorted.length; i += 2) {
    const [cell, count] = [sorted[i], sorted[i + 1]]
    let at = i
    for (; at > 0 && sorted[at - 2] > cell; at -= 2) sorted.copyWithin(at, at - 2, at)
    sorted[at] = cell
    sorted[at + 1] = count
  }
  return sorted
}

function equal(a: Uint32Array, b: Uint32Array): boolean {
  return a.length === b.length && a.every((value, i) => value === b[i])
}

/** A file of n-grams that is read. */
export interface PartialReader {
  readonly header: PartialHeader
  /** Its n-grams in order; each is overwritten when the next is read. @throws DamagedFileError */
  records(): Generator<ToldGrams>
  close(): void
}

/** Opens a file of n-grams. @throws DamagedFileError for any other, and what opening it throws */
export function readPartial(path: string): PartialReader {
  const handle = openSync(path, 'r')
  try {
    const { header, end } = readHeader(path, handle)
    return { header, records: () => readRecords(path, handle, end, header), close: () => closeSync(handle) }
  } catch (error) {
    closeSync(handle)
    throw error
  }
}

function readHeader(path: string, handle: number): { header: PartialHeader; end: number } {
  const { size } = fstatSync(handle)
  const tail = new Uint8Array(4)
  if (size < 4 || readSync(handle, tail, 0, 4, size - 4) < 4)
    throw new DamagedFileError(path, 'no n-grams file')
  const length = new DataView(tail.buffer).getUint32(0, true)
  if (length > size - 4) throw new DamagedFileError(path, 'no n-grams file')
  const json = new Uint8Array(length)
  readSync(handle, json, 0, length, size - 4 - length)
  let header: unknown
  try {
    header = JSON.parse(new TextDecoder().decode(json))
  } catch (cause) {
    throw new DamagedFileError(path, 'no n-grams file', { cause })
  }
  return { header: checkHeader(path, header), end: size - 4 - length }
}

function checkHeader(path: string, read: unknown): PartialHeader {
  const values = new Map<string, unknown>(
    typeof read === 'object' && read !== null ? Object.entries(read) : [],
  )
  if (values.get('format') !== FORMAT) throw new DamagedFileError(path, `not of the format ${FORMAT}`)
  const [longest, tokens, documents] = ['longest', 'tokens', 'documents'].map((key) => values.get(key))
  const [names, cells] = ['names', 'cells'].map((key) => values.get(key))
  const isNumber = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0
  const ascends = (list: unknown): list is string[] =>
    Array.isArray(list) &&
    list.every((name, i) => typeof name === 'string' && (i === 0 || list[i - 1] < name))
  if (
    isNumber(longest) &&
    isNumber(tokens) &&
    ascends(names) &&
    ascends(cells) &&
    Array.isArray(documents) &&
    documents.length === cells.length &&
    documents.every(isNumber)
  ) {
    return { longest, names, cells, documents, tokens }
  }
  throw new DamagedFileError(path, 'its header cannot be')
}

function* readRecords(
  path: string,
  handle: number,
  end: number,
  { longest, names, cells: known, documents: most }: PartialHeader,
): Generator<ToldGrams> {
  const chunk = new Uint8Array(CHUNK)
  let [used, filled, position] = [0, 0, 0]
  const damaged = () => new DamagedFileError(path, 'a record of n-grams cannot be')
  const take = () => {
    if (used === filled) {
      filled = readSync(handle, chunk, 0, Math.min(CHUNK, end - position), position)
      if (filled === 0) throw damaged()
      position += filled
      used = 0
    }
    return chunk[used++]
  }
  const takeNumber = () => {
    let value = 0
    for (let weight = 1; weight < 2 ** 35; weight *= 128) {
      const byte = take()
      value += (byte & 127) * weight
      if (byte < 128) return value
    }
    throw damaged()
  }
  const tokens = new Uint16Array(LONGEST)
  const cells = new Uint32Array(2 * known.length)
  let before = 0
  while (position < end || used < filled) {
    const [keep, to, from] = [take(), take(), take()]
    if (keep > before || keep > to || to > Math.min(longest, LONGEST) || from < 1 || from > to)
      throw damaged()
    for (let i = keep; i < to; i++) {
      tokens[i] = take() + 256 * take()
      if (tokens[i] < 1 || tokens[i] > names.length) throw damaged()
    }
    before = to
    const size = takeNumber()
    if (size < 1 || size > known.length) throw damaged()
    let documents = 0
    for (let i = 0; i < size; i++) {
      const [cell, count] = [takeNumber(), takeNumber()]
      if (cell >= known.length || (i > 0 && cell <= cells[2 * i - 2])) throw damaged()
      // A gain is only defined of an n-gram that stands in no more documents than there are.
      if (count < 1 || count > most[cell]) throw damaged()
      cells[2 * i] = cell
      cells[2 * i + 1] = count
      documents += count
    }
    yield { from, to, documents, tokens: tokens.subarray(0, to), cells: cells.subarray(0, 2 * size) }
  }
}

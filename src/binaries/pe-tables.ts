import type { ByteView } from './byte-view.ts'
import { rangeAt } from './code-ranges.ts'
import type { CodeRange } from './executable.ts'
import { DIRECTORY, type PeHeaders, type PeSection } from './pe-headers.ts'

/** Entries that are read of each table, at most. */
export const MAX_EXPORTS = 65_536
/** Libraries that something is taken from, and functions that are taken from all of them. */
export const MAX_IMPORT_LIBRARIES = 1024
/** See `MAX_IMPORT_LIBRARIES`. */
export const MAX_IMPORTS = 65_536
/** Functions in the table of exceptions (`.pdata`). */
export const MAX_FUNCTIONS = 1_000_000
/** Places that a move of the image would change. */
export const MAX_RELOCATIONS = 1_000_000

/** What reads the tables of a PE file; a cap that is hit is told to `note`. */
export interface PeImage {
  readonly view: ByteView
  readonly headers: PeHeaders
  /** File offset of a relative address, or -1 where the file has no byte for it. */
  offsetOf(address: number): number
  note(text: string): void
}

/** The image of a file in memory. */
export function peImage(view: ByteView, headers: PeHeaders, note: (text: string) => void): PeImage {
  const { sections, imageBase, headerSize } = headers
  let last: PeSection | undefined = sections[0]
  const offsetOf = (relative: number) => {
    const address = imageBase + relative
    if (!last || address < last.address || address >= last.address + last.size) {
      last = sections.find((each) => address >= each.address && address < each.address + each.size)
    }
    if (last) return last.offset + (address - last.address)
    return relative < headerSize ? relative : -1
  }
  return { view, headers, offsetOf, note }
}

/** Functions that the image takes from others; null where the table cannot be read. */
export function countImports({ view, headers, offsetOf, note }: PeImage): number | null {
  const { address } = headers.directory(DIRECTORY.imports)
  if (address === 0) return 0
  const table = offsetOf(address)
  if (table < 0) return null
  const width = headers.format === 'pe64' ? 8 : 4
  let count = 0
  for (let library = 0; ; library++) {
    const at = table + 20 * library
    const thunks = offsetOf(view.u32(at) || view.u32(at + 16))
    if (view.u32(at + 12) === 0 || thunks < 0) return count
    if (library === MAX_IMPORT_LIBRARIES) {
      note(`imports: only ${MAX_IMPORT_LIBRARIES} libraries were read`)
      return count
    }
    for (let i = thunks; view.u32(i) !== 0 || (width === 8 && view.u32(i + 4) !== 0); i += width) {
      if (count === MAX_IMPORTS) {
        note(`imports: only ${MAX_IMPORTS} functions were read`)
        return count
      }
      count++
    }
  }
}

/** Relative addresses of exported functions and of forwarders, which lie in no code. */
export function* exportedStarts({ view, headers, offsetOf, note }: PeImage): Generator<number> {
  const { address } = headers.directory(DIRECTORY.exports)
  const table = address === 0 ? -1 : offsetOf(address)
  if (table < 0) return
  const functions = offsetOf(view.u32(table + 28))
  if (functions < 0) return
  const wanted = Math.min(view.u32(table + 20), Math.floor((view.size - functions) / 4))
  if (wanted > MAX_EXPORTS) note(`exports: only ${MAX_EXPORTS} of ${wanted} were read`)
  for (let i = 0; i < Math.min(wanted, MAX_EXPORTS); i++) yield view.u32(functions + 4 * i)
}

/** Relative addresses where the table of exceptions says that functions, or parts of them, begin. */
export function* exceptionStarts({ view, headers, offsetOf, note }: PeImage): Generator<number> {
  const { address, size } = headers.directory(DIRECTORY.exceptions)
  const entrySizes = new Map([
    ['x86-64', 12],
    ['arm64', 8],
    ['arm', 8],
  ])
  const entrySize = entrySizes.get(headers.architecture)
  const table = address === 0 ? -1 : offsetOf(address)
  if (table < 0 || entrySize === undefined) return
  const wanted = Math.floor(Math.min(size, view.size - table) / entrySize)
  if (wanted > MAX_FUNCTIONS) note(`exceptions: only ${MAX_FUNCTIONS} of ${wanted} functions were read`)
  for (let i = 0; i < Math.min(wanted, MAX_FUNCTIONS); i++) yield view.u32(table + entrySize * i)
}

/**
 * Relative addresses in code to which pointers of the image point. A pointer to a place that holds a pointer itself is
 * left out: that is a table of jump targets, not code.
 */
export function relocatedStarts(image: PeImage, code: readonly CodeRange[]): Iterable<number> {
  const { view, headers } = image
  const { imageBase } = headers
  const targets = new Set<number>()
  const pointers = new Set<number>()
  for (const { relative, offset, isWide } of relocations(image)) {
    const target = isWide ? view.address64(offset) : view.u32(offset)
    if (rangeAt(code, target) >= 0) targets.add(target - imageBase)
    if (rangeAt(code, imageBase + relative) >= 0) pointers.add(relative)
  }
  for (const pointer of pointers) targets.delete(pointer)
  return targets
}

const HIGH_LOW = 3
const DIR64 = 10

function* relocations({ view, headers, offsetOf, note }: PeImage) {
  const { address, size } = headers.directory(DIRECTORY.relocations)
  const table = address === 0 ? -1 : offsetOf(address)
  if (table < 0) return
  const end = table + Math.min(size, view.size - table)
  let left = MAX_RELOCATIONS
  for (let block = table; block + 8 <= end; ) {
    const page = view.u32(block)
    const blockSize = view.u32(block + 4)
    const blockEnd = Math.min(block + blockSize, end)
    if (blockSize < 8) return
    // Once for all of the page: sections begin at pages.
    const pageOffset = offsetOf(page)
    left--
    for (let at = block + 8; at + 2 <= blockEnd; at += 2) {
      const entry = view.u16(at)
      const kind = entry >> 12
      if (left-- <= 0) {
        note(`relocations: only ${MAX_RELOCATIONS} were read`)
        return
      }
      if (pageOffset < 0 || (kind !== HIGH_LOW && kind !== DIR64)) continue
      const inPage = entry & 0xfff
      yield { relative: page + inPage, offset: pageOffset + inPage, isWide: kind === DIR64 }
    }
    block += blockSize
  }
}

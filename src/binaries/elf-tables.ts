import { ELF, type ElfHeaders, type ElfSection } from './elf-headers.ts'

/** Symbols and unwind entries that are read, at most. */
export const MAX_SYMBOLS = 1_000_000

const FUNCTION = 2

/** The table of a kind; a file has one at most. */
function tableOf({ sections }: ElfHeaders, kind: number): ElfSection[] {
  return sections.filter(({ type }) => type === kind).slice(0, 1)
}

/** Addresses of the symbols that name functions. */
export function* symbolStarts(headers: ElfHeaders, note: (text: string) => void): Generator<number> {
  const { view, isWide, sections, type } = headers
  const [value, info, section] = isWide ? [8, 4, 6] : [4, 12, 14]
  let left = MAX_SYMBOLS
  for (const table of [...tableOf(headers, ELF.symbols), ...tableOf(headers, ELF.dynamicSymbols)]) {
    for (const at of symbolsOf(headers, table)) {
      const index = view.u16(at + section)
      if ((view.u8(at + info) & 15) !== FUNCTION || index === 0) continue
      if (left-- === 0) return note(`symbols: only ${MAX_SYMBOLS} were read`)
      const address = isWide ? view.address64(at + value) : view.u32(at + value)
      yield type === ELF.relocatable ? (sections[index]?.address ?? 0) + address : address
    }
  }
}

/** Functions that the file takes from others; 0 where it is linked statically, null where no sections say. */
export function countElfImports(headers: ElfHeaders): number | null {
  const { view, isWide, sections } = headers
  if (sections.length === 0) return null
  let count = 0
  for (const table of tableOf(headers, ELF.dynamicSymbols)) {
    for (const at of symbolsOf(headers, table)) {
      const kind = view.u8(at + (isWide ? 4 : 12)) & 15
      const isUndefined = view.u16(at + (isWide ? 6 : 14)) === 0
      if (isUndefined && view.u32(at) !== 0 && (kind === FUNCTION || kind === 0)) count++
    }
  }
  return count
}

function* symbolsOf({ isWide }: ElfHeaders, { offset, size }: ElfSection): Generator<number> {
  const width = isWide ? 24 : 16
  // The first is empty.
  for (let at = width; at + width <= size; at += width) yield offset + at
}

/**
 * Where functions begin by the search table of `.eh_frame_hdr` (Linux Standard Base Core 5.0, §10.6.2), in the one form
 * that linkers write: pairs of 4-byte offsets from the table's own address.
 */
export function* unwindStarts(headers: ElfHeaders, note: (text: string) => void): Generator<number> {
  const { view, segments } = headers
  const table = segments.find(({ type }) => type === ELF.ehFrame)
  if (!table) return
  const at = table.rawOffset
  const isKnown = view.u8(at) === 1 && view.u8(at + 2) === 0x03 && view.u8(at + 3) === 0x3b
  if (!isKnown) return
  const wanted = Math.min(view.u32(at + 8), Math.max(0, Math.floor((view.size - at - 12) / 8)))
  if (wanted > MAX_SYMBOLS) note(`unwind table: only ${MAX_SYMBOLS} of ${wanted} functions were read`)
  for (let i = 0; i < Math.min(wanted, MAX_SYMBOLS); i++)
    yield table.address + (view.u32(at + 12 + 8 * i) | 0)
}

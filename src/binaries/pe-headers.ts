import { MalformedInputError, UnknownFormatError } from '../core/index.ts'
import type { ByteView } from './byte-view.ts'
import { entropy } from './entropy.ts'
import type { Architecture, Section } from './executable.ts'

/** Sections that are read, at most; Windows itself loads no more than 96. */
export const MAX_SECTIONS = 256

/** A section and the flags that only its own format has. */
export interface PeSection extends Section {
  readonly holdsCode: boolean
  readonly isWritable: boolean
  /** Bytes it should have in the file, and where they should begin. */
  readonly rawSize: number
  readonly rawOffset: number
}

/** An entry of the optional header's table: where something is in memory, and its size. */
export interface Directory {
  readonly address: number
  readonly size: number
}

/** The headers of a PE file ("PE Format", Microsoft). Addresses are relative to the image base unless said otherwise. */
export interface PeHeaders {
  readonly format: 'pe32' | 'pe64'
  readonly architecture: Architecture
  readonly isThumb: boolean
  readonly isLibrary: boolean
  readonly imageBase: number
  readonly entry: number
  readonly headerSize: number
  /** The section addresses have the image base added, as everywhere outside this reader. */
  readonly sections: readonly PeSection[]
  readonly sectionCount: number
  /** Where in the file the table of sections, the checksum, and an entry of the table of directories begin. */
  readonly sectionTable: number
  readonly checksumOffset: number
  directoryOffset(index: number): number
  /** Where the table of sections ends in the file. */
  readonly tableEnd: number
  directory(index: number): Directory
}

/** Where directories stand in their table. */
export const DIRECTORY = {
  exports: 0,
  imports: 1,
  exceptions: 3,
  certificates: 4,
  relocations: 5,
  clr: 14,
} as const

const MACHINES = new Map<number, Architecture>([
  [0x14c, 'x86'],
  [0x8664, 'x86-64'],
  [0x1c0, 'arm'],
  [0x1c2, 'arm'],
  [0x1c4, 'arm'],
  [0xaa64, 'arm64'],
  [0x166, 'mips'],
  [0x169, 'mips'],
  [0x266, 'mips'],
  [0x366, 'mips'],
  [0x466, 'mips'],
])
const THUMB_MACHINES = [0x1c2, 0x1c4]

/** What follows the DOS program where it is not PE. */
const OLD_FORMATS = new Map([
  ['NE', 'a 16-bit Windows program (NE)'],
  ['LE', 'a virtual device driver (LE)'],
  ['LX', 'an OS/2 program (LX)'],
])

/** @throws UnknownFormatError where it is a program of DOS or old Windows, MalformedInputError where headers make no sense */
export function readPeHeaders(view: ByteView): PeHeaders {
  const start = view.u32(0x3c)
  if (view.size < 64 || start === 0 || start >= view.size || view.text(start, 4) !== 'PE') {
    const old = view.size < 64 ? undefined : OLD_FORMATS.get(view.text(start, 2))
    throw new UnknownFormatError('executable', old ?? 'a DOS program, or a PE file cut off before its header')
  }
  const machine = view.u16(start + 4)
  const optional = start + 24
  const magic = view.u16(optional)
  if (magic !== 0x10b && magic !== 0x20b) {
    throw new MalformedInputError('pe', `its optional header is of kind 0x${magic.toString(16)}`, optional)
  }
  const isWide = magic === 0x20b
  const imageBase = isWide ? view.address64(optional + 24) : view.u32(optional + 28)
  const directories = optional + (isWide ? 112 : 96)
  const directoryCount = Math.min(view.u32(directories - 4), 16)
  const sectionCount = view.u16(start + 6)
  const table = optional + view.u16(start + 20)
  const entry = view.u32(optional + 16)
  const directoryOffset = (index: number) => directories + 8 * index
  const layout = {
    imageBase,
    entry,
    table,
    // Below a page the file is mapped as it is, and offsets mean what they say.
    isFlat: view.u32(optional + 32) < 4096,
    strings: view.u32(start + 12) + 18 * view.u32(start + 16),
  }
  return {
    format: isWide ? 'pe64' : 'pe32',
    architecture: MACHINES.get(machine) ?? 'other',
    isThumb: THUMB_MACHINES.includes(machine),
    isLibrary: (view.u16(start + 22) & 0x2000) !== 0,
    imageBase,
    entry,
    headerSize: Math.min(view.u32(optional + 60), view.size),
    sections: Array.from({ length: Math.min(sectionCount, MAX_SECTIONS) }, (_, index) =>
      readSection(view, layout, index),
    ),
    sectionCount,
    sectionTable: table,
    checksumOffset: optional + 64,
    directoryOffset,
    tableEnd: table + 40 * sectionCount,
    directory: (index) =>
      index < directoryCount
        ? { address: view.u32(directoryOffset(index)), size: view.u32(directoryOffset(index) + 4) }
        : { address: 0, size: 0 },
  }
}

interface Layout {
  readonly imageBase: number
  readonly entry: number
  readonly table: number
  readonly isFlat: boolean
  readonly strings: number
}

const SECTOR = 512

function readSection(view: ByteView, layout: Layout, index: number): PeSection {
  const at = layout.table + 40 * index
  const virtualSize = view.u32(at + 8)
  const virtualAddress = view.u32(at + 12)
  const rawSize = view.u32(at + 16)
  const given = view.u32(at + 20)
  // Windows drops the low bits, and packers count on it.
  const rawOffset = layout.isFlat ? given : given - (given % SECTOR)
  const flags = view.u32(at + 36)
  const memorySize = virtualSize || rawSize
  const offset = Math.min(rawOffset, view.size)
  const size = Math.min(rawSize, view.size - offset)
  const isExecutable = (flags & 0x20000000) !== 0
  const holdsEntry = layout.entry >= virtualAddress && layout.entry < virtualAddress + memorySize
  return {
    name: sectionName(view, view.text(at, 8), layout.strings),
    address: layout.imageBase + virtualAddress,
    memorySize,
    offset,
    size,
    isExecutable,
    entropy: entropy(view.bytes.subarray(offset, offset + size)),
    holdsCode: isExecutable || (flags & 0x20) !== 0 || (holdsEntry && layout.entry !== 0),
    isWritable: (flags & 0x80000000) !== 0,
    rawSize,
    rawOffset,
  }
}

/** Names that do not fit stand in the string table: `/123` is where. */
function sectionName(view: ByteView, name: string, strings: number): string {
  const place = /^\/(\d{1,7})$/.exec(name)?.[1]
  if (place === undefined) return name
  return view.text(strings + Number(place), 64) || name
}

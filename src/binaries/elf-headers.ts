import { MalformedInputError } from '../core/index.ts'
import { type ByteView, byteView } from './byte-view.ts'
import { entropy } from './entropy.ts'
import type { Architecture, Section } from './executable.ts'

/** Sections and segments that are read, at most. */
export const MAX_SECTIONS = 512
/** See `MAX_SECTIONS`. */
export const MAX_SEGMENTS = 128

/** A section and what only ELF says of it. */
export interface ElfSection extends Section {
  readonly type: number
  /** Bytes it should have in the file, and where they should begin. */
  readonly rawSize: number
  readonly rawOffset: number
  readonly link: number
  readonly isWritable: boolean
}

/** A part of the file as the kernel or the linker loads it. */
export interface Segment {
  readonly type: number
  readonly address: number
  readonly rawOffset: number
  readonly rawSize: number
  readonly memorySize: number
  readonly isExecutable: boolean
  readonly isWritable: boolean
}

/** The headers of an ELF file ("Tool Interface Standard ELF Specification" 1.2, and its 64-bit form). */
export interface ElfHeaders {
  readonly view: ByteView
  readonly isWide: boolean
  readonly littleEndian: boolean
  readonly architecture: Architecture
  readonly type: number
  readonly entry: number
  readonly sections: readonly ElfSection[]
  readonly segments: readonly Segment[]
  readonly sectionCount: number
  readonly segmentCount: number
  /** Where the tables of sections and of segments end in the file; 0 where it has none. */
  readonly tableEnd: number
  readonly segmentTableEnd: number
}

/** Kinds of sections (SHT_…), of segments (PT_…) and of files (ET_…). */
export const ELF = {
  symbols: 2,
  noBits: 8,
  dynamicSymbols: 11,
  load: 1,
  ehFrame: 0x6474e550,
  relocatable: 1,
} as const

const MACHINES = new Map<number, Architecture>([
  [3, 'x86'],
  [62, 'x86-64'],
  [40, 'arm'],
  [183, 'arm64'],
  [8, 'mips'],
])

/** @throws MalformedInputError where class or byte order are none that exist */
export function readElfHeaders(bytes: Uint8Array): ElfHeaders {
  const [wide, order] = [bytes[4], bytes[5]]
  if (wide !== 1 && wide !== 2) throw new MalformedInputError('elf', `class is ${wide ?? 'missing'}`, 4)
  if (order !== 1 && order !== 2)
    throw new MalformedInputError('elf', `byte order is ${order ?? 'missing'}`, 5)
  const isWide = wide === 2
  const littleEndian = order === 1
  const view = byteView(bytes, littleEndian)
  if (view.size < (isWide ? 64 : 52)) throw new MalformedInputError('elf', 'the header is cut off', view.size)
  const machine = MACHINES.get(view.u16(18)) ?? 'other'
  const type = view.u16(16)
  const [programAt, sectionAt] = isWide ? [view.u64(32), view.u64(40)] : [view.u32(28), view.u32(32)]
  const counts = isWide ? 54 : 42
  const segmentSize = view.u16(counts)
  const segmentCount = programAt === 0 ? 0 : view.u16(counts + 2)
  const sectionSize = view.u16(counts + 4)
  const sectionCount = sectionAt === 0 ? 0 : view.u16(counts + 6)
  const kept = Math.min(sectionCount, MAX_SECTIONS)
  const raw = Array.from({ length: kept }, (_, i) => readSection(view, isWide, sectionAt + i * sectionSize))
  const names = raw[view.u16(counts + 8)]
  return {
    view,
    isWide,
    littleEndian,
    architecture: machine === 'mips' && isWide ? 'mips64' : machine,
    type,
    entry: isWide ? view.address64(24) : view.u32(24),
    sections: raw.map(({ nameAt, ...section }) => ({
      ...section,
      name: names ? view.text(names.rawOffset + nameAt, 64) : '',
      // Nothing says where an object file will be loaded.
      address: type === ELF.relocatable ? section.rawOffset : section.address,
    })),
    segments: Array.from({ length: Math.min(segmentCount, MAX_SEGMENTS) }, (_, i) =>
      readSegment(view, isWide, programAt + i * segmentSize),
    ),
    sectionCount,
    segmentCount,
    segmentTableEnd: segmentCount === 0 ? 0 : programAt + segmentCount * segmentSize,
    tableEnd: sectionCount === 0 ? 0 : sectionAt + sectionCount * sectionSize,
  }
}

function readSection(view: ByteView, isWide: boolean, at: number) {
  const type = view.u32(at + 4)
  const flags = isWide ? view.u64(at + 8) : view.u32(at + 8)
  const rawOffset = isWide ? view.u64(at + 24) : view.u32(at + 16)
  const memorySize = isWide ? view.u64(at + 32) : view.u32(at + 20)
  const rawSize = type === ELF.noBits ? 0 : memorySize
  const offset = Math.min(rawOffset, view.size)
  const size = Math.min(rawSize, view.size - offset)
  return {
    nameAt: view.u32(at),
    address: isWide ? view.address64(at + 16) : view.u32(at + 12),
    memorySize,
    offset,
    size,
    isExecutable: (flags & 4) !== 0,
    isWritable: (flags & 1) !== 0,
    entropy: entropy(view.bytes.subarray(offset, offset + size)),
    type,
    rawSize,
    rawOffset,
    link: view.u32(at + (isWide ? 40 : 24)),
  }
}

function readSegment(view: ByteView, isWide: boolean, at: number): Segment {
  const flags = view.u32(at + (isWide ? 4 : 24))
  return {
    type: view.u32(at),
    rawOffset: isWide ? view.u64(at + 8) : view.u32(at + 4),
    address: isWide ? view.address64(at + 16) : view.u32(at + 8),
    rawSize: isWide ? view.u64(at + 32) : view.u32(at + 16),
    memorySize: isWide ? view.u64(at + 40) : view.u32(at + 20),
    isExecutable: (flags & 1) !== 0,
    isWritable: (flags & 2) !== 0,
  }
}

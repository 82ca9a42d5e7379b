import { codeRanges, rangeAt, startsWithin } from './code-ranges.ts'
import {
  ELF,
  type ElfHeaders,
  MAX_SECTIONS,
  MAX_SEGMENTS,
  readElfHeaders,
  type Segment,
} from './elf-headers.ts'
import { countElfImports, symbolStarts, unwindStarts } from './elf-tables.ts'
import { entropy } from './entropy.ts'
import type { CodeRange, Executable, Section } from './executable.ts'
import { packingSigns } from './packed.ts'

/** What the headers of a 32- or 64-bit ELF file of either byte order say. @throws MalformedInputError */
export function readElf(bytes: Uint8Array): Executable {
  const headers = readElfHeaders(bytes)
  const { view, isWide, architecture, littleEndian } = headers
  const notes: string[] = []
  const note = (text: string) => notes.push(text)
  if (headers.sectionCount > MAX_SECTIONS) {
    note(`sections: only ${MAX_SECTIONS} of ${headers.sectionCount} were read`)
  }
  if (headers.segmentCount > MAX_SEGMENTS) {
    note(`segments: only ${MAX_SEGMENTS} of ${headers.segmentCount} were read`)
  }
  const isArm = architecture === 'arm'
  const isThumb = isArm && headers.entry % 2 === 1
  const evenIfArm = (address: number) => (isArm ? address - (address % 2) : address)
  const isObject = headers.type === ELF.relocatable
  const entry = headers.entry === 0 || isObject ? null : evenIfArm(headers.entry)
  const parts = sectionsOf(headers)
  const code = codeOf(headers, entry)
  const starts = [...symbolStarts(headers, note), ...unwindStarts(headers, note)].map(evenIfArm)
  const imports = countElfImports(headers)
  return {
    format: isWide ? 'elf64' : 'elf32',
    architecture,
    littleEndian,
    isThumb,
    entry,
    sections: parts.map(({ name, address, memorySize, offset, size, isExecutable, entropy }) => {
      return { name, address, memorySize, offset, size, isExecutable, entropy }
    }),
    code,
    starts: startsWithin(code, entry === null ? starts : [entry, ...starts]),
    imports,
    packed: packingSigns({
      entry,
      // Programs that are linked statically import nothing, and are not packed for that.
      isLibrary: true,
      sections: parts,
      imports,
      mark: upxMark(view.bytes),
    }),
    cutOff: cutOff(headers),
    signer: null,
    notes,
  }
}

/** Sections; where the table of them was stripped away, the segments, by their number. */
function sectionsOf({
  view,
  sections,
  segments,
}: ElfHeaders): (Section & { readonly isWritable: boolean })[] {
  const loaded = sections.filter(({ memorySize }) => memorySize > 0)
  if (loaded.length > 0) return loaded
  return segments.filter(isLoaded).map((segment, index) => {
    const { offset, size } = clamped(segment, view.size)
    const { address, memorySize, isExecutable, isWritable } = segment
    const bits = entropy(view.bytes.subarray(offset, offset + size))
    return {
      name: `segment ${index}`,
      address,
      memorySize,
      offset,
      size,
      isExecutable,
      isWritable,
      entropy: bits,
    }
  })
}

/** Executable sections; where the entry point is in none of them, what else the executable segments hold. */
function codeOf({ view, sections, segments }: ElfHeaders, entry: number | null): CodeRange[] {
  const fromSections: CodeRange[] = sections
    .filter(({ isExecutable, size }) => isExecutable && size > 0)
    .map(({ address, offset, size }) => ({ address, offset, size }))
  const ranges = codeRanges(fromSections, view.size)
  if (ranges.length > 0 && (entry === null || rangeAt(ranges, entry) >= 0)) return ranges
  const executable = segments
    .filter((each) => isLoaded(each) && each.isExecutable)
    .map((segment) => ({ address: segment.address, ...clamped(segment, view.size) }))
  // A section in the middle of a segment would hide what is behind it, so the segments come alone.
  return executable.length > 0 ? codeRanges(executable, view.size) : ranges
}

function isLoaded({ type }: Segment): boolean {
  return type === ELF.load
}

function clamped({ rawOffset, rawSize }: Segment, fileSize: number): { offset: number; size: number } {
  const offset = Math.min(rawOffset, fileSize)
  return { offset, size: Math.min(rawSize, fileSize - offset) }
}

/** UPX writes its mark behind the program headers and at the end. */
function upxMark(bytes: Uint8Array): string | null {
  const mark = Buffer.from('UPX!')
  return [bytes.subarray(0, 512), bytes.subarray(-64)].some((part) => Buffer.from(part).includes(mark))
    ? 'UPX'
    : null
}

/** How it is seen that an ELF file ends before its time; null where it is not seen, and for what is none. */
export function elfCutOff(bytes: Uint8Array): string | null {
  const wide = bytes[4]
  if (wide !== 1 && wide !== 2) return null
  if (bytes.length < (wide === 2 ? 64 : 52)) return 'the file is cut off: it ends within its header'
  try {
    return cutOff(readElfHeaders(bytes))
  } catch {
    return null
  }
}

/** How it is seen that the file ends before a segment, a section or one of their tables does. */
function cutOff({ view, sections, segments, tableEnd, segmentTableEnd }: ElfHeaders): string | null {
  const ends = [
    ...segments.filter(isLoaded).map((each) => ({ what: 'a segment', end: each.rawOffset + each.rawSize })),
    ...sections
      .filter(({ rawSize }) => rawSize > 0)
      .map((each) => ({ what: `section ${JSON.stringify(each.name)}`, end: each.rawOffset + each.rawSize })),
    { what: 'its table of segments', end: segmentTableEnd },
    { what: 'its table of sections', end: tableEnd },
  ]
  const beyond = ends.find(({ end }) => end > view.size)
  return beyond
    ? `the file is cut off: ${beyond.what} ends at byte ${beyond.end}, the file at ${view.size}`
    : null
}

import { signerOf } from './authenticode.ts'
import { type ByteView, byteView } from './byte-view.ts'
import { codeRanges, startsWithin } from './code-ranges.ts'
import type { CodeRange, Executable } from './executable.ts'
import { packingSigns } from './packed.ts'
import { DIRECTORY, MAX_SECTIONS, type PeHeaders, readPeHeaders } from './pe-headers.ts'
import {
  countImports,
  exceptionStarts,
  exportedStarts,
  type PeImage,
  peImage,
  relocatedStarts,
} from './pe-tables.ts'

/** What the headers of a PE32 or PE32+ file say. @throws UnknownFormatError, MalformedInputError */
export function readPe(bytes: Uint8Array): Executable {
  const view = byteView(bytes)
  const headers = readPeHeaders(view)
  const { imageBase, sections, sectionCount } = headers
  const notes: string[] = []
  if (sectionCount > MAX_SECTIONS) notes.push(`sections: only ${MAX_SECTIONS} of ${sectionCount} were read`)
  const image = peImage(view, headers, (text) => notes.push(text))
  const imports = countImports(image)
  const bytecode = dotNetNote(image)
  if (bytecode !== null) notes.push(bytecode)
  const code = codeRanges(codeCandidates(headers), bytes.length)
  // A library without an entry point has a zero there.
  const entry = headers.entry === 0 ? null : imageBase + headers.entry
  return {
    format: headers.format,
    architecture: headers.architecture,
    littleEndian: true,
    isThumb: headers.isThumb,
    entry,
    sections: sections.map(({ name, address, memorySize, offset, size, isExecutable, entropy }) => {
      return { name, address, memorySize, offset, size, isExecutable, entropy }
    }),
    code,
    starts: startsWithin(code, starts(image, code)),
    imports,
    packed: packingSigns({ entry, isLibrary: headers.isLibrary, sections, imports, mark: null }),
    signer: signerOf(view, headers),
    cutOff: cutOff(view, headers),
    notes,
  }
}

function codeCandidates({ imageBase, entry, headerSize, sections }: PeHeaders): CodeRange[] {
  const ranges = sections
    .filter(({ holdsCode }) => holdsCode)
    .map(({ address, offset, size, memorySize }) => ({ address, offset, size: Math.min(size, memorySize) }))
  // Tiny programs begin in the headers themselves.
  if (entry !== 0 && entry < headerSize) {
    ranges.push({ address: imageBase + entry, offset: entry, size: headerSize - entry })
  }
  return ranges
}

function* starts(image: PeImage, code: readonly CodeRange[]): Generator<number> {
  const { imageBase, entry } = image.headers
  if (entry !== 0) yield imageBase + entry
  for (const table of [exportedStarts(image), exceptionStarts(image), relocatedStarts(image, code)]) {
    for (const start of table) yield imageBase + start
  }
}

/** More than any certificates have: those of Windows itself have some ten thousand bytes. */
const MAX_CERTIFICATE_BYTES = 64 * 1024 ** 2

/** Where the relocation table stands in a DOS header that another header follows. */
const NEW_HEADER_FOLLOWS = 0x40

/** How it is seen that a PE file ends before its time; null where it is not seen, and for what is none. */
export function peCutOff(bytes: Uint8Array): string | null {
  const view = byteView(bytes)
  // Signature, file header and the kind of the optional header: what says that it is PE.
  const end = view.u32(0x3c) + 26
  if (view.u16(0x18) === NEW_HEADER_FOLLOWS && end > view.size) {
    return `the file is cut off: its header ends at byte ${end} at the earliest, the file at ${view.size}`
  }
  try {
    return cutOff(view, readPeHeaders(view))
  } catch {
    return null
  }
}

/** How it is seen that the file ends before its last section or its certificate does. */
function cutOff(view: ByteView, headers: PeHeaders): string | null {
  if (headers.tableEnd > view.size) {
    return `the file is cut off: its table of sections ends at byte ${headers.tableEnd}, the file at ${view.size}`
  }
  for (const { name, rawOffset, rawSize } of headers.sections) {
    const end = rawOffset + rawSize
    if (rawSize > 0 && end > view.size) {
      return `the file is cut off: section ${JSON.stringify(name)} ends at byte ${end}, the file at ${view.size}`
    }
  }
  const { address, size } = headers.directory(DIRECTORY.certificates)
  // Packers that squeeze the headers have other things there.
  if (address % 8 !== 0 || size > MAX_CERTIFICATE_BYTES || address + size <= view.size) return null
  return `the file is cut off: its certificates end at byte ${address + size}, the file at ${view.size}`
}

const IL_ONLY = 1

function dotNetNote({ view, headers, offsetOf }: PeImage): string | null {
  const { address, size } = headers.directory(DIRECTORY.clr)
  const header = address === 0 || size === 0 ? -1 : offsetOf(address)
  if (header < 0) return null
  const isOnly = (view.u32(header + 16) & IL_ONLY) !== 0
  return `${isOnly ? 'the' : 'part of the'} code is .NET bytecode, of which opcodes of the processor say little`
}

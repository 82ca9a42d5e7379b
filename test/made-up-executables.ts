// Small PE and ELF files, made in memory for tests: every field can be set, none of them has to make sense.

/** A section or segment of a made-up file. */
export interface MadeUpSection {
  readonly name?: string
  readonly bytes: Uint8Array
  /** Relative to the image base; pages of 4096 one after another unless given. */
  readonly address?: number
  readonly memorySize?: number
  /** PE: section flags, code that can be executed unless given. ELF: SHF_… flags. */
  readonly flags?: number
}

export interface MadeUpExecutable {
  readonly wide?: boolean
  readonly machine?: number
  readonly imageBase?: number
  /** Relative to the image base; the first section unless given. */
  readonly entry?: number
  readonly sections?: readonly MadeUpSection[]
}

export interface MadeUpPe extends MadeUpExecutable {
  /** Relative address and size of each entry of the table of directories, by its index. */
  readonly directories?: ReadonlyMap<number, readonly [address: number, size: number]>
  readonly characteristics?: number
}

export interface MadeUpElf extends MadeUpExecutable {
  readonly bigEndian?: boolean
  readonly type?: number
  /** Leaves the table of sections away, as `sstrip` does. */
  readonly stripped?: boolean
  /** Addresses of functions, for a symbol table. */
  readonly functions?: readonly number[]
}

export const CODE = 0x60000020
export const WRITABLE_CODE = 0xe0000020
export const DATA = 0xc0000040
const PAGE = 4096
const SECTOR = 512

/** push ebp/rbp; mov ebp, esp; call +0; pop ebp; ret; three int3; nop; ret */
export const X86_CODE = Uint8Array.of(
  ...[0x55, 0x89, 0xe5, 0xe8, 0, 0, 0, 0, 0x5d, 0xc3, 0xcc, 0xcc, 0xcc, 0x90, 0xc3],
)

const up = (value: number, step: number) => Math.ceil(value / step) * step

/** A PE32 file, or PE32+ where `wide`: DOS header, headers, sections at multiples of 512. */
export function madeUpPe(options: MadeUpPe = {}): Uint8Array {
  const { wide = false, sections = [{ bytes: X86_CODE }], directories = new Map() } = options
  const optionalSize = (wide ? 112 : 96) + 128
  const headerSize = up(64 + 24 + optionalSize + 40 * sections.length, SECTOR)
  const file = Buffer.alloc(
    headerSize + sections.reduce((sum, each) => sum + up(each.bytes.length, SECTOR), 0),
  )
  file.write('MZ', 0)
  file.writeUInt32LE(64, 0x3c)
  file.write('PE', 64)
  file.writeUInt16LE(options.machine ?? (wide ? 0x8664 : 0x14c), 68)
  file.writeUInt16LE(sections.length, 70)
  file.writeUInt16LE(optionalSize, 84)
  file.writeUInt16LE(options.characteristics ?? 0x102, 86)
  const optional = 88
  file.writeUInt16LE(wide ? 0x20b : 0x10b, optional)
  file.writeUInt32LE(options.entry ?? sections[0]?.address ?? PAGE, optional + 16)
  if (wide) file.writeBigUInt64LE(BigInt(options.imageBase ?? 0x140000000), optional + 24)
  else file.writeUInt32LE(options.imageBase ?? 0x400000, optional + 28)
  file.writeUInt32LE(PAGE, optional + 32)
  file.writeUInt32LE(SECTOR, optional + 36)
  file.writeUInt32LE(headerSize, optional + 60)
  const table = optional + (wide ? 112 : 96)
  file.writeUInt32LE(16, table - 4)
  for (const [index, [address, size]] of directories) {
    file.writeUInt32LE(address, table + 8 * index)
    file.writeUInt32LE(size, table + 8 * index + 4)
  }
  let offset = headerSize
  let page = PAGE
  sections.forEach(
    ({ name = '.text', bytes, address = page, memorySize = bytes.length, flags = CODE }, i) => {
      const at = optional + optionalSize + 40 * i
      file.write(name.slice(0, 8), at, 'latin1')
      file.writeUInt32LE(memorySize, at + 8)
      file.writeUInt32LE(address, at + 12)
      file.writeUInt32LE(up(bytes.length, SECTOR), at + 16)
      file.writeUInt32LE(offset, at + 20)
      file.writeUInt32LE(flags, at + 36)
      file.set(bytes, offset)
      offset += up(bytes.length, SECTOR)
      page = up(address + Math.max(memorySize, 1), PAGE)
    },
  )
  return new Uint8Array(file)
}

/** Writes numbers one behind another in the byte order and word size of an ELF file. */
function elfWriter(wide: boolean, bigEndian: boolean) {
  const bytes: number[] = []
  const put = (value: number, size: number) => {
    let rest = BigInt(value)
    const digits = Array.from({ length: size }, () => {
      const digit = Number(rest & 255n)
      rest >>= 8n
      return digit
    })
    bytes.push(...(bigEndian ? digits.reverse() : digits))
  }
  const putAll =
    (size: number) =>
    (...values: number[]) => {
      for (const value of values) put(value, size)
    }
  return {
    bytes,
    half: putAll(2),
    word: putAll(4),
    /** An address, offset or size. */
    large: putAll(wide ? 8 : 4),
  }
}

/** A 32-bit ELF file, or 64-bit where `wide`: header, one executable segment, sections, a table of symbols, names. */
export function madeUpElf(options: MadeUpElf = {}): Uint8Array {
  const {
    wide = false,
    bigEndian = false,
    stripped = false,
    imageBase = wide ? 0x400000 : 0x8048000,
  } = options
  const { sections = [{ bytes: X86_CODE }], functions = [] } = options
  const [headerSize, segmentSize, sectionSize] = wide ? [64, 56, 64] : [52, 32, 40]
  let end = headerSize + segmentSize
  const placed = sections.map((each, i) => {
    const offset = up(end, 16)
    end = offset + each.bytes.length
    const { name = i === 0 ? '.text' : `.text${i}`, flags = 6, memorySize = each.bytes.length } = each
    return {
      name,
      type: 1,
      flags,
      offset,
      memorySize,
      address: imageBase + (each.address ?? offset),
      bytes: each.bytes,
    }
  })
  const segmentEnd = end
  const symbols = elfWriter(wide, bigEndian)
  for (const address of [0, ...functions]) {
    const [info, index] = address === 0 ? [0, 0] : [2, 1]
    symbols.word(0)
    if (!wide) symbols.large(address, 0)
    symbols.bytes.push(info, 0)
    symbols.half(index)
    if (wide) symbols.large(address, 0)
  }
  const names = Buffer.from(
    `\0${[...placed.map(({ name }) => name), '.symtab', '.shstrtab'].join('\0')}\0`,
    'latin1',
  )
  const extra = [
    { name: '.symtab', type: 2, bytes: Uint8Array.from(symbols.bytes) },
    { name: '.shstrtab', type: 3, bytes: new Uint8Array(names) },
  ].map((each) => {
    const offset = up(end, 16)
    end = offset + each.bytes.length
    return { ...each, flags: 0, offset, memorySize: each.bytes.length, address: 0 }
  })
  const tableAt = up(end, 16)
  const all = [...placed, ...extra]

  const header = elfWriter(wide, bigEndian)
  header.bytes.push(0x7f, 0x45, 0x4c, 0x46, wide ? 2 : 1, bigEndian ? 2 : 1, 1, ...new Array(9).fill(0))
  header.half(options.type ?? 2, options.machine ?? (wide ? 62 : 3))
  header.word(1)
  header.large(options.entry === undefined ? (placed[0]?.address ?? 0) : imageBase + options.entry)
  header.large(headerSize, stripped ? 0 : tableAt)
  header.word(0)
  header.half(
    headerSize,
    segmentSize,
    1,
    sectionSize,
    stripped ? 0 : all.length + 1,
    stripped ? 0 : all.length,
  )
  header.word(1)
  if (wide) header.word(5)
  header.large(0, imageBase, imageBase, segmentEnd, segmentEnd)
  if (!wide) header.word(5)
  header.large(PAGE)

  const table = elfWriter(wide, bigEndian)
  table.bytes.push(...new Array(sectionSize).fill(0))
  for (const { name, type, flags, address, offset, memorySize } of all) {
    table.word(names.indexOf(`\0${name}\0`, 0, 'latin1') + 1, type)
    table.large(flags, address, offset, memorySize)
    table.word(0, 0)
    table.large(1, type === 2 ? (wide ? 24 : 16) : 0)
  }
  const file = new Uint8Array(stripped ? segmentEnd : tableAt + table.bytes.length)
  file.set(header.bytes)
  for (const { offset, bytes } of stripped ? placed : all) file.set(bytes, offset)
  if (!stripped) file.set(table.bytes, tableAt)
  return file
}

import { type KnownError, LimitExceededError, MalformedInputError } from '../../core/index.ts'
import {
  type Archive,
  distinctNames,
  MAX_MEMBERS,
  MAX_NAME_BYTES,
  type Member,
  type OpenBytes,
  type RandomAccess,
} from './archive.ts'
import { openZipMember, type ZipMember } from './zip-member.ts'

/** Bytes of the central directory that are read. */
const MAX_DIRECTORY_BYTES = 128 * 1024 ** 2

/** Whether a file that starts so is a zip archive. */
export function isZip(head: Uint8Array): boolean {
  const [a, b, c, d] = head
  return a === 0x50 && b === 0x4b && ((c === 3 && d === 4) || (c === 5 && d === 6))
}

/**
 * A zip archive (APPNOTE 6.3.10, zip64 included; members stored, deflated or in zstd, in plain, ZipCrypto or AES).
 * The central directory is the truth; a member whose own header says otherwise, or whose bytes overlap another's, is
 * an error of that member.
 */
export function zipArchive(open: OpenBytes, path: string, password: string): Archive {
  let listed: Promise<Listing> | null = null
  const list = () => {
    listed ??= readListing(open)
    return listed
  }
  const member = (entry: ListedMember): Member => {
    if (entry.problem) return { name: entry.name, error: entry.problem }
    if (entry.zip.folder) return { name: entry.name, skipped: 'a folder' }
    if (entry.zip.link) return { name: entry.name, skipped: 'a link or a device' }
    const shown = `${path}!${entry.name}`
    return {
      name: entry.name,
      size: entry.zip.size,
      open: () => openZipMember(open, entry.zip, shown, password),
    }
  }
  return {
    async *members() {
      const { entries, problem } = await list()
      for (const entry of entries.values()) yield member(entry)
      if (problem) throw problem
    },
    async find(name) {
      const entry = (await list()).entries.get(name)
      return entry ? member(entry) : null
    },
    close: async () => {},
  }
}

interface ListedMember {
  readonly name: string
  readonly zip: ZipMember
  problem: KnownError | null
}

interface Listing {
  readonly entries: Map<string, ListedMember>
  /** What ended the listing before its time. */
  readonly problem: KnownError | null
}

async function readListing(open: OpenBytes): Promise<Listing> {
  const bytes = await open()
  try {
    const { offset, size } = await findZipEnd(bytes)
    if (size > MAX_DIRECTORY_BYTES) throw new LimitExceededError('zip directory bytes', MAX_DIRECTORY_BYTES)
    if (offset + size > bytes.size)
      throw new MalformedInputError('zip', 'the directory runs past the file', offset)
    return parseDirectory(view(await bytes.read(offset, size)), offset)
  } finally {
    await bytes.close()
  }
}

/** Where the central directory stands and how the file ends behind it. */
export interface ZipEnd {
  readonly offset: number
  readonly size: number
  /** Where the record is that says so (the first of both in zip64), and where the comment behind it should end. */
  readonly recordAt: number
  readonly commentEnd: number
}

/** Found from the end of the file, where a comment of up to 64 KiB may follow. @throws MalformedInputError */
export async function findZipEnd(bytes: RandomAccess): Promise<ZipEnd> {
  const tailAt = Math.max(0, bytes.size - 65557)
  const tail = view(await bytes.read(tailAt, bytes.size - tailAt))
  let at = tail.byteLength - 22
  while (at >= 0 && tail.getUint32(at, true) !== 0x06054b50) at--
  if (at < 0) throw new MalformedInputError('zip', 'no directory', bytes.size)
  const [size, offset] = [tail.getUint32(at + 12, true), tail.getUint32(at + 16, true)]
  const commentEnd = tailAt + at + 22 + tail.getUint16(at + 20, true)
  if (offset !== 0xffffffff && size !== 0xffffffff && tail.getUint16(at + 10, true) !== 0xffff)
    return { offset, size, recordAt: tailAt + at, commentEnd }
  if (at < 20 || tail.getUint32(at - 20, true) !== 0x07064b50) {
    return { offset, size, recordAt: tailAt + at, commentEnd }
  }
  const recordAt = Number(tail.getBigUint64(at - 12, true))
  const record = view(await bytes.read(Math.min(recordAt, bytes.size), 56))
  if (record.byteLength < 56 || record.getUint32(0, true) !== 0x06064b50) {
    throw new MalformedInputError('zip', 'no zip64 directory', recordAt)
  }
  return {
    size: Number(record.getBigUint64(40, true)),
    offset: Number(record.getBigUint64(48, true)),
    recordAt,
    commentEnd,
  }
}

function parseDirectory(directory: DataView, start: number): Listing {
  const entries = new Map<string, ListedMember>()
  const distinct = distinctNames()
  let problem: KnownError | null = null
  for (let at = 0; at < directory.byteLength; ) {
    if (entries.size === MAX_MEMBERS) {
      problem = new LimitExceededError('zip members', MAX_MEMBERS)
      break
    }
    const length = at + 46 <= directory.byteLength ? headerLength(directory, at) : Number.POSITIVE_INFINITY
    if (at + length > directory.byteLength || directory.getUint32(at, true) !== 0x02014b50) {
      problem = new MalformedInputError('zip', 'a directory entry is broken', start + at)
      break
    }
    const zip = parseEntry(directory, at)
    const shownBytes = zip.rawName.subarray(0, MAX_NAME_BYTES)
    const name = distinct(new TextDecoder(zip.utf8 ? 'utf-8' : 'latin1').decode(shownBytes))
    const entry: ListedMember = { name, zip, problem: null }
    if (zip.rawName.length > MAX_NAME_BYTES)
      entry.problem = new LimitExceededError('zip member name', MAX_NAME_BYTES)
    entries.set(name, entry)
    at += length
  }
  refuseOverlaps([...entries.values()], start)
  return { entries, problem }
}

function headerLength(directory: DataView, at: number): number {
  return (
    46 +
    directory.getUint16(at + 28, true) +
    directory.getUint16(at + 30, true) +
    directory.getUint16(at + 32, true)
  )
}

function parseEntry(directory: DataView, at: number): ZipMember {
  const u16 = (offset: number) => directory.getUint16(at + offset, true)
  const u32 = (offset: number) => directory.getUint32(at + offset, true)
  const nameBytes = u16(28)
  const rawName = bytesOf(directory, at + 46, nameBytes)
  const extra = extraFields(directory, at + 46 + nameBytes, u16(30))
  const wide = [u32(24), u32(20), u32(42)]
  const zip64 = extra.get(0x0001)
  let next = 0
  for (let i = 0; i < 3; i++) {
    if (wide[i] !== 0xffffffff || !zip64 || next + 8 > zip64.byteLength) continue
    wide[i] = Number(zip64.getBigUint64(next, true))
    next += 8
  }
  const aes = extra.get(0x9901)
  const strength = aes && aes.byteLength >= 7 ? aes.getUint8(4) : 0
  const flags = u16(8)
  const mode = u32(38) >>> 16
  const kind = mode & 0xf000
  const unix = u16(4) >> 8 === 3
  return {
    rawName,
    utf8: (flags & 0x800) !== 0,
    size: wide[0]!,
    storedSize: wide[1]!,
    offset: wide[2]!,
    method: u16(10) === 99 && aes && strength > 0 ? aes.getUint16(5, true) : u16(10),
    crc: u32(16),
    encrypted: (flags & 1) !== 0,
    aesStrength: u16(10) === 99 && strength >= 1 && strength <= 3 ? (strength as 1 | 2 | 3) : null,
    // AE-2 leaves the CRC out.
    hasCrc: !(u16(10) === 99 && aes && aes.byteLength >= 2 && aes.getUint16(0, true) === 2),
    cryptoCheck: (flags & 8) !== 0 ? u16(12) >> 8 : u32(16) >>> 24,
    folder: rawName[rawName.length - 1] === 0x2f,
    link: unix && kind !== 0 && kind !== 0x8000 && kind !== 0x4000,
  }
}

function extraFields(directory: DataView, start: number, length: number): Map<number, DataView> {
  const fields = new Map<number, DataView>()
  for (let at = start; at + 4 <= start + length; ) {
    const size = directory.getUint16(at + 2, true)
    if (at + 4 + size > start + length) break
    fields.set(directory.getUint16(at, true), view(bytesOf(directory, at + 4, size)))
    at += 4 + size
  }
  return fields
}

/** Members that share bytes make a small file hold petabytes (Fifield, "A better zip bomb", 2019). */
function refuseOverlaps(entries: readonly ListedMember[], directoryStart: number): void {
  const inOrder = entries.filter(({ zip }) => !zip.folder).sort((a, b) => a.zip.offset - b.zip.offset)
  let end = 0
  for (const entry of inOrder) {
    const { offset, storedSize, rawName } = entry.zip
    if (offset < end) entry.problem ??= new MalformedInputError('zip', 'a member overlaps another', offset)
    const own = offset + 30 + rawName.length + storedSize
    if (own > directoryStart) {
      entry.problem ??= new MalformedInputError('zip', 'a member runs past its archive', offset)
    } else end = Math.max(end, own)
  }
}

function view(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

function bytesOf(data: DataView, at: number, length: number): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset + at, length)
}

import { randomBytes } from 'node:crypto'
import { MalformedInputError } from '../../core/index.ts'
import { saltBytes, winZipCipher } from './zip-crypto.ts'

const STRENGTH = 3
const MAX_32 = 0xffff_ffff
/** Unix, as the maker of the archive, and the version that AES needs. */
const MADE_BY = 0x0333
const VERSION = 51
/** Encrypted, and a name in UTF-8. */
const FLAGS = 0x801
/** A regular file that its owner alone may read, and that nobody can run. */
const MODE = 0o100600
/** 1 January 1980, the first that the format knows: an archive tells nothing of when it was made. */
const DATE = 0x21

/**
 * A zip archive of one member, stored and encrypted by AES-256 (WinZip, "AES Encryption Information", AE-2: no checksum of
 * the content stands outside). Zip64 (APPNOTE 6.3.10 §4.3) from 4 GiB on.
 * @param size of the content in bytes, which must be known before
 * @throws MalformedInputError at the end where the content had another size
 */
export async function* encryptedZip(
  name: string,
  size: number,
  content: AsyncIterable<Uint8Array>,
  password: string,
): AsyncGenerator<Uint8Array> {
  const salt = randomBytes(saltBytes(STRENGTH))
  const cipher = winZipCipher(password, salt, STRENGTH)
  const storedSize = salt.length + 2 + size + 10
  const own = { name: Buffer.from(name), size, storedSize }
  const header = localHeader(own)
  yield Buffer.concat([header, salt, cipher.check])
  let read = 0
  for await (const chunk of content) {
    read += chunk.length
    if (read > size) break
    const encrypted = cipher.apply(chunk)
    cipher.vouch(encrypted)
    yield encrypted
  }
  if (read !== size)
    throw new MalformedInputError('zip', `the content has not the ${size} bytes it should`, read)
  yield Buffer.concat([cipher.seal(), directory(own, header.length + storedSize)])
}

interface Member {
  readonly name: Uint8Array
  readonly size: number
  readonly storedSize: number
}

function isWide({ storedSize }: Member): boolean {
  return storedSize >= MAX_32
}

/** The fields that both headers of a member have. */
function commonFields(member: Member): Buffer {
  const fields = Buffer.alloc(26)
  fields.writeUInt16LE(VERSION, 0)
  fields.writeUInt16LE(FLAGS, 2)
  fields.writeUInt16LE(99, 4)
  fields.writeUInt16LE(DATE, 8)
  fields.writeUInt32LE(isWide(member) ? MAX_32 : member.storedSize, 14)
  fields.writeUInt32LE(isWide(member) ? MAX_32 : member.size, 18)
  fields.writeUInt16LE(member.name.length, 22)
  fields.writeUInt16LE(extraFields(member).length, 24)
  return fields
}

function extraFields(member: Member): Buffer {
  // Version 2 of vendor AE, the strength, and how the content is kept: stored.
  const aes = Buffer.from([0x01, 0x99, 7, 0, 2, 0, 0x41, 0x45, STRENGTH, 0, 0])
  if (!isWide(member)) return aes
  const wide = Buffer.alloc(20)
  wide.writeUInt16LE(0x0001, 0)
  wide.writeUInt16LE(16, 2)
  wide.writeBigUInt64LE(BigInt(member.size), 4)
  wide.writeBigUInt64LE(BigInt(member.storedSize), 12)
  return Buffer.concat([wide, aes])
}

function localHeader(member: Member): Buffer {
  return Buffer.concat([Buffer.from('PK\x03\x04'), commonFields(member), member.name, extraFields(member)])
}

/** The central directory, which begins at `at`, and the archive's end. */
function directory(member: Member, at: number): Buffer {
  const entry = Buffer.alloc(46)
  entry.write('PK\x01\x02', 0, 'latin1')
  entry.writeUInt16LE(MADE_BY, 4)
  commonFields(member).copy(entry, 6)
  entry.writeUInt32LE(MODE * 0x1_0000, 38)
  const listing = Buffer.concat([entry, member.name, extraFields(member)])
  const wide = at >= MAX_32
  const end = Buffer.alloc(22)
  end.write('PK\x05\x06', 0, 'latin1')
  end.writeUInt16LE(1, 8)
  end.writeUInt16LE(1, 10)
  end.writeUInt32LE(listing.length, 12)
  end.writeUInt32LE(wide ? MAX_32 : at, 16)
  return Buffer.concat(wide ? [listing, wideEnd(at, listing.length), end] : [listing, end])
}

/** The record of a zip64 directory and what leads to it. */
function wideEnd(at: number, length: number): Buffer {
  const record = Buffer.alloc(56)
  record.write('PK\x06\x06', 0, 'latin1')
  record.writeBigUInt64LE(44n, 4)
  record.writeUInt16LE(MADE_BY, 12)
  record.writeUInt16LE(VERSION, 14)
  record.writeBigUInt64LE(1n, 24)
  record.writeBigUInt64LE(1n, 32)
  record.writeBigUInt64LE(BigInt(length), 40)
  record.writeBigUInt64LE(BigInt(at), 48)
  const locator = Buffer.alloc(20)
  locator.write('PK\x06\x07', 0, 'latin1')
  locator.writeBigUInt64LE(BigInt(at + length), 8)
  locator.writeUInt32LE(1, 16)
  return Buffer.concat([record, locator])
}

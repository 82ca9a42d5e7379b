import {
  inflateRaw,
  MalformedInputError,
  UnknownFormatError,
  UnreadableError,
  unzstd,
} from '../../core/index.ts'
import { type OpenBytes, type RandomAccess, readRange } from './archive.ts'
import { crc32, type Decryption, zipAes, zipCrypto } from './zip-crypto.ts'

/** What the central directory says of a member. */
export interface ZipMember {
  readonly rawName: Uint8Array
  /** Whether the name is UTF-8; of an unknown old code page otherwise. */
  readonly utf8: boolean
  /** Bytes of its content, and of that as it is stored. */
  readonly size: number
  readonly storedSize: number
  /** Where its own header stands. */
  readonly offset: number
  readonly method: number
  readonly crc: number
  readonly hasCrc: boolean
  readonly encrypted: boolean
  readonly aesStrength: 1 | 2 | 3 | null
  /** What the traditional encryption's head must end with. */
  readonly cryptoCheck: number
  readonly folder: boolean
  /** A symbolic link, device, socket or pipe. */
  readonly link: boolean
}

/**
 * The content of a member, in pieces.
 * @throws MalformedInputError, UnknownFormatError for a method that is not read, UnreadableError for a wrong password
 */
export async function* openZipMember(
  open: OpenBytes,
  member: ZipMember,
  shown: string,
  password: string,
): AsyncGenerator<Uint8Array, void> {
  const bytes = await open()
  let stored: AsyncIterable<Uint8Array>
  try {
    const start = await dataStart(bytes, member)
    const decryption = decryptionOf(member, shown, password)
    if (decryption) stored = await decrypted(bytes, start, member, decryption, shown)
    else stored = readRange(bytes, start, member.storedSize)
  } catch (error) {
    await bytes.close()
    throw error
  }
  yield* checked(unpacked(stored, member.method, shown), member)
}

async function dataStart(bytes: RandomAccess, member: ZipMember): Promise<number> {
  const head = Buffer.from(await bytes.read(member.offset, 30 + member.rawName.length))
  const broken = (problem: string) => new MalformedInputError('zip', problem, member.offset)
  if (head.length < 30 || head.readUInt32LE(0) !== 0x04034b50)
    throw broken('no member where the directory says')
  const nameBytes = head.readUInt16LE(26)
  if (nameBytes !== member.rawName.length || Buffer.compare(head.subarray(30), member.rawName) !== 0) {
    throw broken('member and directory disagree on its name')
  }
  return member.offset + 30 + nameBytes + head.readUInt16LE(28)
}

function decryptionOf(member: ZipMember, shown: string, password: string): Decryption | null {
  if (!member.encrypted) return null
  if (member.aesStrength) return zipAes(password, member.aesStrength)
  if (member.method === 99) throw new UnknownFormatError(shown, 'an unknown zip encryption')
  return zipCrypto(password, member.cryptoCheck)
}

async function decrypted(
  bytes: RandomAccess,
  start: number,
  member: ZipMember,
  decryption: Decryption,
  shown: string,
): Promise<AsyncGenerator<Uint8Array, void>> {
  const length = member.storedSize - decryption.headBytes - decryption.tailBytes
  if (length < 0) throw new MalformedInputError('zip', 'an encrypted member without its head', start)
  const dataAt = start + decryption.headBytes
  const head = await bytes.read(start, decryption.headBytes)
  if (head.length < decryption.headBytes || !decryption.start(head)) {
    throw new UnreadableError(shown, { code: 'it is encrypted with another password' })
  }
  return (async function* () {
    const tail = await bytes.read(dataAt + length, decryption.tailBytes)
    for await (const piece of readRange(bytes, dataAt, length)) yield decryption.update(piece)
    if (!decryption.finish(tail)) throw new MalformedInputError('zip', 'encrypted data was changed', dataAt)
  })()
}

function unpacked(
  stored: AsyncIterable<Uint8Array>,
  method: number,
  shown: string,
): AsyncIterable<Uint8Array> {
  if (method === 0) return stored
  if (method === 8) return inflateRaw(stored)
  if (method === 93) return unzstd(stored)
  throw new UnknownFormatError(shown, `zip compression method ${method}`)
}

/** Holds the content to the size and the checksum that the directory states. */
async function* checked(
  content: AsyncIterable<Uint8Array>,
  member: ZipMember,
): AsyncGenerator<Uint8Array, void> {
  const wrong = (problem: string) => new MalformedInputError('zip', problem, member.offset)
  let size = 0
  let crc = 0
  for await (const piece of content) {
    const left = member.size - size
    size += piece.length
    if (size > member.size) {
      if (left > 0) yield piece.subarray(0, left)
      throw wrong('a member is longer than the directory says')
    }
    crc = crc32(piece, crc)
    yield piece
  }
  if (size < member.size) throw wrong('a member is cut off')
  if (member.hasCrc && crc !== member.crc) throw wrong('a member whose checksum is wrong')
}

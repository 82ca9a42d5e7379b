import { createCipheriv, createHmac, pbkdf2Sync } from 'node:crypto'
import { crc32 } from '../src/sources/archives/zip-crypto.ts'

/** What a test wants of a zip member; whatever is left out is true to `content`. */
export interface ZipPart {
  readonly name: string
  readonly content: Uint8Array | string
  /** The content as it is stored; `method` says how. */
  readonly stored?: Uint8Array
  readonly method?: number
  readonly size?: number
  readonly storedSize?: number
  readonly crc?: number
  readonly flags?: number
  /** Name in the member's own header. */
  readonly ownName?: string
  /** Place of the member's header, as the directory states it. */
  readonly offset?: number
  /** Unix mode. */
  readonly mode?: number
  /** Extra fields, of the member's own header and of the directory. */
  readonly extra?: Uint8Array
}

/** A zip archive, as honest as its parts. */
export function zipOf(parts: readonly ZipPart[], comment = ''): Buffer {
  const bodies: Buffer[] = []
  const directory: Buffer[] = []
  let at = 0
  for (const part of parts) {
    const content = Buffer.from(part.content)
    const stored = Buffer.from(part.stored ?? content)
    const fields = Buffer.alloc(26)
    fields.writeUInt16LE(20, 0)
    fields.writeUInt16LE(part.flags ?? 0x800, 2)
    fields.writeUInt16LE(part.method ?? 0, 4)
    fields.writeUInt32LE(part.crc ?? crc32(content), 10)
    fields.writeUInt32LE(part.storedSize ?? stored.length, 14)
    fields.writeUInt32LE(part.size ?? content.length, 18)
    const own = Buffer.from(part.ownName ?? part.name)
    fields.writeUInt16LE(own.length, 22)
    const extra = Buffer.from(part.extra ?? [])
    fields.writeUInt16LE(extra.length, 24)
    const body = Buffer.concat([Buffer.from('PK\x03\x04'), fields, own, extra, stored])
    const entry = Buffer.alloc(46)
    entry.write('PK\x01\x02', 0, 'latin1')
    entry.writeUInt16LE(0x0314, 4)
    fields.copy(entry, 6)
    entry.writeUInt16LE(Buffer.byteLength(part.name), 28)
    entry.writeUInt16LE(extra.length, 30)
    entry.writeUInt32LE(((part.mode ?? 0o100644) << 16) >>> 0, 38)
    entry.writeUInt32LE(part.offset ?? at, 42)
    bodies.push(body)
    directory.push(Buffer.concat([entry, Buffer.from(part.name), extra]))
    at += body.length
  }
  const listing = Buffer.concat(directory)
  const end = Buffer.alloc(22)
  end.write('PK\x05\x06', 0, 'latin1')
  end.writeUInt16LE(parts.length & 0xffff, 8)
  end.writeUInt16LE(parts.length & 0xffff, 10)
  end.writeUInt32LE(listing.length, 12)
  end.writeUInt32LE(at, 16)
  end.writeUInt16LE(comment.length, 20)
  return Buffer.concat([...bodies, listing, end, Buffer.from(comment)])
}

/** A member encrypted in PKWARE's old way (APPNOTE 6.3.10 §6.1), written apart from what decrypts it. */
export function zipCryptoPart(name: string, content: Uint8Array, password: string): ZipPart {
  let [a, b, c] = [0x12345678, 0x23456789, 0x34567890]
  const crcStep = (crc: number, byte: number) => {
    let x = (crc ^ byte) & 0xff
    for (let k = 0; k < 8; k++) x = x & 1 ? 0xedb88320 ^ (x >>> 1) : x >>> 1
    return (x ^ (crc >>> 8)) >>> 0
  }
  const step = (byte: number) => {
    a = crcStep(a, byte)
    b = (Math.imul((b + (a & 0xff)) >>> 0, 134775813) + 1) >>> 0
    c = crcStep(c, b >>> 24)
  }
  for (const byte of Buffer.from(password)) step(byte)
  const head = Buffer.alloc(12, 7)
  head[11] = crc32(content) >>> 24
  const stored = Buffer.concat([head, content]).map((byte) => {
    const t = (c & 0xffff) | 2
    step(byte)
    return byte ^ ((Math.imul(t, t ^ 1) >>> 8) & 0xff)
  })
  return { name, content, stored, flags: 0x801 }
}

/** A member encrypted by AES-256 as WinZip does (AE-2), written apart from what decrypts it. */
export function zipAesPart(name: string, content: Uint8Array, password: string): ZipPart {
  const salt = Buffer.alloc(16, 5)
  const keys = pbkdf2Sync(password, salt, 1000, 66, 'sha1')
  const counters = Buffer.alloc(Math.ceil(content.length / 16) * 16)
  for (let i = 0; i < counters.length / 16; i++) counters.writeUInt32LE(i + 1, 16 * i)
  const stream = createCipheriv('aes-256-ecb', keys.subarray(0, 32), null).update(counters)
  const data = Buffer.from(content).map((byte, i) => byte ^ stream[i]!)
  const tail = createHmac('sha1', keys.subarray(32, 64)).update(data).digest().subarray(0, 10)
  const stored = Buffer.concat([salt, keys.subarray(64), data, tail])
  const extra = Buffer.from([0x01, 0x99, 7, 0, 2, 0, 0x41, 0x45, 3, 0, 0])
  return { name, content, stored, extra, flags: 0x801, method: 99, crc: 0 }
}

/** What a test wants of a tar member. */
export interface TarPart {
  readonly name: string
  readonly content?: Uint8Array | string
  /** Type flag; `0` is a regular file. */
  readonly type?: string
  /** Size as the header states it. */
  readonly size?: number | string
}

/** A ustar archive with its two empty blocks at the end. */
export function tarOf(parts: readonly TarPart[]): Buffer {
  const blocks = parts.map(({ name, content = '', type = '0', size }) => {
    const bytes = Buffer.from(content)
    const header = Buffer.alloc(512)
    header.write(name, 0, 100)
    header.write('0000644\0', 100)
    const stated = size ?? bytes.length
    header.write(
      typeof stated === 'string' ? stated : `${stated.toString(8).padStart(11, '0')}\0`,
      124,
      12,
      'latin1',
    )
    header.write('00000000000\0', 136)
    header.write('        ', 148)
    header.write(type, 156)
    header.write('ustar\x0000', 257)
    const sum = header.reduce((total, byte) => total + byte, 0)
    header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148)
    return Buffer.concat([header, bytes, Buffer.alloc((512 - (bytes.length % 512)) % 512)])
  })
  return Buffer.concat([...blocks, Buffer.alloc(1024)])
}

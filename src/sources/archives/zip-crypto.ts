import { createCipheriv, createHmac, pbkdf2Sync } from 'node:crypto'

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, n) => {
  let c = n
  for (let k = 0; k < 8; k++) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1
  return c
})

/** CRC-32 of some bytes, continued from that of the bytes before them. */
export function crc32(bytes: Uint8Array, before = 0): number {
  let crc = ~before
  for (let i = 0; i < bytes.length; i++) crc = CRC_TABLE[(crc ^ bytes[i]!) & 0xff]! ^ (crc >>> 8)
  return ~crc >>> 0
}

/** What undoes the encryption of one member. */
export interface Decryption {
  /** Bytes before the encrypted data. */
  readonly headBytes: number
  /** Bytes after it. */
  readonly tailBytes: number
  /** Reads the head. @returns false when the password is wrong */
  start(head: Uint8Array): boolean
  /** The next bytes in plain. */
  update(data: Uint8Array): Uint8Array
  /** Whether the tail confirms what was decrypted. */
  finish(tail: Uint8Array): boolean
}

/** PKWARE's traditional encryption (APPNOTE 6.3.10 §6.1). @param check the last byte that the head must decrypt to */
export function zipCrypto(password: string, check: number): Decryption {
  let [a, b, c] = [0x12345678, 0x23456789, 0x34567890]
  const step = (byte: number) => {
    a = CRC_TABLE[(a ^ byte) & 0xff]! ^ (a >>> 8)
    b = (Math.imul(b + (a & 0xff), 134775813) + 1) | 0
    c = CRC_TABLE[(c ^ (b >>> 24)) & 0xff]! ^ (c >>> 8)
  }
  const update = (data: Uint8Array) => {
    const plain = new Uint8Array(data.length)
    for (let i = 0; i < data.length; i++) {
      const t = (c & 0xffff) | 2
      plain[i] = data[i]! ^ (Math.imul(t, t ^ 1) >>> 8)
      step(plain[i]!)
    }
    return plain
  }
  for (const byte of Buffer.from(password)) step(byte)
  return {
    headBytes: 12,
    tailBytes: 0,
    start: (head) => update(head)[11] === check,
    update,
    finish: () => true,
  }
}

/** The parts of WinZip's AES encryption of one member that writing and reading share. */
export interface WinZipCipher {
  /** Two bytes that tell a wrong password, most often. */
  readonly check: Uint8Array
  /** Encrypts the next bytes, or decrypts them: the same in counter mode. */
  apply(data: Uint8Array): Uint8Array
  /** Adds encrypted bytes to what is vouched for. */
  vouch(encrypted: Uint8Array): void
  /** The ten bytes that follow the encrypted ones. */
  seal(): Uint8Array
}

/** Bytes of salt for a strength of 1, 2 or 3: 128, 192 or 256 bits. */
export function saltBytes(strength: 1 | 2 | 3): number {
  return 4 + 4 * strength
}

/** WinZip's AES encryption for one member (WinZip, "AES Encryption Information", AE-1 and AE-2). */
export function winZipCipher(password: string, salt: Uint8Array, strength: 1 | 2 | 3): WinZipCipher {
  const keyBytes = 8 + 8 * strength
  const keys = pbkdf2Sync(password, salt, 1000, 2 * keyBytes + 2, 'sha1')
  const cipher = createCipheriv(`aes-${keyBytes * 8}-ecb`, keys.subarray(0, keyBytes), null)
  cipher.setAutoPadding(false)
  const hmac = createHmac('sha1', keys.subarray(keyBytes, 2 * keyBytes))
  let counter = 0
  let stream: Uint8Array = new Uint8Array(0)
  // Counter mode as in WinZip counts from 1 in little-endian, which node's own counter mode does not.
  const keyStream = (length: number) => {
    const counters = Buffer.alloc(Math.ceil(length / 16) * 16)
    for (let at = 0; at < counters.length; at += 16) {
      counter++
      counters.writeUInt32LE(counter >>> 0, at)
      counters.writeUInt32LE(Math.floor(counter / 2 ** 32), at + 4)
    }
    return cipher.update(counters)
  }
  return {
    check: keys.subarray(2 * keyBytes),
    apply(data) {
      if (stream.length < data.length) {
        stream = Buffer.concat([stream, keyStream(data.length - stream.length)])
      }
      const result = new Uint8Array(data.length)
      for (let i = 0; i < data.length; i++) result[i] = data[i]! ^ stream[i]!
      stream = stream.subarray(data.length)
      return result
    },
    vouch: (encrypted) => void hmac.update(encrypted),
    seal: () => hmac.digest().subarray(0, 10),
  }
}

/** Undoes WinZip's AES encryption, versions AE-1 and AE-2. @param strength 1, 2 or 3: 128, 192 or 256 bits */
export function zipAes(password: string, strength: 1 | 2 | 3): Decryption {
  const salt = saltBytes(strength)
  let cipher: WinZipCipher | null = null
  return {
    headBytes: salt + 2,
    tailBytes: 10,
    start(head) {
      cipher = winZipCipher(password, head.subarray(0, salt), strength)
      return Buffer.compare(cipher.check, head.subarray(salt)) === 0
    },
    update(data) {
      cipher!.vouch(data)
      return cipher!.apply(data)
    },
    finish: (tail) => Buffer.compare(cipher!.seal(), tail) === 0,
  }
}

import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { type FileHandle, open } from 'node:fs/promises'

/*
 * A file of a store: `TAXONST`, a byte for the version (1), 16 random bytes, then the content under AES-256 in counter mode
 * with the store's key, counting from those bytes.
 */
const MAGIC = Buffer.from('TAXONST\x01', 'latin1')
const IV_BYTES = 16
const CIPHER = 'aes-256-ctr'
const PIECE_BYTES = 256 * 1024

/** Writes a new file, for its owner only and not executable, and flushes it to the disk when `flush` still says so at the end. */
export async function writeScrambled(
  path: string,
  key: Uint8Array,
  chunks: AsyncIterable<Uint8Array>,
  flush: () => boolean | Promise<boolean> = () => true,
): Promise<void> {
  const file = await open(path, 'wx', 0o600)
  try {
    const iv = randomBytes(IV_BYTES)
    const cipher = createCipheriv(CIPHER, key, iv)
    await inPieces(file, chunks, [MAGIC, iv], (chunk) => cipher.update(chunk))
    if (await flush()) await file.sync()
  } finally {
    await file.close()
  }
}

/** Gathers small chunks, so that a hostile source of single bytes costs no write each. */
async function inPieces(
  file: FileHandle,
  chunks: AsyncIterable<Uint8Array>,
  start: readonly Uint8Array[],
  scramble: (chunk: Uint8Array) => Uint8Array,
): Promise<void> {
  let held = [...start]
  let length = 0
  const write = async () => {
    const whole = held.length === 1 ? held[0]! : Buffer.concat(held)
    held = []
    length = 0
    for (let at = 0; at < whole.length; ) at += (await file.write(whole, at)).bytesWritten
  }
  for await (const chunk of chunks) {
    held.push(scramble(chunk))
    length += chunk.length
    if (length >= PIECE_BYTES || held.length >= MAX_HELD) await write()
  }
  if (held.length > 0) await write()
}

const MAX_HELD = 4096

/**
 * The content of such a file.
 * @throws Error of the system; a file that is not one of these ends at once, with null for what it should have been
 */
export async function* readScrambled(path: string, key: Uint8Array): AsyncGenerator<Uint8Array | null> {
  const file = await open(path, 'r')
  try {
    const head = Buffer.alloc(MAGIC.length + IV_BYTES)
    const { bytesRead } = await file.read(head, 0, head.length)
    if (bytesRead < head.length || !head.subarray(0, MAGIC.length).equals(MAGIC)) {
      yield null
      return
    }
    const decipher = createDecipheriv(CIPHER, key, head.subarray(MAGIC.length))
    for (;;) {
      const piece = await file.read(Buffer.allocUnsafe(PIECE_BYTES), 0, PIECE_BYTES)
      if (piece.bytesRead === 0) return
      yield decipher.update(piece.buffer.subarray(0, piece.bytesRead))
    }
  } finally {
    await file.close()
  }
}

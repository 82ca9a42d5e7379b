import { createHash } from 'node:crypto'
import { type FileHandle, open, stat } from 'node:fs/promises'
import { UnreadableError } from '../core/index.ts'

/** First bytes of a log by which it is known again. */
const HEAD_BYTES = 512
const CHUNK_BYTES = 256 * 1024

/** A place in a log. Inode numbers are given anew, so the first bytes say whether the file is still the same. */
export interface LogPlace {
  readonly inode: string
  readonly offset: number
  /** Hash of the first `headBytes` bytes, which is as many as were read, up to 512. */
  readonly head: string
  readonly headBytes: number
  /** When the log was last written to, as seen from here; milliseconds since 1970. */
  readonly modifiedAt: number
}

/** A log that is open. Renaming changes nothing of it. */
export interface LogFile {
  readonly inode: string
  /** Its size and when it was last written to, now. */
  about(): Promise<{ readonly size: number; readonly modifiedAt: number }>
  /** Bytes from a place, up to a chunk of them; none at the end. */
  read(at: number): Promise<Buffer>
  /** The place at an offset up to which it was read. */
  placeAt(offset: number, modifiedAt: number): Promise<LogPlace>
  /** Whether it still begins as the log of that place did, and reaches it: it may have been emptied and written anew. */
  holds(place: Pick<LogPlace, 'offset' | 'head' | 'headBytes'>): Promise<boolean>
  close(): Promise<void>
}

/** Opens a log. @throws UnreadableError for what is none, or else what the system says */
export async function openLog(path: string): Promise<LogFile> {
  // A pipe would be waited for, and could not be left.
  if (!(await stat(path)).isFile()) throw new UnreadableError(path, { code: 'it is not a regular file' })
  const file = await open(path, 'r')
  const { ino } = await file.stat({ bigint: true }).catch(async (error) => {
    await file.close()
    throw error
  })
  const inode = String(ino)
  // Bytes that were seen once count: what stands there now may be another log's.
  let head: Buffer = Buffer.alloc(0)
  return {
    inode,
    async about() {
      const { size, mtimeMs } = await file.stat()
      return { size, modifiedAt: mtimeMs }
    },
    read: (at) => readAt(file, at, CHUNK_BYTES),
    async placeAt(offset, modifiedAt) {
      const headBytes = Math.min(offset, HEAD_BYTES)
      if (head.length < headBytes) {
        head = Buffer.concat([head, await readAt(file, head.length, headBytes - head.length)])
      }
      return {
        inode,
        offset,
        head: hashOf(head.subarray(0, headBytes)),
        headBytes,
        modifiedAt: Math.round(modifiedAt),
      }
    },
    async holds(place) {
      const { size } = await file.stat()
      return size >= place.offset && hashOf(await readAt(file, 0, place.headBytes)) === place.head
    },
    close: () => file.close(),
  }
}

async function readAt(file: FileHandle, at: number, length: number): Promise<Buffer> {
  const buffer = Buffer.allocUnsafeSlow(length)
  const { bytesRead } = await file.read(buffer, 0, length, at)
  return buffer.subarray(0, bytesRead)
}

function hashOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex').slice(0, 16)
}

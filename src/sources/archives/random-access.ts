import { open } from 'node:fs/promises'
import { LimitExceededError, UnreadableError } from '../../core/index.ts'
import { MAX_PIPED_ARCHIVE_BYTES, type OpenBytes } from './archive.ts'

/** Random access to a file. @throws UnreadableError */
export function fileBytes(path: string): OpenBytes {
  return async () => {
    try {
      const file = await open(path, 'r')
      const { size } = await file.stat()
      return {
        size,
        async read(at, length) {
          const buffer = Buffer.allocUnsafeSlow(Math.max(0, Math.min(length, size - at)))
          const { bytesRead } = await file.read(buffer, 0, buffer.length, at)
          return buffer.subarray(0, bytesRead)
        },
        close: () => file.close(),
      }
    } catch (error) {
      throw new UnreadableError(path, error)
    }
  }
}

/** Random access to a stream, by holding it. @throws LimitExceededError past MAX_PIPED_ARCHIVE_BYTES */
export async function heldBytes(chunks: AsyncIterable<Uint8Array>): Promise<OpenBytes> {
  const parts: Uint8Array[] = []
  let length = 0
  for await (const chunk of chunks) {
    length += chunk.length
    if (length > MAX_PIPED_ARCHIVE_BYTES) {
      throw new LimitExceededError('bytes of an archive from a pipe', MAX_PIPED_ARCHIVE_BYTES)
    }
    parts.push(chunk)
  }
  const all = Buffer.concat(parts, length)
  return async () => ({
    size: length,
    read: async (at, count) => all.subarray(at, at + count),
    close: async () => {},
  })
}

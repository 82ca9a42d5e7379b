import { type FileHandle, open, stat } from 'node:fs/promises'
import { compressionOf, type DecompressOptions, decompress } from './decompress.ts'
import { UnreadableError } from './errors.ts'
import { type Patience, pipeChunks, streamChunks } from './pipe.ts'

/** Bytes asked of a file at a time. */
export const CHUNK_BYTES = 1024 * 1024

/** How an input is read. */
export interface InputOptions extends DecompressOptions, Patience {
  /** Told after each read how many bytes of the file, as it lies on disk, are read, and its size (null of a pipe). */
  onBytes?(bytes: number, total: number | null): void
  /**
   * The caller is done with each chunk before it asks for the next: plain files are then read into the same two buffers,
   * which reads them about a quarter faster.
   */
  readonly reuse?: boolean
}

/**
 * The content of a file, or of standard input for `-`, in order, with gzip and zstd undone wherever the first bytes are
 * theirs, whatever the name. Holds a few chunks at a time; leaving the loop early closes the file. Chunks are the
 * caller's to keep.
 *
 * All that can be decoded comes before an error does.
 * @throws UnreadableError for what is not there or cannot be read, PipeSilentError for a pipe, the reason of the signal
 * @throws MalformedInputError for compressed data that is broken or cut off; the offset counts compressed bytes
 * @throws LimitExceededError once `maxBytes` bytes were yielded and more would follow
 */
export function openChunks(path: string, options: InputOptions = {}): AsyncIterableIterator<Uint8Array> {
  return decompress(readChunks(path, options), options)
}

/** The bytes of a file, or of standard input for `-`, as they are. @throws UnreadableError, PipeSilentError */
export async function* readChunks(
  path: string,
  options: InputOptions = {},
): AsyncGenerator<Uint8Array, undefined> {
  const { onBytes, reuse = false } = options
  if (path === '-') return yield* counted(process.stdin, path, options)
  try {
    if ((await stat(path)).isFIFO()) return yield* counted(null, path, options)
  } catch (error) {
    throw asUnreadable(path, error)
  }
  let file: FileHandle
  try {
    file = await open(path, 'r')
  } catch (error) {
    // A socket on standard input cannot be opened by its name.
    if ((error as NodeJS.ErrnoException).code === 'ENXIO' && STANDARD_INPUT.has(path)) {
      return yield* counted(process.stdin, path, options)
    }
    throw new UnreadableError(path, error)
  }
  try {
    yield* fileChunks(file, path, onBytes, reuse)
  } finally {
    await file.close()
  }
}

const STANDARD_INPUT: ReadonlySet<string> = new Set(['/dev/stdin', '/dev/fd/0', '/proc/self/fd/0'])

async function* fileChunks(
  file: FileHandle,
  path: string,
  onBytes: InputOptions['onBytes'],
  reuse: boolean,
): AsyncGenerator<Uint8Array, undefined> {
  try {
    const about = await file.stat()
    const total = about.isFile() ? about.size : null
    let read = 0
    let plain = false
    // The buffer of the chunk before the last, which nobody looks at any more.
    let spare: Buffer | null = null
    const ask = () => {
      const buffer = spare ?? Buffer.allocUnsafeSlow(chunkSize(total, read))
      // No position: pipes have none.
      return file.read(buffer, 0, buffer.length)
    }
    for (let next = ask(); ; ) {
      const { bytesRead, buffer } = await next
      if (bytesRead === 0) return
      // A decoder may hold on to its input.
      if (read === 0) plain = compressionOf(buffer.subarray(0, bytesRead)) === null
      read += bytesRead
      onBytes?.(read, total)
      // The next chunk of a file is read while this one is worked on. Not of a pipe: closing would wait for its writer.
      if (total !== null) next = ask()
      next.catch(() => {})
      yield buffer.subarray(0, bytesRead)
      spare = reuse && plain && buffer.length === CHUNK_BYTES ? buffer : null
      if (total === null) next = ask()
    }
  } catch (error) {
    throw asUnreadable(path, error)
  }
}

/** A small file gets a buffer of its size (and one byte, to find its end); a pipe or one that grows, a whole chunk. */
function chunkSize(total: number | null, read: number): number {
  if (total === null || total === 0) return CHUNK_BYTES
  return Math.min(CHUNK_BYTES, Math.max(1, total - read) + (read === 0 ? 1 : 4096))
}

/** The bytes of a stream, or of a named pipe, counted. */
async function* counted(
  stream: NodeJS.ReadStream | null,
  path: string,
  { onBytes, ...patience }: InputOptions,
): AsyncGenerator<Uint8Array, undefined> {
  let read = 0
  try {
    for await (const chunk of stream ? streamChunks(stream, path, patience) : pipeChunks(path, patience)) {
      read += chunk.length
      onBytes?.(read, null)
      yield chunk
    }
  } catch (error) {
    throw asUnreadable(path, error)
  }
}

function asUnreadable(path: string, error: unknown): unknown {
  const { syscall, code } = error as NodeJS.ErrnoException
  // A path with a NUL in it does not even get to the system.
  const known = typeof syscall === 'string' || code === 'ERR_INVALID_ARG_VALUE'
  return known ? new UnreadableError(path, error) : error
}

import { createGunzip, createInflateRaw, type Gunzip, type InflateRaw } from 'node:zlib'
import { LimitExceededError, MalformedInputError } from './errors.ts'
import { peek } from './peek.ts'
import { unzstd } from './zstd.ts'

/** Bytes that one input may decode to, unless the caller says otherwise. */
export const MAX_DECODED_BYTES = 64 * 1024 ** 3

/** Caps of decoding. */
export interface DecompressOptions {
  /** Decoded bytes after which a LimitExceededError ends the stream; default MAX_DECODED_BYTES. */
  readonly maxBytes?: number
}

/** A compression that taxon undoes. */
type Compression = 'gzip' | 'zstd'

/** What the first four bytes say of how a stream is compressed; null for plain content. */
export function compressionOf(head: Uint8Array): Compression | null {
  const [a, b, c, d] = head
  if (a === 0x1f && b === 0x8b && c === 0x08) return 'gzip'
  if (a === 0x28 && b === 0xb5 && c === 0x2f && d === 0xfd) return 'zstd'
  // zstd's tool writes skippable frames before the data in some of its formats.
  if (a !== undefined && a >> 4 === 5 && b === 0x2a && c === 0x4d && d === 0x18) return 'zstd'
  return null
}

/**
 * A stream with gzip (all its members) or zstd (all its frames) undone where its first bytes are theirs; any other
 * stream as it is. Errors come after all that could be decoded, up to 64 KiB before the place in a corrupt gzip stream.
 * @throws MalformedInputError the offset counts compressed bytes
 * @throws LimitExceededError
 */
export async function* decompress(
  chunks: AsyncIterable<Uint8Array>,
  { maxBytes = MAX_DECODED_BYTES }: DecompressOptions = {},
): AsyncGenerator<Uint8Array, undefined> {
  const { head, rest } = await peek(chunks, 4)
  const compression = compressionOf(head)
  const decoded = compression === 'gzip' ? gunzip(rest) : compression === 'zstd' ? unzstd(rest) : rest
  yield* limited(decoded, maxBytes)
}

async function* limited(chunks: AsyncIterable<Uint8Array>, maxBytes: number) {
  let left = maxBytes
  for await (const chunk of chunks) {
    if (chunk.length > left) {
      if (left > 0) yield chunk.subarray(0, left)
      throw new LimitExceededError('decoded bytes', maxBytes)
    }
    left -= chunk.length
    yield chunk
  }
}

/** The content of a gzip stream. @throws MalformedInputError */
function gunzip(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, undefined> {
  return inflate(chunks, createGunzip({ chunkSize: OUTPUT_BYTES }), 'gzip')
}

/** The content of a raw deflate stream, as zip members are. @throws MalformedInputError */
export function inflateRaw(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, undefined> {
  return inflate(chunks, createInflateRaw({ chunkSize: OUTPUT_BYTES }), 'deflate')
}

const OUTPUT_BYTES = 64 * 1024
// Deflate gives up to 1,032 bytes for one: a piece of this size bounds what waits for the reader to 16 MiB.
const PIECE_BYTES = 16 * 1024

/**
 * Drives zlib piece by piece. Piping or iterating the stream would be shorter, but a stream that fails throws away
 * what it had decoded and nobody had read yet.
 */
async function* inflate(
  chunks: AsyncIterable<Uint8Array>,
  zlib: Gunzip | InflateRaw,
  format: string,
): AsyncGenerator<Uint8Array, undefined> {
  const decoded: Uint8Array[] = []
  let problem: Error | null = null
  let ended = false
  let wake = () => {}
  zlib.on('data', (data: Uint8Array) => decoded.push(data))
  zlib.on('error', (error: Error) => {
    problem = error
    wake()
  })
  zlib.on('end', () => {
    ended = true
    wake()
  })
  // After an error or the end zlib calls no callback back.
  const done = (start: (callback: () => void) => void) =>
    new Promise<void>((resolve) => {
      wake = resolve
      if (problem || ended) resolve()
      else start(resolve)
    })
  try {
    for await (const chunk of chunks) {
      for (let at = 0; at < chunk.length && !problem && !ended; at += PIECE_BYTES) {
        await done((callback) => zlib.write(chunk.subarray(at, at + PIECE_BYTES), callback))
        yield* decoded.splice(0)
      }
      if (problem || ended) break
    }
    await done(() => zlib.end())
    yield* decoded.splice(0)
    if (problem) throw malformed(format, problem, zlib.bytesWritten)
  } finally {
    zlib.destroy()
  }
}

function malformed(format: string, problem: Error, offset: number): MalformedInputError {
  const cutOff = problem.message === 'unexpected end of file'
  return new MalformedInputError(format, cutOff ? 'the data is cut off' : problem.message, offset, {
    cause: problem,
  })
}

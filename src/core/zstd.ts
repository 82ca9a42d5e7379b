import { LimitExceededError, MalformedInputError } from './errors.ts'
import { type BlockState, blockState, decodeBlock, MAX_BLOCK_BYTES, ZstdProblem } from './zstd-block.ts'

/** The largest window taken, as the zstd tool's own default: bytes a frame may refer back to. */
export const MAX_ZSTD_WINDOW_BYTES = 128 * 1024 ** 2

/**
 * The content of a Zstandard stream (RFC 8878): frames one after another, skippable ones skipped, no dictionaries.
 * Holds the frame's window and a block. Checksums are stepped over.
 * @throws MalformedInputError the offset counts compressed bytes
 * @throws LimitExceededError for a window over MAX_ZSTD_WINDOW_BYTES
 */
export async function* unzstd(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, undefined> {
  const input = byteReader(chunks)
  const window = slidingWindow()
  try {
    while (await input.has(1)) {
      const magic = uint32(await input.take(4))
      if (magic >>> 4 === 0x184d2a5) await input.skip(uint32(await input.take(4)))
      else if (magic === 0xfd2fb528) yield* frame(input, window)
      else throw new ZstdProblem('no frame starts here')
    }
  } catch (error) {
    if (error instanceof ZstdProblem) throw new MalformedInputError('zstd', error.message, input.offset())
    throw error
  } finally {
    await input.close()
  }
}

interface FrameHeader {
  readonly windowBytes: number
  readonly checksum: boolean
}

async function* frame(input: ByteReader, window: SlidingWindow): AsyncGenerator<Uint8Array, undefined> {
  const { windowBytes, checksum } = await frameHeader(input)
  const blockBytes = Math.min(MAX_BLOCK_BYTES, windowBytes)
  const state: BlockState = blockState()
  window.start(windowBytes)
  for (let last = false; !last; ) {
    const head = await input.take(3)
    const header = head[0]! | (head[1]! << 8) | (head[2]! << 16)
    last = (header & 1) === 1
    const type = (header >> 1) & 3
    const size = header >> 3
    if (size > blockBytes) throw new ZstdProblem(`a block of ${size} bytes`)
    if (type === 3) throw new ZstdProblem('a block of an unknown type')
    const content = await input.take(type === 1 ? 1 : size)
    const { buffer, at } = window.room(blockBytes)
    let end = at + size
    if (type === 0) buffer.set(content, at)
    else if (type === 1) buffer.fill(content[0]!, at, end)
    else end = decodeBlock(content, state, buffer, at, blockBytes)
    window.filled(end)
    if (end > at) yield buffer.slice(at, end)
  }
  if (checksum) await input.take(4)
}

async function frameHeader(input: ByteReader): Promise<FrameHeader> {
  const descriptor = (await input.take(1))[0]!
  const singleSegment = (descriptor & 0x20) !== 0
  const sizeFlag = descriptor >> 6
  if ((descriptor & 0x08) !== 0) throw new ZstdProblem('a reserved bit is set')
  let windowBytes = 0
  if (!singleSegment) {
    const byte = (await input.take(1))[0]!
    const base = 2 ** (10 + (byte >> 3))
    windowBytes = base + (base / 8) * (byte & 7)
  }
  const dictionary = await input.take([0, 1, 2, 4][descriptor & 3]!)
  if (dictionary.some((byte) => byte !== 0)) throw new ZstdProblem('it needs a dictionary')
  const sizeBytes = sizeFlag === 0 ? Number(singleSegment) : 2 ** sizeFlag
  const contentBytes = littleEndian(await input.take(sizeBytes)) + (sizeBytes === 2 ? 256 : 0)
  if (singleSegment) windowBytes = contentBytes
  if (windowBytes > MAX_ZSTD_WINDOW_BYTES)
    throw new LimitExceededError('zstd window bytes', MAX_ZSTD_WINDOW_BYTES)
  return { windowBytes, checksum: (descriptor & 0x04) !== 0 }
}

function uint32(bytes: Uint8Array): number {
  return littleEndian(bytes)
}

function littleEndian(bytes: Uint8Array): number {
  let value = 0
  for (let i = bytes.length - 1; i >= 0; i--) value = value * 256 + bytes[i]!
  return value
}

interface SlidingWindow {
  start(windowBytes: number): void
  /** A buffer with at least `bytes` free from `at`, and before it as much of the frame as may be referred to. */
  room(bytes: number): { readonly buffer: Uint8Array; readonly at: number }
  filled(end: number): void
}

/** One buffer for all frames. It grows with what was decoded, not with what a header claims. */
function slidingWindow(): SlidingWindow {
  let buffer = new Uint8Array(0)
  let windowBytes = 0
  let at = 0
  return {
    start(bytes) {
      windowBytes = bytes
      at = 0
    },
    room(bytes) {
      if (at + bytes <= buffer.length) return { buffer, at }
      // A quarter of the window beyond it keeps the cost of sliding at four copied bytes for each decoded one.
      const most = windowBytes + Math.max(windowBytes / 4, 8 * MAX_BLOCK_BYTES)
      if (buffer.length < most) {
        const grown = new Uint8Array(
          Math.ceil(Math.min(most, Math.max(at + bytes, 2 * buffer.length, 2 ** 20))),
        )
        grown.set(buffer.subarray(0, at))
        buffer = grown
      }
      if (at + bytes > buffer.length) {
        buffer.copyWithin(0, at - windowBytes, at)
        at = windowBytes
      }
      return { buffer, at }
    },
    filled(end) {
      at = end
    },
  }
}

interface ByteReader {
  /** Whether so many bytes are left. */
  has(count: number): Promise<boolean>
  /** The next bytes, valid until the next call. @throws ZstdProblem where there are fewer */
  take(count: number): Promise<Uint8Array>
  skip(count: number): Promise<void>
  /** Bytes taken so far. */
  offset(): number
  close(): Promise<unknown>
}

function byteReader(chunks: AsyncIterable<Uint8Array>): ByteReader {
  const source = chunks[Symbol.asyncIterator]()
  let held: Uint8Array = new Uint8Array(0)
  let at = 0
  let before = 0
  const has = async (count: number) => {
    while (held.length - at < count) {
      const next = await source.next()
      if (next.done) return false
      before += at
      held = at === held.length ? next.value : Buffer.concat([held.subarray(at), next.value])
      at = 0
    }
    return true
  }
  return {
    has,
    async take(count) {
      if (!(await has(count))) {
        at = held.length
        throw new ZstdProblem('the data is cut off')
      }
      at += count
      return held.subarray(at - count, at)
    },
    async skip(count) {
      for (let left = count; left > 0; ) {
        if (!(await has(1))) throw new ZstdProblem('the data is cut off')
        const step = Math.min(left, held.length - at)
        at += step
        left -= step
      }
    },
    offset: () => before + at,
    close: async () => source.return?.(),
  }
}

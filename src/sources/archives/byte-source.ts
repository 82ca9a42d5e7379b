import { MalformedInputError } from '../../core/index.ts'
import type { RandomAccess } from './archive.ts'

/** Bytes read forward by count. */
export interface ByteSource {
  /** Bytes passed so far. */
  at(): number
  /** The next bytes; fewer than asked for only at the end. */
  take(count: number): Promise<Uint8Array>
  /** Moves forward to a place. @throws MalformedInputError when the bytes end before it */
  moveTo(place: number): Promise<void>
  close(): Promise<unknown>
}

/** One whose bytes can also be had in pieces. */
export interface StreamedSource extends ByteSource {
  /** The next bytes. @throws MalformedInputError when they end before */
  content(count: number): AsyncGenerator<Uint8Array, void>
}

/** A source that moves by seeking. */
export function seekable(bytes: RandomAccess): ByteSource {
  let at = 0
  const take = async (count: number) => {
    const piece = await bytes.read(at, count)
    at += piece.length
    return piece
  }
  return {
    at: () => at,
    take,
    async moveTo(place) {
      if (place > bytes.size) throw cutOff(bytes.size)
      at = place
    },
    close: () => bytes.close(),
  }
}

/** A source that moves by reading. */
export function streamed(chunks: AsyncIterable<Uint8Array>): StreamedSource {
  const source = chunks[Symbol.asyncIterator]()
  let held: Uint8Array = new Uint8Array(0)
  let at = 0
  const more = async () => {
    if (held.length > 0) return true
    const next = await source.next()
    if (next.done) return false
    held = next.value
    return true
  }
  const step = (most: number) => {
    const piece = held.subarray(0, most)
    held = held.subarray(piece.length)
    at += piece.length
    return piece
  }
  return {
    at: () => at,
    async take(count) {
      const pieces: Uint8Array[] = []
      const end = at + count
      while (at < end && (await more())) pieces.push(step(end - at))
      return pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces)
    },
    async moveTo(place) {
      while (at < place && (await more())) step(place - at)
      if (at < place) throw cutOff(at)
    },
    async *content(count) {
      const end = at + count
      while (at < end && (await more())) yield step(end - at)
      if (at < end) throw cutOff(at)
    },
    close: async () => source.return?.(),
  }
}

function cutOff(at: number): MalformedInputError {
  return new MalformedInputError('tar', 'the data is cut off', at)
}

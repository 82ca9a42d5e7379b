import type { CodeRange } from '../binaries/index.ts'
import type { Collector } from './collector.ts'
import type { CodeReader, Decoder } from './decoder.ts'

/** Code is decoded in pieces of this size, since decoders copy what they are given. */
const PIECE_BYTES = 2 ** 24

/** No instruction of any processor is longer; a piece can see so far into the next. */
const LONGEST_INSTRUCTION = 16

/** Reads every range of code from end to end, one instruction behind the other, whatever the flow. */
export async function linearSweep(
  bytes: Uint8Array,
  ranges: readonly CodeRange[],
  decoder: Decoder,
  collector: Collector,
): Promise<void> {
  for (const { address, offset, size } of ranges) {
    collector.restart()
    for (let done = 0; done < size && !collector.isFull(); ) {
      const most = Math.min(size - done, PIECE_BYTES + LONGEST_INSTRUCTION)
      const code = bytes.subarray(offset + done, offset + done + most)
      const reader = decoder.open(code, address + done)
      try {
        const to = Math.min(most, PIECE_BYTES)
        done += await readThrough(reader, 0, to, address + done, collector, most)
      } finally {
        reader.close()
      }
    }
  }
}

/**
 * Decodes from one offset to another and returns where it came to. An instruction that goes on beyond the end of all that
 * may be read is left out. @param address of offset 0  @param limit the end of all, `to` or behind it
 */
export async function readThrough(
  reader: CodeReader,
  from: number,
  to: number,
  address: number,
  collector: Collector,
  limit = to,
): Promise<number> {
  const { batch } = collector
  let at = from
  while (at < to && !collector.isFull()) {
    const count = reader.decode(at, to, batch)
    at = batch.end
    await collector.take(at > limit ? count - 1 : count, address)
  }
  return at
}

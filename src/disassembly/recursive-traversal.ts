import { type CodeRange, type Executable, rangeAt } from '../binaries/index.ts'
import type { Collector } from './collector.ts'
import { type CodeReader, type Decoder, FLOW, newBatch } from './decoder.ts'
import { readThrough } from './linear-sweep.ts'

/** Code that is followed, at most; a byte of it takes a byte of memory. Of more, none is: it is swept. */
export const MAX_FOLLOWED_BYTES = 2 ** 27

/** Straight code is short: what is decoded beyond its end is lost. */
const RUN_LENGTH = 16

/** Instructions that are followed before others have a turn; about 50 ms. */
const INSTRUCTIONS_A_TURN = 100_000

/** A range of code that is being followed; `reached` says of each byte whether an instruction begins or goes on there. */
interface Followed {
  readonly range: CodeRange
  readonly reader: CodeReader
  readonly reached: Uint8Array
}

const UNREACHED = 0
const BEGIN = 1
const INSIDE = 2

/**
 * Follows the flow from the known starts: behind each instruction and to each target that it names, no byte twice. Then, in
 * the order of addresses, reads what was reached and, if `readsGaps`, what lies between by linear sweep. An instruction that
 * would overlap one that was reached before is given up. (Schwarz, Debray, Andrews, "Disassembly of executable code
 * revisited", 2002, call the whole hybrid.)
 */
export async function recursiveTraversal(
  bytes: Uint8Array,
  { code, starts }: Pick<Executable, 'code' | 'starts'>,
  decoder: Decoder,
  collector: Collector,
  readsGaps: boolean,
): Promise<void> {
  const all: Followed[] = []
  try {
    for (const range of code) {
      const { address, offset, size } = range
      const reader = decoder.open(bytes.subarray(offset, offset + size), address)
      all.push({ range, reader, reached: new Uint8Array(size) })
    }
    await follow(code, all, starts, decoder, collector)
    for (const each of all) {
      collector.restart()
      await readInOrder(each, collector, readsGaps)
    }
  } finally {
    for (const { reader } of all) reader.close()
  }
}

async function follow(
  code: readonly CodeRange[],
  all: readonly Followed[],
  starts: Float64Array,
  decoder: Decoder,
  collector: Collector,
): Promise<void> {
  // Taken from the end, so that what the file itself names comes first, in order, and each is followed to its leaves.
  const waiting = [...starts].reverse()
  let untilPause = INSTRUCTIONS_A_TURN
  for (let start = waiting.pop(); start !== undefined; start = waiting.pop()) {
    const followed = all[rangeAt(code, start)]
    if (!followed) continue
    untilPause -= followRun(followed, start - followed.range.address, decoder, waiting) + 1
    if (untilPause > 0) continue
    untilPause = INSTRUCTIONS_A_TURN
    await collector.turn()
  }
}

const batch = newBatch(RUN_LENGTH, true)

/** Follows one instruction behind the other to where the flow leaves, and puts targets on the list. Returns their number. */
function followRun(
  { reader, reached }: Followed,
  start: number,
  decoder: Decoder,
  waiting: number[],
): number {
  let followed = 0
  for (let from = start; from < reached.length && reached[from] === UNREACHED; from = batch.end) {
    const count = reader.decode(from, reached.length, batch)
    for (let i = 0; i < count; i++) {
      const at = batch.offsets[i]!
      const end = i + 1 < count ? batch.offsets[i + 1]! : batch.end
      if (decoder.names[batch.opcodes[i]!] === 'invalid' || !isFree(reached, at, end)) return followed
      reached[at] = BEGIN
      reached.fill(INSIDE, at + 1, end)
      followed++
      const flow = batch.flows[i]!
      const target = batch.targets![i]!
      if (!Number.isNaN(target)) waiting.push(target)
      if (flow === FLOW.jump || flow === FLOW.end || flow === FLOW.trap) return followed
    }
  }
  return followed
}

function isFree(reached: Uint8Array, from: number, to: number): boolean {
  for (let at = from; at < to; at++) if (reached[at] !== UNREACHED) return false
  return true
}

/** Gives the collector what was reached and, if asked to, what lies between. */
async function readInOrder({ range, reader, reached }: Followed, collector: Collector, readsGaps: boolean) {
  const { address, size } = range
  for (let at = 0; at < size; ) {
    const isGap = reached[at] === UNREACHED
    let end = at + 1
    while (end < size && (reached[end] === UNREACHED) === isGap) end++
    if (!isGap || readsGaps) await readThrough(reader, at, end, address, collector)
    at = end
  }
}

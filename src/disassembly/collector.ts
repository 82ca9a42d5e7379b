import { type Batch, newBatch } from './decoder.ts'
import { addOpcode, type OpcodeColumns, opcodeColumns } from './opcode-columns.ts'
import { paddingFinder } from './padding.ts'

/** Instructions of a batch; large enough that a batch costs little beside its instructions. */
export const BATCH_SIZE = 8192

/** Instructions that are decoded of one file, at most. They take about ten seconds. */
export const MAX_DECODED = 60_000_000

/** Takes decoded instructions in the order of their addresses, leaves out padding and counts all. */
export interface Collector {
  readonly columns: OpcodeColumns
  readonly batch: Batch
  /** Instructions left out as padding. */
  padding: number
  /** Says that what comes next does not follow on what came last. */
  restart(): void
  /** Takes the first `count` instructions of `batch`; `address` is where offset 0 stands. Gives others a turn now and then. @throws what `turn` throws */
  take(count: number, address: number): Promise<void>
  /** Lets others have a turn. @throws the reason of the signal once it is aborted */
  turn(): Promise<void>
  /** Whether `MAX_DECODED` was reached. */
  isFull(): boolean
}

/** An empty collector. @param most instructions kept in order  @param expected how many to make room for at first  @param signal ends it */
export function newCollector(
  most: number,
  expected: number,
  keepsPadding: boolean,
  signal?: AbortSignal,
): Collector {
  const columns = opcodeColumns(most, expected)
  const batch = newBatch(BATCH_SIZE, false)
  const isPadding = new Uint8Array(BATCH_SIZE)
  let findPadding = paddingFinder()
  let decoded = 0
  let untilPause = INSTRUCTIONS_A_TURN
  return {
    columns,
    batch,
    padding: 0,
    restart() {
      findPadding = paddingFinder()
    },
    async take(count, address) {
      decoded += count
      if (!keepsPadding) findPadding(batch, count, isPadding)
      const { offsets, opcodes } = batch
      for (let i = 0; i < count; i++) {
        if (isPadding[i] === 1) this.padding++
        else addOpcode(columns, address + offsets[i]!, opcodes[i]!)
      }
      untilPause -= count
      if (untilPause > 0) return
      untilPause = INSTRUCTIONS_A_TURN
      await this.turn()
    },
    async turn() {
      await new Promise<void>((resolve) => setImmediate(resolve))
      signal?.throwIfAborted()
    },
    isFull: () => decoded >= MAX_DECODED,
  }
}

/** About 50 ms of work. */
const INSTRUCTIONS_A_TURN = 300_000

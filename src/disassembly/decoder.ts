import type { Architecture } from '../binaries/index.ts'

/** What comes after an instruction, as far as padding and the following of the flow must know. */
export const FLOW = {
  /** The instruction behind it. */
  next: 0,
  /** Another function, then as a rule the instruction behind it. */
  call: 1,
  /** Its target or the instruction behind it. */
  branch: 2,
  /** Its target only. */
  jump: 3,
  /** Nothing that could be known: a return, a halt, bytes that are no instruction. */
  end: 4,
  /** The instruction behind it; does nothing itself, such as `nop`, and zero bytes that happen to be an instruction. */
  idle: 5,
  /** A debugger: `int3`, with which compilers fill what is never reached. */
  trap: 6,
} as const

/** Decoded instructions as columns, filled from index 0 on by each call of `decode` anew. */
export interface Batch {
  /** Where each stands, in bytes from the start of the code. */
  readonly offsets: Uint32Array
  /** Index into the decoder's `names`. */
  readonly opcodes: Uint32Array
  /** One of `FLOW`. */
  readonly flows: Uint8Array
  /** Address to which calls, branches and jumps go, NaN where the instruction does not say; null if nobody asks. */
  readonly targets: Float64Array | null
  /** Offset of the byte behind the last of them. */
  end: number
}

/** Code that is being decoded. */
export interface CodeReader {
  /**
   * Decodes from offset `from` until an instruction would begin at `to` or later, or the batch is full. Bytes that are no
   * instruction are `invalid`, and it goes on behind them: it always comes to `to`.
   * @returns how many instructions the batch now holds
   */
  decode(from: number, to: number, batch: Batch): number
  /** Frees its memory; nothing may be decoded after that. */
  close(): void
}

/** The decoder of one processor. A new processor is one of these and one line in `DECODERS` (disassemble.ts). */
export interface Decoder {
  /** Canonical names of its opcodes; more may be added while it decodes, none ever moves. */
  readonly names: readonly string[]
  /** @param code instructions, kept and not changed; less than 2³² bytes  @param address of its first byte */
  open(code: Uint8Array, address: number): CodeReader
}

/** What decides how bytes are decoded. */
export interface Processor {
  readonly architecture: Architecture
  readonly littleEndian: boolean
  /** ARM code that is in Thumb state where nothing says otherwise. */
  readonly isThumb: boolean
}

/** Room for `size` instructions. */
export function newBatch(size: number, withTargets: boolean): Batch {
  return {
    offsets: new Uint32Array(size),
    opcodes: new Uint32Array(size),
    flows: new Uint8Array(size),
    targets: withTargets ? new Float64Array(size) : null,
    end: 0,
  }
}

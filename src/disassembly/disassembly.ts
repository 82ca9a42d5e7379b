import type { Executable } from '../binaries/index.ts'

/** Instructions in the order of their addresses, as columns of one length. */
export interface Disassembly {
  /** What the headers said; null of a listing. */
  readonly executable: Executable | null
  /** Virtual address of each instruction. */
  readonly addresses: Float64Array
  /** Opcode of each instruction, an index into `names`. */
  readonly opcodes: Uint32Array
  /** Canonical names (`canonicalOpcode`), prefixes as `rep.movsd`; bytes that are no instruction are `invalid`. */
  readonly names: readonly string[]
  /** How often each opcode of `names` occurs, those that were not kept in order included. */
  readonly counts: Float64Array
  /** Instructions that were left out as padding between functions. */
  readonly padding: number
  /** Instructions in all, padding aside; more than `opcodes.length` when a cap was hit. */
  readonly length: number
  /** Caps that were hit, each a short sentence. */
  readonly notes: readonly string[]
}

/** Instructions that are kept in order unless asked otherwise; what follows is counted only. */
export const DEFAULT_MAX_OPCODES = 2_000_000

/** How an executable is taken apart; every setting has a default. */
export interface DisassembleOptions {
  /** `linear` (the default) reads every code range from end to end; `recursive` follows the flow from the known starts, then the gaps. */
  readonly method?: 'linear' | 'recursive'
  /** Leave out code that `recursive` could not reach. */
  readonly reachedOnly?: boolean
  /** Keep the padding between functions. */
  readonly padding?: boolean
  /** Most instructions that are kept in order; DEFAULT_MAX_OPCODES by default. */
  readonly maxOpcodes?: number
  /** Ends it, soon. */
  readonly signal?: AbortSignal
}

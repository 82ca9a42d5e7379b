/** How a sample is looked at: the opcodes of its disassembly, or the API calls of its run. */
export type View = 'opcodes' | 'calls'

/** The views, in the order in which they are told. */
export const VIEWS: readonly View[] = ['opcodes', 'calls']

/**
 * What is known of a trace's tokens. A `sequence` has their order, `counts` how often each occurs, a `set` only which
 * occur. A sequence can be reduced to counts and counts to a set, never back.
 */
export type Kind = 'sequence' | 'counts' | 'set'

/** The kinds, from the one that knows most. */
export const KINDS: readonly Kind[] = ['sequence', 'counts', 'set']

/** Whether traces of a kind know less than those of another: they cannot be brought to it. */
export function knowsLess(kind: Kind, than: Kind): boolean {
  return KINDS.indexOf(kind) > KINDS.indexOf(than)
}

/** The tokens of one sample in one view. Token ids index `vocabulary`, which many traces may share. */
export interface Trace {
  readonly view: View
  readonly kind: Kind
  /** What wrote the calls: `cuckoo-1`, `cuckoo-2`, `cape`, `speakeasy`, `unknown`, …; of opcodes see `opcodeDialect`. Models abstain on strange ones. */
  readonly dialect: string
  /** Token names as the source spells them; canonical forms are made where features are. */
  readonly vocabulary: readonly string[]
  /** The tokens in order, cut at a stated cap; null unless `kind` is `sequence`. */
  readonly sequence: Uint32Array | null
  /** Every token of the whole trace, those past the cap included. */
  readonly tally: Tally
  /** Tokens in the whole trace, repeats included; at least `sequence.length`. Of a set, its size. */
  readonly length: number
  /** Where each token of `sequence` stands; null where the source does not say. */
  readonly places: Places | null
}

/** Which tokens occur and how often: `tokens` ascending and distinct, `counts` beside them, null for a set. */
export interface Tally {
  readonly tokens: Uint32Array
  readonly counts: Float64Array | null
}

/** Columns beside a sequence. For calls: process and call number; for opcodes: the address. */
export interface Places {
  /** Index into the report's processes; null for opcodes. */
  readonly process: Uint32Array | null
  /** Number of the call in its process, from 0; null for opcodes. */
  readonly call: Uint32Array | null
  /** Seconds since 1970 (UTC as the sandbox wrote it), NaN where unknown; null when no token has a time. */
  readonly time: Float64Array | null
  /** Address of each opcode; null for calls. */
  readonly address: Float64Array | null
}

/** The tally of a sequence. `vocabularySize` bounds its token ids. */
export function tallySequence(sequence: Uint32Array, vocabularySize: number): Tally {
  const totals = new Float64Array(vocabularySize)
  for (const token of sequence) totals[token]! += 1
  return tallyTotals(totals)
}

/** The tally of totals indexed by token id; tokens with a total of 0 are left out. */
export function tallyTotals(totals: Float64Array): Tally {
  let size = 0
  for (const total of totals) if (total > 0) size++
  const tokens = new Uint32Array(size)
  const counts = new Float64Array(size)
  let at = 0
  for (let token = 0; token < totals.length; token++) {
    if (totals[token]! > 0) {
      tokens[at] = token
      counts[at++] = totals[token]!
    }
  }
  return { tokens, counts }
}

/** The same trace knowing less, e.g. a sequence as a set. @throws RangeError when asked for more than is known */
export function reduceTrace(trace: Trace, kind: Kind): Trace {
  if (kind === trace.kind) return trace
  if (knowsLess(trace.kind, kind)) {
    throw new RangeError(`a trace of kind ${trace.kind} cannot become a ${kind}`)
  }
  const tally = kind === 'set' ? { tokens: trace.tally.tokens, counts: null } : trace.tally
  const length = kind === 'set' ? tally.tokens.length : trace.length
  return { ...trace, kind, sequence: null, places: null, tally, length }
}

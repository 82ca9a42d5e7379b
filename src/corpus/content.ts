import { byCodePoint, bytesOf, contentHash, wellFormed } from '../core/index.ts'
import type { Trace } from '../samples/index.ts'

/**
 * What a trace says, free of the numbering of its vocabulary: equal contents are equal here, whatever corpus, shard or
 * reader they come from. Names are valid Unicode (a lone surrogate becomes U+FFFD), distinct and in code point order.
 */
export interface Content {
  readonly names: readonly string[]
  /** The sequence as indices into `names`; null unless the trace is a sequence. */
  readonly sequence: Uint32Array | null
  /** How often each name occurs in the whole trace, by index; null for a set. */
  readonly counts: Float64Array | null
  /** Whether `counts` are more than a count of `sequence` says: the sequence was cut, or there is none. */
  readonly countsAreFuller: boolean
}

/** The content of a trace; names that occur 0 times are left out. */
export function contentOf(trace: Trace): Content {
  if (latest?.trace !== trace) latest = { trace, content: readContent(trace) }
  return latest.content
}

// A row's content is asked for when it is read and again when it is written.
let latest: { readonly trace: Trace; readonly content: Content } | null = null

function readContent(trace: Trace): Content {
  const { vocabulary, sequence, tally } = trace
  const tokens = usedTokens(trace)
  const spelled = tokens.map((token) => wellFormed(vocabulary[token]))
  const names = [...new Set(spelled)].sort(byCodePoint)
  const indices = new Map(names.map((name, i) => [name, i]))
  for (let i = 0; i < tokens.length; i++) scratch[tokens[i]] = indices.get(spelled[i])!
  const mapped = sequence && throughTable(sequence, scratch)
  const counts = tally.counts && new Float64Array(names.length)
  if (counts)
    for (let i = 0; i < tally.tokens.length; i++) counts[scratch[tally.tokens[i]]] += tally.counts![i]
  for (const token of tokens) scratch[token] = 0
  return { names, sequence: mapped, counts, countsAreFuller: counts !== null && !isCountOf(counts, mapped) }
}

/** Each value replaced by what `table` has at its place. A loop: `map` takes four times as long. */
export function throughTable(values: Uint32Array, table: Uint32Array): Uint32Array<ArrayBuffer> {
  const result = new Uint32Array(values.length)
  for (let i = 0; i < values.length; i++) result[i] = table[values[i]]
  return result
}

/** Hash of a trace's content as it is stored: its view, its kind, its names in order or their counts. */
export function traceGroup(trace: Trace): string {
  return contentGroup(trace, contentOf(trace))
}

/** The same for a content that is at hand. */
export function contentGroup({ view, kind }: Trace, { names, sequence, counts }: Content): string {
  return contentHash(view, kind, JSON.stringify(names), bytesOf(sequence), bytesOf(counts))
}

// Indexed by token, 0 between calls: clearing only what was used keeps small traces cheap under a large vocabulary.
let scratch = new Uint32Array(1024)

/** The distinct tokens of a trace, those counted 0 times left out. */
function usedTokens({ vocabulary, sequence, tally }: Trace): number[] {
  if (scratch.length < vocabulary.length) scratch = new Uint32Array(vocabulary.length * 2)
  const tokens: number[] = []
  const use = (token: number) => {
    if (!(token < vocabulary.length)) {
      scratch = new Uint32Array(scratch.length)
      throw new RangeError(`token ${token} in a vocabulary of ${vocabulary.length}`)
    }
    scratch[token] = 1
    tokens.push(token)
  }
  if (sequence) for (let i = 0; i < sequence.length; i++) if (scratch[sequence[i]] !== 1) use(sequence[i])
  for (let i = 0; i < tally.tokens.length; i++) {
    if (tally.counts?.[i] !== 0 && scratch[tally.tokens[i]] !== 1) use(tally.tokens[i])
  }
  return tokens
}

/** Whether `counts` is what counting `sequence` gives. */
function isCountOf(counts: Float64Array, sequence: Uint32Array | null): boolean {
  if (!sequence) return false
  const counted = new Float64Array(counts.length)
  for (let i = 0; i < sequence.length; i++) counted[sequence[i]] += 1
  return counted.every((n, i) => n === counts[i])
}

import type { Trace } from '../samples/index.ts'
import type { GramList } from './counting.ts'
import { GrowingFloat64, GrowingUint32 } from './growing-array.ts'
import type { Reader } from './reading.ts'
import { sequenceRows } from './sequences.ts'
import type { SparseMatrix } from './sparse-matrix.ts'

/** The beginning that every n-gram has: no token. */
const ROOT = 0

/**
 * Some n-grams and all their beginnings, which have numbers from 1 on. A step from a beginning by one more token is one
 * look into a table: its slots hold beginning, token and longer beginning side by side, at most half of them are used. A
 * `GramTable` would do, and take half as long again for the 1,000 or so n-grams that most recipes select.
 */
export interface GramTrie {
  readonly slots: Uint32Array
  /** Place among the n-grams of each beginning, or -1. */
  readonly gramOf: Int32Array
  readonly grams: number
  readonly longest: number
}

/** The trie of the first `count` n-grams of a list. */
export function gramTrie({ tokens, starts }: GramList, count = starts.length - 1): GramTrie {
  let size = 16
  // Every token may begin something new; twice as many slots, four numbers each.
  while (size < 2 * (starts[count] + 1)) size *= 2
  const slots = new Uint32Array(4 * size)
  const gramOf = new Int32Array(starts[count] + 1).fill(-1)
  let beginnings = 1
  let longest = 1
  for (let gram = 0; gram < count; gram++) {
    let node = ROOT
    for (let i = starts[gram]; i < starts[gram + 1]; i++) {
      const slot = slotOf(slots, node, tokens[i])
      if (slots[slot + 2] === 0) slots.set([node, tokens[i], beginnings++], slot)
      node = slots[slot + 2]
    }
    gramOf[node] = gram
    longest = Math.max(longest, starts[gram + 1] - starts[gram])
  }
  return { slots, gramOf, grams: count, longest }
}

/** Where the step by a token stands, or would stand. */
function slotOf(slots: Uint32Array, node: number, token: number): number {
  const mask = slots.length - 1
  // Multiplied by odd constants, the better mixed upper bits shifted down; times four.
  const mixed = Math.imul(node, 0x9e3779b1) + Math.imul(token, 0x85ebca6b)
  let slot = ((mixed ^ (mixed >>> 15)) << 2) & mask
  while (slots[slot + 2] !== 0 && (slots[slot] !== node || slots[slot + 1] !== token))
    slot = (slot + 4) & mask
  return slot
}

/** How often each n-gram of the trie stands in each trace, and the order of its tokens: [traces, grams]. */
export function countInTraces(
  trie: GramTrie,
  traces: readonly Trace[],
  reader: Reader,
): SparseMatrix & { readonly values: Float64Array } {
  const starts = new Uint32Array(traces.length + 1)
  const indices = new GrowingUint32()
  const values = new GrowingFloat64()
  const totals = new Float64Array(trie.grams)
  const touched = new Uint32Array(trie.grams)
  const sequences = sequenceRows(reader)
  traces.forEach((trace, row) => {
    const { grams, steps, tally } = reader.read(trace)
    sequences.add(steps)
    const size = grams
      ? countSequence(trie, grams, totals, touched)
      : countTally(trie, tally!.tokens, tally!.counts, totals, touched)
    for (const gram of touched.subarray(0, size).sort()) {
      indices.push(gram)
      values.push(totals[gram])
      totals[gram] = 0
    }
    starts[row + 1] = indices.length
  })
  return {
    rows: traces.length,
    columns: trie.grams,
    starts,
    indices: indices.view(),
    values: values.view(),
    ...sequences.finish(),
  }
}

/** Adds to `totals` and puts what was 0 before to `touched`. @returns how many */
function countSequence(
  { slots, gramOf, longest }: GramTrie,
  sequence: Uint32Array,
  totals: Float64Array,
  touched: Uint32Array,
): number {
  let size = 0
  for (let i = 0; i < sequence.length; i++) {
    const end = Math.min(sequence.length, i + longest)
    let node = ROOT
    for (let j = i; j < end; j++) {
      node = slots[slotOf(slots, node, sequence[j]) + 2]
      if (node === ROOT) break
      const gram = gramOf[node]
      if (gram >= 0 && totals[gram]++ === 0) touched[size++] = gram
    }
  }
  return size
}

function countTally(
  { slots, gramOf }: GramTrie,
  tokens: Uint32Array,
  counts: Float64Array,
  totals: Float64Array,
  touched: Uint32Array,
): number {
  let size = 0
  for (let i = 0; i < tokens.length; i++) {
    const gram = gramOf[slots[slotOf(slots, ROOT, tokens[i]) + 2]]
    if (gram < 0) continue
    totals[gram] = counts[i]
    touched[size++] = gram
  }
  return size
}

import type { Kind, Trace, View } from '../samples/index.ts'
import { GramTable, NONE } from './gram-table.ts'
import { GrowingFloat64, GrowingUint32 } from './growing-array.ts'
import { type Seen, tokenReader } from './reading.ts'
import { sequenceRows } from './sequences.ts'
import { DEFAULT_FEATURES, type FeatureSettings } from './settings.ts'
import type { SparseMatrix } from './sparse-matrix.ts'

/** n-grams one after another: those of gram i stand in `tokens` from starts[i] to starts[i + 1]. */
export interface GramList {
  readonly tokens: Uint32Array
  readonly starts: Uint32Array
}

/** Every n-gram of some traces, counted: the part of fitting an encoder that depends on no label. */
export interface Counted {
  readonly view: View
  readonly kind: Kind
  /** Canonical names of all tokens, ascending by UTF-16 code unit. */
  readonly tokens: readonly string[]
  /** The n-grams that stand in `minDocuments` traces or more, ascending by length, then token by token. */
  readonly grams: GramList
  /** How often each stands in each trace: [traces, grams]. Ids of sequences are those of `tokens` and 1. */
  readonly counts: SparseMatrix & { readonly values: Float64Array }
}

/** The part of what was counted that columns are chosen and filled from. */
export interface CountedRows {
  readonly kind: Kind
  /** How often each n-gram stands in each trace, [traces, n-grams], and the order of all its tokens. */
  readonly counts: SparseMatrix
}

/** The settings with all that plays no part in counting at its default: those who agree on the rest can share counts. */
export function countingSettings(settings: FeatureSettings): FeatureSettings {
  const { weight, scale, normalise, select, pairs, vocabulary } = DEFAULT_FEATURES
  return { ...settings, weight, scale, normalise, select, pairs, vocabulary }
}

/** Counts of one length of n-gram: for every trace its distinct n-grams in order of arrival. */
interface Level {
  readonly starts: Uint32Array
  readonly ids: Uint32Array
  readonly counts: Float64Array
  /** Position of each surviving id in order, or NONE. */
  readonly ranks: Uint32Array
  readonly grams: GramList
}

/** Counts the n-grams of traces of one view; counts and sets have single tokens only. */
export function countTraces(
  settings: FeatureSettings,
  traces: readonly Trace[],
  view: View,
  kind: Kind,
): Counted {
  const tokens = sortedTokens(settings, traces, view, kind)
  const reader = tokenReader(settings, view, kind, new Map(tokens.map((name, id) => [name, id])))
  const seen = traces.map((trace) => reader.read(trace))
  const longest = kind === 'sequence' ? settings.ngrams[1] : 1
  const shortest = kind === 'sequence' ? settings.ngrams[0] : 1
  const levels: Level[] = []
  const sequences = seen.map(({ grams }) => grams)
  const ordered = sequenceRows(reader)
  for (const { steps } of seen) ordered.add(steps)
  let previous = firstLevel(seen, tokens.length, settings.minDocuments)
  if (shortest === 1) levels.push(previous)
  // Ids of the (n-1)-grams that start at each position; a token's id is its rank among the survivors.
  let starting: (Uint32Array | null)[] = sequences.map(
    (sequence) => sequence?.map((token) => previous.ranks[token]) ?? null,
  )
  for (let n = 2; n <= longest; n++) {
    const next = nextLevel(previous, starting, sequences, n, tokens.length, settings.minDocuments)
    if (n >= shortest) levels.push(next.level)
    previous = next.level
    starting = next.starting
  }
  const counts = { ...joinLevels(levels, traces.length), ...ordered.finish() }
  return { view, kind, tokens, grams: joinGrams(levels), counts }
}

/** Canonical names of all tokens of some traces, as settings let them be seen, ascending by UTF-16 code unit. */
export function sortedTokens(
  settings: FeatureSettings,
  traces: readonly Trace[],
  view: View,
  kind: Kind,
): readonly string[] {
  const reader = tokenReader(settings, view, kind, new Map())
  const names = new Set<string>()
  const used = new Map<readonly string[], Uint8Array>()
  for (const trace of traces) {
    const unknown = reader.unknown(trace.vocabulary)
    let marks = used.get(trace.vocabulary)
    if (!marks) {
      marks = new Uint8Array(unknown.length)
      used.set(trace.vocabulary, marks)
    }
    const { sequence, tally } = reader.read(trace)
    for (const id of sequence ?? tally!.tokens) {
      if (marks[id] === 1) continue
      marks[id] = 1
      names.add(unknown[id])
    }
  }
  return [...names].sort((a, b) => (a < b ? -1 : 1))
}

/** Single tokens, whose ids are those of the vocabulary. */
function firstLevel(seen: readonly Seen[], vocabulary: number, minDocuments: number): Level {
  const rows = new RowCounter(vocabulary)
  for (const { grams, tally } of seen) {
    if (grams) for (const token of grams) rows.add(token, 1)
    else for (let i = 0; i < tally!.tokens.length; i++) rows.add(tally!.tokens[i], tally!.counts[i])
    rows.endRow()
  }
  const survivors = rows.survivors(vocabulary, minDocuments)
  const ranks = new Uint32Array(vocabulary).fill(NONE)
  survivors.forEach((token, rank) => {
    ranks[token] = rank
  })
  const starts = Uint32Array.from({ length: survivors.length + 1 }, (_, i) => i)
  return { ...rows.finish(), ranks, grams: { tokens: survivors, starts } }
}

/**
 * n-grams from (n-1)-grams, apriori: an n-gram cannot stand in more traces than the one it begins with, so what
 * continues a pruned one is not counted (Agrawal & Srikant, "Fast Algorithms for Mining Association Rules", 1994).
 */
function nextLevel(
  previous: Level,
  starting: readonly (Uint32Array | null)[],
  sequences: readonly (Uint32Array | null)[],
  n: number,
  vocabulary: number,
  minDocuments: number,
): { level: Level; starting: (Uint32Array | null)[] } {
  const table = new GramTable()
  const rows = new RowCounter(1024)
  const found = sequences.map((sequence, row) => {
    const prefixes = starting[row]
    if (!sequence || !prefixes) {
      rows.endRow()
      return null
    }
    const ids = new Uint32Array(Math.max(0, sequence.length - n + 1)).fill(NONE)
    for (let i = 0; i < ids.length; i++) {
      if (prefixes[i] === NONE) continue
      ids[i] = table.add(prefixes[i], sequence[i + n - 1])
      rows.add(ids[i], 1)
    }
    rows.endRow()
    return ids
  })
  const survivors = rows.survivors(table.size, minDocuments)
  const { ranks, order } = rankGrams(table, survivors, vocabulary)
  for (const ids of found)
    if (ids) for (let i = 0; i < ids.length; i++) if (ids[i] !== NONE) ids[i] = ranks[ids[i]]
  const grams = { tokens: new Uint32Array(order.length * n), starts: new Uint32Array(order.length + 1) }
  order.forEach((id, rank) => {
    const from = previous.grams.starts[table.prefixes[id]]
    grams.tokens.set(previous.grams.tokens.subarray(from, from + n - 1), rank * n)
    grams.tokens[rank * n + n - 1] = table.tokens[id]
    grams.starts[rank + 1] = (rank + 1) * n
  })
  return { level: { ...rows.finish(), ranks, grams }, starting: found }
}

/** Survivors in the order of their tokens, which does not depend on the order of the traces. */
function rankGrams(table: GramTable, survivors: Uint32Array, vocabulary: number) {
  // Prefix ids are ranks already, so (prefix, token) as one number sorts token by token; below 2⁵³ for any real corpus.
  const keys = Float64Array.from(survivors, (id) => table.prefixes[id] * vocabulary + table.tokens[id]).sort()
  const ranks = new Uint32Array(table.size).fill(NONE)
  const order = new Uint32Array(keys.length)
  for (let rank = 0; rank < keys.length; rank++) {
    const prefix = Math.floor(keys[rank] / vocabulary)
    const id = table.find(prefix, keys[rank] - prefix * vocabulary)
    ranks[id] = rank
    order[rank] = id
  }
  return { ranks, order }
}

/** Counts ids row by row; a row's distinct ids stand in order of arrival. */
class RowCounter {
  #ids = new GrowingUint32()
  #counts = new GrowingFloat64()
  #starts = new GrowingUint32()
  // Where an id stands in the row being read, if `#rowOf` says that it does.
  #slot: Uint32Array
  #rowOf: Uint32Array
  #documents: Uint32Array
  #row = 1

  constructor(capacity: number) {
    this.#slot = new Uint32Array(capacity)
    this.#rowOf = new Uint32Array(capacity)
    this.#documents = new Uint32Array(capacity)
    this.#starts.push(0)
  }

  add(id: number, count: number): void {
    if (id >= this.#slot.length) this.#grow(id)
    if (this.#rowOf[id] === this.#row) {
      this.#counts.increase(this.#slot[id], count)
      return
    }
    this.#rowOf[id] = this.#row
    this.#documents[id]++
    this.#slot[id] = this.#ids.length
    this.#ids.push(id)
    this.#counts.push(count)
  }

  endRow(): void {
    this.#starts.push(this.#ids.length)
    this.#row++
  }

  /** Ids below `size` that stand in enough rows, ascending. */
  survivors(size: number, minDocuments: number): Uint32Array {
    const survivors = new GrowingUint32()
    for (let id = 0; id < size; id++) {
      if (this.#documents[id] >= Math.max(1, minDocuments)) survivors.push(id)
    }
    return survivors.view()
  }

  finish() {
    return { starts: this.#starts.view(), ids: this.#ids.view(), counts: this.#counts.view() }
  }

  #grow(id: number): void {
    const size = Math.max(id + 1, this.#slot.length * 2)
    const wider = (from: Uint32Array) => {
      const to = new Uint32Array(size)
      to.set(from)
      return to
    }
    this.#slot = wider(this.#slot)
    this.#rowOf = wider(this.#rowOf)
    this.#documents = wider(this.#documents)
  }
}

function joinGrams(levels: readonly Level[]): GramList {
  const size = levels.reduce((sum, { grams }) => sum + grams.starts.length - 1, 0)
  const tokens = new Uint32Array(levels.reduce((sum, { grams }) => sum + grams.tokens.length, 0))
  const starts = new Uint32Array(size + 1)
  let at = 0
  let gram = 0
  for (const { grams } of levels) {
    tokens.set(grams.tokens, at)
    for (let i = 0; i + 1 < grams.starts.length; i++) starts[gram++] = at + grams.starts[i]
    at += grams.tokens.length
  }
  starts[size] = at
  return { tokens, starts }
}

/** One matrix of all levels, columns ascending in each row. */
function joinLevels(levels: readonly Level[], rows: number): Counted['counts'] {
  let columns = 0
  const offsets = levels.map(({ grams }) => {
    columns += grams.starts.length - 1
    return columns - (grams.starts.length - 1)
  })
  const starts = new Uint32Array(rows + 1)
  for (let row = 0; row < rows; row++) {
    starts[row + 1] = starts[row]
    for (const level of levels) {
      for (let i = level.starts[row]; i < level.starts[row + 1]; i++) {
        if (level.ranks[level.ids[i]] !== NONE) starts[row + 1]++
      }
    }
  }
  const indices = new Uint32Array(starts[rows])
  const values = new Float64Array(starts[rows])
  const countOf = new Float64Array(columns)
  for (let row = 0; row < rows; row++) {
    let at = starts[row]
    for (const [l, level] of levels.entries()) {
      for (let i = level.starts[row]; i < level.starts[row + 1]; i++) {
        const rank = level.ranks[level.ids[i]]
        if (rank === NONE) continue
        indices[at++] = offsets[l] + rank
        countOf[offsets[l] + rank] = level.counts[i]
      }
    }
    const columnsOfRow = indices.subarray(starts[row], at).sort()
    for (let i = 0; i < columnsOfRow.length; i++) values[starts[row] + i] = countOf[columnsOfRow[i]]
  }
  return { rows, columns, starts, indices, values }
}

import { UsageError } from '../core/index.ts'
import { type Kind, knowsLess, type Trace, type View } from '../samples/index.ts'
import { type Columns, encodeRows, fitColumns, makeColumns } from './columns.ts'
import { type Counted, countTraces, type GramList } from './counting.ts'
import { countInTraces, gramTrie } from './gram-trie.ts'
import { GrowingUint32 } from './growing-array.ts'
import { commonKind, processCalls, type Reader, type Seen, tokenReader } from './reading.ts'
import { sequenceVocabulary } from './sequences.ts'
import type { FeatureSettings } from './settings.ts'
import type { SparseMatrix } from './sparse-matrix.ts'

/** Learned columns: turns traces into rows of a matrix, the same way in training and in serving. */
export interface Encoder {
  readonly settings: FeatureSettings
  readonly view: View
  /** The kind at which it looks at traces: the least knowing one of its training rows, or `settings.kind`. */
  readonly kind: Kind
  /** Readable name of each column: `a b c` for n-grams, `a & b` for pairs. */
  readonly names: readonly string[]
  /** One row a trace. @throws UsageError for a trace of another view, or of a kind that knows less than `kind` */
  encode(traces: readonly Trace[]): SparseMatrix
  /** How much of a trace the training vocabulary knows: shares in 0 … 1, both 0 for a trace without tokens. */
  known(trace: Trace): { readonly distinct: number; readonly tokens: number }
  /**
   * First positions in `trace.sequence`, ascending, at most `max`, where a column's tokens stand; [] where there is no order.
   * Of an n-gram those where it stands as it is written, if there are any; else where it stands once runs are cut short.
   */
  locate(trace: Trace, column: number, max: number): number[]
  /** Position in `trace.sequence` of each token of the sequence that `encode` gives of it; [] where it gives none. */
  positions(trace: Trace): Uint32Array
  /** What the model file needs to make an equal encoder. */
  readonly table: EncoderTable
}

/** The learned part of an encoder, as it stands in a model file. */
export interface EncoderTable {
  readonly view: View
  readonly kind: Kind
  /** Canonical names of every token of the training rows, ascending by UTF-16 code unit. */
  readonly tokens: readonly string[]
  /** The tokens of every column; a pair has two. */
  readonly columns: GramList
  /** The columns from here on are pairs, those before n-grams. */
  readonly firstPair: number
  /** Scale of each column, or null when all are 1. */
  readonly scale: Float64Array | null
  /** The token of each id of a sequence, from 1 on; ascending. Null where rows have no sequences. */
  readonly sequence: Uint32Array | null
}

/**
 * Learns the columns from training rows.
 * @param y class of each trace, 0 … classes-1
 * @throws UsageError for no traces, or traces of two views
 */
export function fitEncoder(
  settings: FeatureSettings,
  traces: readonly Trace[],
  y: Uint32Array,
  classes: number,
): Encoder {
  const counted = countTraces(settings, traces, commonView(traces), commonKind(settings, traces))
  return encoderOf(counted, fitColumns(settings, counted, Uint32Array.from(y.keys()), y, classes))
}

/** The view that all traces have. @throws UsageError for no traces, or traces of two views */
export function commonView(traces: readonly Trace[]): View {
  const view = traces[0]?.view
  if (view === undefined) throw new UsageError('training rows: there are none')
  if (traces.some((trace) => trace.view !== view)) {
    throw new UsageError('training rows: they mix opcodes and calls, choose one view')
  }
  return view
}

/** The encoder of columns that were chosen among counted n-grams. */
export function encoderOf({ view, kind, tokens, grams }: Counted, columns: Columns): Encoder {
  const list = new GrowingUint32()
  const starts = new GrowingUint32()
  starts.push(0)
  const append = (gram: number) => {
    for (let i = grams.starts[gram]; i < grams.starts[gram + 1]; i++) list.push(grams.tokens[i])
  }
  for (const gram of columns.grams) {
    append(gram)
    starts.push(list.length)
  }
  columns.pairs.forEach((gram, i) => {
    append(gram)
    if (i % 2 === 1) starts.push(list.length)
  })
  return makeEncoder(columns.settings, {
    view,
    kind,
    tokens,
    columns: { tokens: list.view().slice(), starts: starts.view().slice() },
    firstPair: columns.grams.length,
    scale: columns.scale,
    sequence: columns.sequence?.tokens ?? null,
  })
}

/** An encoder from its table, which the caller has checked. */
export function makeEncoder(settings: FeatureSettings, table: EncoderTable): Encoder {
  const { view, kind, tokens, columns } = table
  const known = new Map(tokens.map((name, id) => [name, id]))
  const reader = tokenReader(settings, view, kind, known)
  // How much of a trace is known must not be asked of a reader that leaves out the rest.
  const reads = tokenReader({ ...settings, unknown: 'keep' }, view, kind, known)
  const chosen = columnsOf(settings, table)
  const trie = gramTrie(columns, table.firstPair)
  const check = (trace: Trace) => {
    if (trace.view !== view) throw new UsageError(`trace: the model reads ${view}, got ${trace.view}`)
    if (knowsLess(trace.kind, kind)) {
      throw new UsageError(`trace: the model needs a ${kind}, got a ${trace.kind}`)
    }
  }
  return {
    settings,
    view,
    kind,
    names: columnNames(table),
    table,
    encode(traces) {
      for (const trace of traces) check(trace)
      const counts = countInTraces(trie, traces, reader)
      return encodeRows(chosen, counts, Uint32Array.from(traces.keys()))
    },
    known: (trace) => knownShares(trace, reads, known.size),
    locate(trace, column, max) {
      if (!trace.sequence) return []
      const gram = columns.tokens.subarray(columns.starts[column], columns.starts[column + 1])
      const isOrdered = column < table.firstPair && gram.length > 1
      const { tokens, at } = processCalls(settings, trace)
      const own = at ? { ...trace, sequence: tokens, places: null } : trace
      const found = isOrdered ? locateGram(own, reader, gram, max) : locateTokens(own, reader, gram, max)
      return at ? found.map((i) => at[i]) : found
    },
    positions(trace) {
      check(trace)
      const { steps, positions } = reader.read(trace, true)
      return steps && positions ? positions.subarray(0, steps.length) : new Uint32Array(0)
    },
  }
}

function columnNames({ tokens, columns, firstPair }: EncoderTable): string[] {
  return Array.from({ length: columns.starts.length - 1 }, (_, column) => {
    const gram = columns.tokens.subarray(columns.starts[column], columns.starts[column + 1])
    return Array.from(gram, (token) => tokens[token]).join(column < firstPair ? ' ' : ' & ')
  })
}

/** The columns among themselves: what was counted is here exactly what became a column, or stands in a pair. */
function columnsOf(settings: FeatureSettings, table: EncoderTable): Columns {
  const { kind, columns, firstPair, scale, tokens, sequence } = table
  const columnOfToken = new Map<number, number>()
  for (let column = 0; column < firstPair; column++) {
    const from = columns.starts[column]
    if (columns.starts[column + 1] - from === 1) columnOfToken.set(columns.tokens[from], column)
  }
  const order = Uint32Array.from({ length: firstPair }, (_, i) => i)
  const pairs = columns.tokens.slice(columns.starts[firstPair]).map((token) => columnOfToken.get(token)!)
  const vocabulary = sequence && sequenceVocabulary(sequence, tokens.length)
  return makeColumns(settings, kind, Int32Array.from(order), order, pairs, scale, vocabulary)
}

function knownShares(trace: Trace, reader: Reader, known: number): { distinct: number; tokens: number } {
  const { sequence, tally } = reader.read(trace)
  const distinct = new Set<number>(sequence ?? tally!.tokens)
  let knownDistinct = 0
  for (const id of distinct) if (id < known) knownDistinct++
  let all = 0
  let knownTokens = 0
  const count = (id: number, n: number) => {
    all += n
    if (id < known) knownTokens += n
  }
  if (sequence) for (const id of sequence) count(id, 1)
  else for (let i = 0; i < tally!.tokens.length; i++) count(tally!.tokens[i], tally!.counts[i])
  return all === 0
    ? { distinct: 0, tokens: 0 }
    : { distinct: knownDistinct / distinct.size, tokens: knownTokens / all }
}

/** Places of single tokens, found in the trace as it is: an encoder that reduces it knows no order. */
function locateTokens(trace: Trace, reader: Reader, tokens: Uint32Array, max: number): number[] {
  const ids = reader.ids(trace.vocabulary)
  const found: number[] = []
  const seen = trace.sequence!
  for (let i = 0; i < seen.length && found.length < max; i++) {
    if (tokens.includes(ids[seen[i]])) found.push(i)
  }
  return found
}

/** Places of an n-gram: where it stands as it is written, or else where it stands once runs are cut short. */
function locateGram(trace: Trace, reader: Reader, gram: Uint32Array, max: number): number[] {
  const seen = reader.read(trace, true)
  const verbatim = locateVerbatim(trace.sequence!, reader.ids(trace.vocabulary), seen, gram, max)
  return verbatim.length > 0 ? verbatim : locateReduced(seen, gram, max)
}

/** Places where an n-gram stands token by token in what was seen of a trace, no run between that was cut short. */
function locateVerbatim(
  tokens: Uint32Array,
  ids: Uint32Array,
  { grams, positions }: Seen,
  gram: Uint32Array,
  max: number,
): number[] {
  const found: number[] = []
  const end = !grams || !positions || grams.length === 0 ? 0 : positions[grams.length - 1] + 1
  for (let i = 0; i + gram.length <= end && found.length < max; i++) {
    let matched = 0
    while (matched < gram.length && ids[tokens[i + matched]] === gram[matched]) matched++
    if (matched === gram.length) found.push(i)
  }
  return found
}

function locateReduced({ grams, positions }: Seen, gram: Uint32Array, max: number): number[] {
  const found: number[] = []
  if (!grams || !positions) return found
  for (let i = 0; i + gram.length <= grams.length && found.length < max; i++) {
    let matched = 0
    while (matched < gram.length && grams[i + matched] === gram[matched]) matched++
    if (matched === gram.length) found.push(positions[i])
  }
  return found
}

import type { Kind, Trace, View } from '../samples/index.ts'
import { type BestLists, byGram, topGrams } from './best-grams.ts'
import { fitColumns } from './columns.ts'
import { type Counted, countTraces, type GramList, sortedTokens } from './counting.ts'
import { countInTraces, gramTrie } from './gram-trie.ts'
import { countNgrams, MAX_NGRAM_TOKENS, type NgramDocument } from './ngram-counts.ts'
import { type Reader, tokenReader } from './reading.ts'
import type { FeatureSettings } from './settings.ts'

/** The training sets of which the best n-grams are wanted: a whole set, its inner folds, those of an evaluation. */
export interface Trainings {
  /** Class of each trace, 0 … classes-1. */
  readonly y: Uint32Array
  readonly classes: number
  /** The rows of each training set, ascending. Sets may overlap as they like, and rows may stand in none. */
  readonly sets: readonly Uint32Array[]
}

/** How to go about it; nothing here moves the result. */
export interface SelectionOptions {
  /** Threads to count on; 1 by default. */
  readonly threads?: number
  /** Memory to count in, beyond which tokens go to a temporary folder and are counted a part at a time. */
  readonly memoryBytes?: number
  readonly signal?: AbortSignal
}

/** The n-grams of one range that are among the best `select` of any training set. */
export interface SelectedGrams {
  /** The settings asked for, with the range as `ngrams`. */
  readonly settings: FeatureSettings
  readonly view: View
  readonly kind: Kind
  /** Canonical names of all tokens, ascending by UTF-16 code unit. */
  readonly tokens: readonly string[]
  /** Ascending by length, then token by token. */
  readonly grams: GramList
}

/**
 * The n-grams that `fitColumns` would choose for any of some training sets, for each of several ranges of n, from one
 * count of all of them: `settings.select` of each set, those in `minDocuments` of its rows, best by information gain.
 * @param ranges shortest and longest n of each, instead of `settings.ngrams`
 */
export async function selectGrams(
  settings: FeatureSettings,
  traces: readonly Trace[],
  view: View,
  kind: Kind,
  trainings: Trainings,
  ranges: readonly FeatureSettings['ngrams'][],
  options: SelectionOptions = {},
): Promise<SelectedGrams[]> {
  const plainly = (ngrams: FeatureSettings['ngrams']) =>
    selectPlainly({ ...settings, ngrams }, traces, view, kind, trainings)
  const longest = Math.max(...ranges.map(([, n]) => n))
  if (kind !== 'sequence' || longest === 1) return ranges.map(plainly)
  const whole: FeatureSettings = { ...settings, ngrams: [1, longest] }
  const tokens = sortedTokens(whole, traces, view, kind)
  // Nobody has met so many names; the table of all n-grams knows no limit.
  if (tokens.length > MAX_NGRAM_TOKENS) return ranges.map(plainly)
  const reader = tokenReader(whole, view, kind, new Map(tokens.map((name, id) => [name, id])))
  const cells = cellsOf(traces.length, trainings)
  const best = await countNgrams(documentsOf(traces, reader, cells.cellOf), {
    ...options,
    largest: Math.max(1, tokens.length),
    longest,
    best: {
      count: settings.select,
      minDocuments: settings.minDocuments,
      withDocuments: false,
      ...cells,
    },
  })
  return ranges.map((ngrams) => {
    // Without n-grams a trace may be read otherwise: the tally knows tokens that a cut sequence lacks.
    if (ngrams[1] === 1) return plainly(ngrams)
    const grams = joinBest(best.best, ngrams, settings.select)
    return { settings: { ...settings, ngrams }, view, kind, tokens, grams }
  })
}

/** Cells such that rows of one have one class and stand in the same training sets; rows in none have no cell, -1. */
function cellsOf(rows: number, { y, classes, sets }: Trainings) {
  const names = Array.from({ length: rows }, () => '')
  const rowsPerClass = new Uint32Array(sets.length * classes)
  for (const [set, members] of sets.entries()) {
    for (const row of members) {
      names[row] += `,${set}`
      rowsPerClass[set * classes + y[row]]++
    }
  }
  const cells = new Map<string, number>()
  const classOf: number[] = []
  const cellOf = Int32Array.from(names, (name, row) => {
    if (name === '') return -1
    const key = `${y[row]}${name}`
    const cell = cells.get(key) ?? cells.size
    if (cell === cells.size) {
      cells.set(key, cell)
      classOf.push(y[row])
    }
    return cell
  })
  const inSet = new Uint8Array(sets.length * cells.size)
  for (const [set, members] of sets.entries()) {
    for (const row of members) inSet[set * cells.size + cellOf[row]] = 1
  }
  return { cellOf, classOf: Uint32Array.from(classOf), classes, inSet, rowsPerClass }
}

/** Documents for the counting engine, whose tokens are those of the reader and 1. */
function* documentsOf(
  traces: readonly Trace[],
  reader: Reader,
  cellOf: Int32Array,
): Generator<NgramDocument> {
  for (const [row, trace] of traces.entries()) {
    if (cellOf[row] < 0) continue
    const { grams } = reader.read(trace)
    yield { tokens: Uint16Array.from(grams!, (token) => token + 1), cell: cellOf[row] }
  }
}

/** The n-grams of a range that are among the best `count` of any training set: of those of each n, the best of all. */
function joinBest(best: BestLists, range: FeatureSettings['ngrams'], count: number): GramList {
  const chosen = new Set<string>()
  for (const byLength of best) {
    for (const { gram } of topGrams(byLength, range, count)) chosen.add(gram)
  }
  const grams = [...chosen].sort(byGram)
  return gramListOf(grams.map((gram) => Uint32Array.from(gram, (unit) => unit.charCodeAt(0) - 1)))
}

/** How often each of the selected n-grams stands in each trace: what `fitColumns` chooses columns from. */
export async function countGrams(
  { settings, view, kind, tokens, grams }: SelectedGrams,
  traces: readonly Trace[],
  options: SelectionOptions = {},
): Promise<Counted> {
  options.signal?.throwIfAborted()
  const known = new Map(tokens.map((name, id) => [name, id]))
  const counts = countInTraces(gramTrie(grams), traces, tokenReader(settings, view, kind, known))
  return { view, kind, tokens, grams, counts }
}

/**
 * What `countTraces` gives, without the n-grams that no training set would choose: `fitColumns` on any of the sets gives
 * the same columns from both. Where a recipe selects among n-grams of sequences, their table would be too large.
 */
export async function countSelected(
  settings: FeatureSettings,
  traces: readonly Trace[],
  view: View,
  kind: Kind,
  trainings: Trainings,
  options: SelectionOptions = {},
): Promise<Counted> {
  if (settings.select === 0 || kind !== 'sequence' || settings.ngrams[1] === 1) {
    return countTraces(settings, traces, view, kind)
  }
  const ranges = [settings.ngrams]
  const [selected] = await selectGrams(settings, traces, view, kind, trainings, ranges, options)
  return await countGrams(selected, traces, options)
}

/** The definition: all n-grams counted, the columns of every training set chosen, and what is in any of them kept. */
export function selectPlainly(
  settings: FeatureSettings,
  traces: readonly Trace[],
  view: View,
  kind: Kind,
  { y, classes, sets }: Trainings,
): SelectedGrams {
  const counted = countTraces(settings, traces, view, kind)
  const chosen = new Set<number>()
  for (const rows of sets) {
    for (const gram of fitColumns({ ...settings, scale: 'none' }, counted, rows, y, classes).grams) {
      chosen.add(gram)
    }
  }
  const kept = Uint32Array.from(chosen).sort()
  return { settings, view, kind, tokens: counted.tokens, grams: takeGrams(counted.grams, kept) }
}

function takeGrams({ tokens, starts }: GramList, kept: Uint32Array): GramList {
  return gramListOf(Array.from(kept, (gram) => tokens.subarray(starts[gram], starts[gram + 1])))
}

function gramListOf(grams: readonly Uint32Array[]): GramList {
  const starts = new Uint32Array(grams.length + 1)
  grams.forEach((gram, i) => {
    starts[i + 1] = starts[i] + gram.length
  })
  const tokens = new Uint32Array(starts[grams.length])
  grams.forEach((gram, i) => {
    tokens.set(gram, starts[i])
  })
  return { tokens, starts }
}

import type { Kind, Trace, View } from '../samples/index.ts'
import { fitColumns } from './columns.ts'
import { type Counted, countTraces, type GramList } from './counting.ts'
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
  options.signal?.throwIfAborted()
  return ranges.map((ngrams) => selectPlainly({ ...settings, ngrams }, traces, view, kind, trainings))
}

/** How often each of the selected n-grams stands in each trace: what `fitColumns` chooses columns from. */
export async function countGrams(
  { settings, view, kind, grams }: SelectedGrams,
  traces: readonly Trace[],
  options: SelectionOptions = {},
): Promise<Counted> {
  options.signal?.throwIfAborted()
  return keepGrams(countTraces(settings, traces, view, kind), grams)
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
  const taken = Array.from(kept, (gram) => tokens.subarray(starts[gram], starts[gram + 1]))
  const ends = new Uint32Array(kept.length + 1)
  taken.forEach((gram, i) => {
    ends[i + 1] = ends[i] + gram.length
  })
  const all = new Uint32Array(ends[kept.length])
  taken.forEach((gram, i) => {
    all.set(gram, ends[i])
  })
  return { tokens: all, starts: ends }
}

function keepGrams(counted: Counted, grams: GramList): Counted {
  const name = (list: GramList, gram: number) =>
    list.tokens.subarray(list.starts[gram], list.starts[gram + 1]).join(' ')
  const place = new Map(Array.from({ length: grams.starts.length - 1 }, (_, i) => [name(grams, i), i]))
  const { counts } = counted
  const placeOf = Array.from({ length: counts.columns }, (_, gram) => place.get(name(counted.grams, gram)))
  const starts = new Uint32Array(counts.rows + 1)
  const indices: number[] = []
  const values: number[] = []
  for (let row = 0; row < counts.rows; row++) {
    for (let i = counts.starts[row]; i < counts.starts[row + 1]; i++) {
      const at = placeOf[counts.indices[i]]
      if (at === undefined) continue
      indices.push(at)
      values.push(counts.values[i])
    }
    starts[row + 1] = indices.length
  }
  const kept = { rows: counts.rows, columns: place.size, starts, indices: Uint32Array.from(indices) }
  return { ...counted, grams, counts: { ...kept, values: Float64Array.from(values) } }
}

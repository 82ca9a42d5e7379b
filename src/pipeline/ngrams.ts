import { availableParallelism } from 'node:os'
import { LimitExceededError, UsageError } from '../core/index.ts'
import { type Corpus, openCorpus, type RowHead } from '../corpus/index.ts'
import { type ChosenTarget, className } from '../evaluation/index.ts'
import {
  countNgrams,
  MAX_N,
  MAX_NGRAM_TOKENS,
  type NgramSettings,
  type RankedGram,
  topGrams,
} from '../features/index.ts'
import type { Target } from '../models/index.ts'
import { canonicalNames, type Trace, VIEWS, type View } from '../samples/index.ts'

/** How `ngrams` goes about it; every setting has a default. `threads` and `memoryBytes` do not move the result. */
export interface NgramOptions {
  /** Only this view; every view that the corpus has when null. */
  readonly view?: View | null
  /** What the classes are; `auto`, the default, takes in turn all that its labels tell apart. */
  readonly target?: Target | null
  /** Longest n-gram, 1 … 10; 10 by default. */
  readonly maxN?: number
  /** How many of the best n-grams to give for each n and of all; 5 by default. */
  readonly best?: number
  readonly memoryBytes?: number
  /** Worker threads; all cores by default. */
  readonly threads?: number
  /** Told how many rows are read, then how many tokens are counted of how many. */
  onProgress?(done: number, total: number | null): void
  readonly signal?: AbortSignal
}

/** The n-grams of one view of a corpus by the classes of one target. */
export interface NgramTable {
  readonly view: View
  /** What the classes are; null where labels tell nothing apart. */
  readonly target: ChosenTarget | null
  /** Rows whose tokens have an order, and the tokens in them. */
  readonly documents: number
  readonly tokens: number
  /** Rows that know no order and were left out. */
  readonly unordered: number
  /** Rows without a label for the target: counted, but in no class and no gain. */
  readonly unlabelled: number
  readonly classes: readonly { readonly name: string; readonly documents: number }[]
  readonly ngrams: readonly NgramLine[]
  /** The best by information gain of each n. */
  readonly best: readonly { readonly n: number; readonly ngrams: readonly BestNgram[] }[]
  /** The best of all lengths. */
  readonly bestOverall: readonly BestNgram[]
}

/** Distinct n-grams of one length. */
export interface NgramLine {
  readonly n: number
  readonly unique: number
  /** Of those, the n-grams that stand in two documents or more. */
  readonly inTwoOrMore: number
  /** Distinct n-grams in the documents of each class, in the order of `classes`. */
  readonly byClass: readonly number[]
}

/** An n-gram that tells much of the class. */
export interface BestNgram {
  /** Its tokens with spaces between. */
  readonly ngram: string
  readonly n: number
  /** Information gain of its presence in nats. */
  readonly gain: number
  /** Documents of each class that have it, in the order of `classes`. */
  readonly documents: readonly number[]
}

/**
 * Counts the distinct n-grams of a corpus by class, and finds those that tell most of the class; a table for each view
 * and each target. @throws UsageError where no row has an order, or the memory is too little; what reading a corpus throws
 */
export async function corpusNgrams(folder: string, options: NgramOptions = {}): Promise<NgramTable[]> {
  const { view = null, target = null } = options
  const corpus = await openCorpus(folder)
  try {
    const heads: RowHead[] = []
    for await (const head of corpus.heads()) {
      options.signal?.throwIfAborted()
      heads.push(head)
    }
    const tables: NgramTable[] = []
    for (const each of VIEWS) {
      if (view !== null && view !== each) continue
      const own = heads.filter((head) => head.view === each)
      if (!own.some(({ kind }) => kind === 'sequence')) continue
      for (const by of targetsOf(own, target)) tables.push(await countView(corpus, each, own, by, options))
    }
    if (tables.length === 0)
      throw new UsageError(`${folder}: no row of ${view ?? 'any view'} has its tokens in order`)
    return tables
  } finally {
    corpus.close()
  }
}

/** The targets whose labels tell two classes apart, or null for none of them. */
function targetsOf(heads: readonly RowHead[], wanted: Target | null): (ChosenTarget | null)[] {
  const asked: readonly ChosenTarget[] =
    wanted === null || wanted === 'auto' ? ['malicious', 'family', 'category'] : [wanted]
  const telling = asked.filter((target) => {
    const names = new Set(heads.map(({ label }) => className(label, target)))
    names.delete(null)
    return names.size >= 2
  })
  if (telling.length > 0) return telling
  if (wanted === null || wanted === 'auto') return [null]
  throw new UsageError(`corpus: its labels do not tell two classes apart (${wanted})`)
}

async function countView(
  corpus: Corpus,
  view: View,
  heads: readonly RowHead[],
  target: ChosenTarget | null,
  options: NgramOptions,
): Promise<NgramTable> {
  const { maxN = MAX_N, best = 5, threads = availableParallelism(), onProgress, signal } = options
  const ordered = heads.filter(({ kind }) => kind === 'sequence')
  const names = ordered.map(({ label }) => (target === null ? null : className(label, target)))
  const classes = [...new Set(names.filter((name) => name !== null))].sort()
  // The last cell is that of rows without a class.
  const cellOf = names.map((name) => (name === null ? classes.length : classes.indexOf(name)))
  const rowsPerClass = new Uint32Array(classes.length)
  for (const cell of cellOf) if (cell < classes.length) rowsPerClass[cell]++
  const rows = corpus.rows(view)
  const first = (await rows.next()).value!.trace
  // Rows of one view share one vocabulary.
  const { names: tokenNames, ids } = numberNames(first)
  async function* documents() {
    let row = 0
    const document = ({ sequence }: Trace) => {
      onProgress?.(row + 1, null)
      return { tokens: Uint16Array.from(sequence!, (token) => ids[token]), cell: cellOf[row++] }
    }
    if (first.sequence !== null) yield document(first)
    for await (const { trace } of rows) if (trace.sequence !== null) yield document(trace)
  }
  const counts = await countNgrams(documents(), {
    largest: Math.max(1, tokenNames.length),
    longest: maxN,
    best: bestOfAll(rowsPerClass, best),
    threads,
    ...(options.memoryBytes === undefined ? {} : { memoryBytes: options.memoryBytes }),
    ...(signal ? { signal } : {}),
    ...(onProgress ? { onProgress } : {}),
  })
  const shown = ({ gram, gain, documents: of }: RankedGram): BestNgram => ({
    ngram: Array.from(gram, (unit) => tokenNames[unit.charCodeAt(0) - 1]).join(' '),
    n: gram.length,
    gain,
    documents: of,
  })
  return {
    view,
    target,
    documents: counts.documents,
    tokens: counts.tokens,
    unordered: heads.length - ordered.length,
    unlabelled: names.filter((name) => name === null).length,
    classes: classes.map((name, i) => ({ name, documents: rowsPerClass[i] })),
    ngrams: counts.totals.map(({ n, distinct, shared, byClass }) => ({
      n,
      unique: distinct,
      inTwoOrMore: shared,
      byClass,
    })),
    best: counts.best[0].slice(0, maxN).map((list, i) => ({ n: i + 1, ngrams: list.map(shown) })),
    bestOverall: topGrams(counts.best[0], [1, maxN], best).map(shown),
  }
}

/** The best n-grams by all labelled rows; a cell is a class, the one behind the last holds the rows without one. */
function bestOfAll(rowsPerClass: Uint32Array, count: number): NgramSettings['best'] {
  const classes = rowsPerClass.length
  return {
    count: classes < 2 ? 0 : count,
    minDocuments: 1,
    classOf: Uint32Array.from({ length: classes + 1 }, (_, i) => i),
    classes,
    inSet: Uint8Array.from({ length: classes + 1 }, (_, i) => Number(i < classes)),
    rowsPerClass,
    withDocuments: true,
  }
}

/** Canonical names in order and, for each token of a trace's vocabulary, the place of its name plus 1. @throws LimitExceededError */
function numberNames({ view, vocabulary }: Trace) {
  const canonical = canonicalNames(view, vocabulary)
  const names = [...new Set(canonical)].sort((a, b) => (a < b ? -1 : 1))
  if (names.length > MAX_NGRAM_TOKENS) throw new LimitExceededError('names of tokens', MAX_NGRAM_TOKENS)
  const places = new Map(names.map((name, i) => [name, i + 1]))
  return { names, ids: Uint16Array.from(canonical, (name) => places.get(name)!) }
}

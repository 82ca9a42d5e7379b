import { setImmediate } from 'node:timers/promises'
import { LimitExceededError, mapOrdered, UsageError, workerEntry, workerPool } from '../core/index.ts'
import {
  fixedBytes,
  type NgramCounter,
  ngramCounter,
  packingOf,
  type ToldGrams,
} from '../kernels/ngrams/ngrams.ts'
import { type BestLists, type BestSettings, bestGrams, mergeBest } from './best-grams.ts'
import { type BucketRange, type RangeCounts, type RangedCount, rangeCounter } from './ngram-range.ts'
import { keepTexts } from './ngram-texts.ts'
import { type NgramTotals, readTotals, totalsOf } from './ngram-totals.ts'
import { countTokens } from './token-counts.ts'

/** Tokens are 1 … this; 0 is the end of a document. */
export const MAX_NGRAM_TOKENS = 65_535

/** Memory to count in where nothing is said: the whole of a corpus of some ten million tokens a core. */
export const DEFAULT_MEMORY_BYTES = 2 ** 31

/** A document to count: its tokens, each 1 or more, and the cell that it is counted in. */
export interface NgramDocument {
  readonly tokens: Uint16Array
  readonly cell: number
}

/** What to count, and how; `threads` and `memoryBytes` do not move the result. */
export interface NgramSettings {
  /** Largest token. */
  readonly largest: number
  /** Longest n-gram, 1 … 10. */
  readonly longest: number
  readonly best: BestSettings
  readonly threads?: number
  readonly memoryBytes?: number
  readonly signal?: AbortSignal
  /** Told of every n-gram, in the order of a file of n-grams; counting is then on this thread alone. */
  tell?(told: ToldGrams): void
  /** Told how many tokens were counted, of how many. */
  onProgress?(done: number, total: number): void
}

/** All that was counted. */
export interface NgramCounts {
  readonly documents: number
  readonly tokens: number
  /** For each n from 1. */
  readonly totals: readonly NgramTotals[]
  readonly best: BestLists
}

/**
 * Counts the n-grams of documents, all lengths in one pass over sorted suffixes, in memory that is bounded: the suffixes
 * are sorted a range of buckets at a time, and beyond a share of the memory the tokens themselves lie in a temporary
 * folder, from which each range gathers what begins in it. Tokens are read once a range, which costs a fortieth of sorting
 * them, and take a tenth of the room that the suffixes written out would take.
 * @throws UsageError where the memory cannot hold the largest bucket, LimitExceededError where no memory could
 */
export async function countNgrams(
  documents: Iterable<NgramDocument> | AsyncIterable<NgramDocument>,
  settings: NgramSettings,
): Promise<NgramCounts> {
  const { largest, longest, best, signal, memoryBytes = DEFAULT_MEMORY_BYTES } = settings
  const { classOf, classes } = best
  const cells: number[] = []
  const single = countTokens(classOf.length)
  // Sizes do not depend on cells, so a counter without documents will do.
  const empty = { largest, longest, cellOf: new Uint32Array(0), classOf, classes }
  const sizer: NgramCounter | null = longest > 1 ? ngramCounter(empty) : null
  const keeper = keepTexts(longest, memoryBytes / 4, (text) => sizer?.count(text))
  let tokens = 0
  try {
    for await (const document of documents) {
      signal?.throwIfAborted()
      single.add(document.tokens, document.cell)
      if (sizer) keeper.add(document.tokens)
      cells.push(document.cell)
      tokens += document.tokens.length
    }
    const first = bestGrams(best)
    const told = [...single.told()]
    for (const each of told) {
      settings.tell?.(each)
      first.offer(each)
    }
    const parts: RangeCounts[] = [{ totals: totalsOf(told, classOf, classes), best: first.lists() }]
    if (sizer) {
      const shape = { ...empty, cellOf: sharedArray(cells) }
      parts.push(
        ...(await countRanges(
          { shape, texts: keeper.finish(), sizes: sharedArray(sizer.sizes()), best },
          settings,
        )),
      )
    }
    return {
      documents: cells.length,
      tokens,
      totals: readTotals(
        parts.map((part) => part.totals),
        longest,
        classes,
      ),
      best: mergeBest(
        parts.map((part) => part.best),
        best.count,
      ),
    }
  } finally {
    keeper.close()
  }
}

const WORKER = workerEntry(import.meta.url, 'ngram-worker')

async function countRanges(
  count: RangedCount,
  { threads = 1, memoryBytes = DEFAULT_MEMORY_BYTES, signal, onProgress, tell }: NgramSettings,
): Promise<RangeCounts[]> {
  const plan = planRanges(count, memoryBytes, tell ? 1 : threads)
  const total = plan.ranges.reduce((sum, { records }) => sum + records, 0)
  const isAlone = plan.threads === 1 || plan.ranges.length === 1
  const pool = isAlone
    ? null
    : workerPool<BucketRange, RangeCounts>(WORKER, { threads: plan.threads, workerData: count })
  const alone = isAlone ? rangeCounter(count, tell) : null
  const stop = () => void pool?.close()
  signal?.addEventListener('abort', stop)
  let done = 0
  const run = async (range: Range): Promise<RangeCounts> => {
    await setImmediate() // lets Ctrl-C and the progress bar in
    signal?.throwIfAborted()
    const counts = pool ? await pool.run(range) : alone!(range)
    done += range.records
    onProgress?.(done, total)
    return counts
  }
  try {
    const parts: RangeCounts[] = []
    for await (const part of mapOrdered(plan.ranges, run, plan.threads)) parts.push(part)
    return parts
  } finally {
    signal?.removeEventListener('abort', stop)
    await pool?.close()
  }
}

/** Some buckets whose records fit in a thread's share of the memory. */
interface Range extends BucketRange {
  readonly records: number
}

/** Ranges of about equal size, as few as fit in the memory and as many as there are threads. */
function planRanges({ shape, sizes, texts }: RangedCount, memoryBytes: number, threads: number) {
  const { recordBytes } = packingOf(shape.largest, shape.longest)
  const total = sizes.reduce((sum, n) => sum + n, 0)
  const largest = sizes.reduce((most, n) => Math.max(most, n), 0)
  // The largest bucket is needed twice, for the sort. Threads that would not have that much are left out.
  const needed = fixedBytes(shape) + 2 * recordBytes * largest
  const free = memoryBytes - texts.inMemory
  if (needed > MAX_THREAD_BYTES)
    throw new LimitExceededError('n-grams: bytes of one bucket', MAX_THREAD_BYTES)
  if (needed > free) {
    const least = Math.ceil((needed + texts.inMemory) / 1e6)
    throw new UsageError(`memory: at least ${least} MB are needed to count these n-grams`)
  }
  const working = total < WORTH_THREADS ? 1 : Math.max(1, Math.min(threads, Math.floor(free / needed)))
  const share = Math.min(free / working, MAX_THREAD_BYTES)
  const most = Math.floor((share - fixedBytes(shape)) / recordBytes) - largest
  const needsRounds = Math.max(1, Math.ceil(total / (most * working)))
  const smoothRounds = Math.min(MAX_SMOOTH_ROUNDS, Math.ceil((total * recordBytes) / (RANGE_BYTES * working)))
  const wanted = Math.ceil(total / (Math.max(needsRounds, smoothRounds) * working))
  const ranges: Range[] = []
  for (let from = 0; from < sizes.length; ) {
    let to = from
    let records = 0
    while (to < sizes.length && (to === from || records + sizes[to] <= Math.max(wanted, largest))) {
      records += sizes[to++]
    }
    if (records > 0) ranges.push({ from, to, records })
    from = to
  }
  return { ranges, threads: working }
}

/** Tokens that take longer to count than threads take to start. */
const WORTH_THREADS = 1 << 20
/** Size of a range where there is memory for more: a step of the progress bar, after which Ctrl-C is heard. */
const RANGE_BYTES = 2 ** 28
/** Rounds that are made for that alone: in each, every thread reads all tokens. */
const MAX_SMOOTH_ROUNDS = 8
/** Wasm memory has 4 GiB, of which other things take some. */
const MAX_THREAD_BYTES = 3.5 * 2 ** 30

function sharedArray(values: ArrayLike<number>): Uint32Array {
  const array = new Uint32Array(new SharedArrayBuffer(4 * values.length))
  array.set(values)
  return array
}

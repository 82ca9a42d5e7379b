import { type NgramShape, ngramCounter, TOTALS, type ToldGrams } from '../kernels/ngrams/ngrams.ts'
import { type BestLists, type BestSettings, bestGrams } from './best-grams.ts'
import { type KeptTexts, readTexts } from './ngram-texts.ts'

/** What all ranges of a count have in common, as plain data: a worker thread can be given it. */
export interface RangedCount {
  readonly shape: NgramShape
  readonly texts: KeptTexts
  /** Size of every bucket. */
  readonly sizes: Uint32Array
  readonly best: BestSettings
}

/** Buckets `from` … `to - 1`. */
export interface BucketRange {
  readonly from: number
  readonly to: number
}

/** What was counted in some buckets. */
export interface RangeCounts {
  /** As `NgramCounter.totals`. */
  readonly totals: Float64Array
  readonly best: BestLists
}

/**
 * Counts the n-grams of two tokens or more that begin in a range of buckets, one range after another in the same memory.
 * @param tell told of every n-gram, in the order of a file of n-grams where ranges come in order
 */
export function rangeCounter(
  { shape, texts, sizes, best: wanted }: RangedCount,
  tell: ((told: ToldGrams) => void) | null = null,
) {
  const counter = ngramCounter(shape)
  return ({ from, to }: BucketRange): RangeCounts => {
    counter.begin(sizes, from, to)
    for (const text of readTexts(texts)) counter.collect(text)
    const best = bestGrams(wanted)
    const each = (told: ToldGrams) => {
      tell?.(told)
      best.offer(told)
    }
    counter.scan(tell ? new Uint32Array(TOTALS) : best.least, each)
    return { totals: counter.totals(), best: best.lists() }
  }
}

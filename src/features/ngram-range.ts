import { type NgramShape, ngramCounter } from '../kernels/ngrams/ngrams.ts'
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

/** Counts the n-grams of two tokens or more that begin in a range of buckets, one range after another in the same memory. */
export function rangeCounter({ shape, texts, sizes, best: wanted }: RangedCount) {
  const counter = ngramCounter(shape)
  return ({ from, to }: BucketRange): RangeCounts => {
    counter.begin(sizes, from, to)
    for (const text of readTexts(texts)) counter.collect(text)
    const best = bestGrams(wanted)
    counter.scan(best.least, best.offer)
    return { totals: counter.totals(), best: best.lists() }
  }
}

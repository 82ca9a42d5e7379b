import { LONGEST, TOTALS, type ToldGrams } from '../kernels/ngrams/ngrams.ts'

/** The n-grams of one length. */
export interface NgramTotals {
  readonly n: number
  /** Distinct n-grams. */
  readonly distinct: number
  /** Distinct n-grams that stand in two documents or more. */
  readonly shared: number
  /** Sum of the numbers of documents in which they stand. */
  readonly documents: number
  /** Distinct n-grams of the documents of each class. */
  readonly byClass: readonly number[]
}

/**
 * Adds up n-grams that are told one by one, each once, as the kernel does for those it counts: rows as of
 * `NgramCounter.totals`. @param classOf class of each cell; `classes` where it has none
 */
export function totalsOf(told: Iterable<ToldGrams>, classOf: Uint32Array, classes: number): Float64Array {
  const totals = new Float64Array(TOTALS * (3 + classes))
  const seen = new Set<number>()
  const add = (row: number, n: number, by: number) => {
    totals[TOTALS * row + n] += by
  }
  for (const { from, to, documents, cells } of told) {
    seen.clear()
    for (let i = 0; i < cells.length; i += 2) seen.add(classOf[cells[i]])
    seen.delete(classes)
    for (let n = from; n <= to; n++) {
      add(0, n, 1)
      if (documents > 1) add(1, n, 1)
      add(2, n, documents)
      for (const each of seen) add(3 + each, n, 1)
    }
  }
  return totals
}

/** Rows of totals of several parts as lines, one for each n. */
export function readTotals(parts: readonly Float64Array[], longest: number, classes: number): NgramTotals[] {
  const sum = (row: number, n: number) => parts.reduce((all, part) => all + part[row * TOTALS + n], 0)
  return Array.from({ length: Math.min(longest, LONGEST) }, (_, i) => ({
    n: i + 1,
    distinct: sum(0, i + 1),
    shared: sum(1, i + 1),
    documents: sum(2, i + 1),
    byClass: Array.from({ length: classes }, (_, c) => sum(3 + c, i + 1)),
  }))
}

import { TOTALS, type ToldGrams } from '../kernels/ngrams/ngrams.ts'
import type { NgramDocument } from './ngram-counts.ts'

/** Counts single tokens as the kernel counts longer n-grams. */
export interface TokenCounts {
  add(document: NgramDocument): void
  /** Tells of every token, ascending. */
  tell(told: (gram: ToldGrams) => void): void
  /** The row of n = 1, as in `NgramCounter.totals`. */
  totals(): Float64Array
}

/** A counter of single tokens, for which a table is enough. @param classOf class of each cell, `classes` for none */
export function countTokens(classOf: Uint32Array, classes: number): TokenCounts {
  const tables = Array.from(classOf, () => new Map<number, number>())
  const lastIn = new Uint32Array(65_536)
  let document = 0
  const tokens = () => [...new Set(tables.flatMap((table) => [...table.keys()]))].sort((a, b) => a - b)
  const cellsOf = (token: number) =>
    tables.flatMap((table, cell) => (table.has(token) ? [[cell, table.get(token)!] as const] : []))
  return {
    add({ tokens: own, cell }) {
      document++
      const table = tables[cell]
      for (const token of own) {
        if (lastIn[token] === document) continue
        lastIn[token] = document
        table.set(token, (table.get(token) ?? 0) + 1)
      }
    },
    tell(told) {
      for (const token of tokens()) {
        const cells = cellsOf(token)
        const documents = cells.reduce((sum, [, n]) => sum + n, 0)
        told({
          from: 1,
          to: 1,
          documents,
          tokens: Uint16Array.of(token),
          cells: Uint32Array.from(cells.flat()),
        })
      }
    },
    totals() {
      const totals = new Float64Array(TOTALS * (3 + classes))
      for (const token of tokens()) {
        const cells = cellsOf(token)
        const documents = cells.reduce((sum, [, n]) => sum + n, 0)
        totals[1]++
        if (documents > 1) totals[TOTALS + 1]++
        totals[2 * TOTALS + 1] += documents
        const seen = new Set(cells.map(([cell]) => classOf[cell]))
        for (const each of seen) if (each < classes) totals[TOTALS * (3 + each) + 1]++
      }
      return totals
    },
  }
}

import type { ToldGrams } from '../kernels/ngrams/ngrams.ts'

/** Counts single tokens as the kernel counts longer n-grams. */
export interface TokenCounts {
  /** Adds the next document: its tokens, and the cell that it is counted in. */
  add(tokens: Uint16Array, cell: number): void
  /** Every token, ascending, with the documents that have it. */
  told(): Generator<ToldGrams>
}

/** A counter of single tokens, for which a table of each cell is enough. */
export function countTokens(cells: number): TokenCounts {
  const tables = Array.from({ length: cells }, () => new Map<number, number>())
  const lastIn = new Uint32Array(65_536)
  let document = 0
  return {
    add(tokens, cell) {
      document++
      const table = tables[cell]
      for (const token of tokens) {
        if (lastIn[token] === document) continue
        lastIn[token] = document
        table.set(token, (table.get(token) ?? 0) + 1)
      }
    },
    *told() {
      const tokens = [...new Set(tables.flatMap((table) => [...table.keys()]))].sort((a, b) => a - b)
      for (const token of tokens) {
        const counts = tables.map((table) => table.get(token) ?? 0)
        const pairs = counts.flatMap((count, cell) => (count > 0 ? [cell, count] : []))
        yield {
          from: 1,
          to: 1,
          documents: counts.reduce((sum, n) => sum + n, 0),
          tokens: Uint16Array.of(token),
          cells: Uint32Array.from(pairs),
        }
      }
    },
  }
}

/** The tokens of a document, 1 … 65,535 each, and the cell that it is counted in: a class, or a class and a part of the rows. */
export interface GramDocument {
  readonly tokens: ArrayLike<number>
  readonly cell: number
}

/** In how many documents an n-gram stands, by cell. */
export interface GramCount {
  readonly tokens: readonly number[]
  /** Cells with documents and how many, ascending by cell. */
  readonly cells: readonly (readonly [cell: number, documents: number])[]
}

/** The definition, written to be read: every distinct n-gram of 2 … `longest` tokens, token by token ascending. */
export function reference(documents: readonly GramDocument[], longest: number): GramCount[] {
  const found = new Map<string, Map<number, number>>()
  for (const { tokens, cell } of documents) {
    const own = new Set<string>()
    for (let n = 2; n <= longest; n++) {
      for (let i = 0; i + n <= tokens.length; i++) {
        own.add(Array.from({ length: n }, (_, j) => String.fromCharCode(tokens[i + j])).join(''))
      }
    }
    for (const gram of own) {
      const cells = found.get(gram) ?? new Map<number, number>()
      found.set(gram, cells)
      cells.set(cell, (cells.get(cell) ?? 0) + 1)
    }
  }
  // Strings compare by UTF-16 code unit, which here is token by token.
  return [...found]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([gram, cells]) => ({
      tokens: Array.from({ length: gram.length }, (_, i) => gram.charCodeAt(i)),
      cells: [...cells].sort(([a], [b]) => a - b),
    }))
}

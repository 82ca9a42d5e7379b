/** How much a row of each class weighs: 1, or such that all classes that have rows weigh the same. */
export function classWeights(y: Uint32Array, classes: number, balanced: boolean): Float64Array {
  const rows = new Float64Array(classes)
  for (const own of y) rows[own]++
  return rows.map((n) => (balanced && n > 0 ? y.length / (classes * n) : 1))
}

import { log } from '../core/index.ts'

/**
 * Information gain in nats of the presence of each column about the class: H(Y) - H(Y | presence), from how many rows
 * of each class the column stands in. Same as mutual information (Cover & Thomas, "Elements of Information Theory", §2.4).
 * @param documents rows with the column, by class: [columns, classes]
 * @param rowsPerClass [classes]
 */
export function informationGain(documents: Uint32Array, rowsPerClass: Uint32Array): Float64Array {
  const classes = rowsPerClass.length
  const rows = rowsPerClass.reduce((sum, n) => sum + n, 0)
  const gains = new Float64Array(classes === 0 ? 0 : documents.length / classes)
  if (rows === 0) return gains
  const xLogX = xLogXTable(rows)
  let classEntropy = xLogX[rows]
  for (const n of rowsPerClass) classEntropy -= xLogX[n]
  for (let column = 0; column < gains.length; column++) {
    let present = 0
    let sum = 0
    for (let k = 0; k < classes; k++) {
      const n = documents[column * classes + k]
      present += n
      sum += xLogX[n] + xLogX[rowsPerClass[k] - n]
    }
    gains[column] = (classEntropy + sum - xLogX[present] - xLogX[rows - present]) / rows
  }
  return gains
}

/** The `count` items with the largest scores, ascending; of equal scores the first ones. */
export function bestByScore(items: Uint32Array, scores: ArrayLike<number>, count: number): Uint32Array {
  if (count >= items.length) return items
  const order = Array.from(items, (_, i) => i)
  order.sort((a, b) => scores[b] - scores[a] || a - b)
  return Uint32Array.from(order.slice(0, count), (i) => items[i]).sort()
}

function xLogXTable(largest: number): Float64Array {
  const table = new Float64Array(largest + 1)
  for (let n = 2; n <= largest; n++) table[n] = n * log(n)
  return table
}

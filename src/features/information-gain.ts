import { log } from '../core/index.ts'

/**
 * Information gain in nats of the presence of each column about the class: H(Y) - H(Y | presence), from how many rows
 * of each class the column stands in. Same as mutual information (Cover & Thomas, "Elements of Information Theory", §2.4).
 * @param documents rows with the column, by class: [columns, classes]
 * @param rowsPerClass [classes]
 */
export function informationGain(documents: Uint32Array, rowsPerClass: Uint32Array): Float64Array {
  const classes = rowsPerClass.length
  const gains = new Float64Array(classes === 0 ? 0 : documents.length / classes)
  const gain = gainOf(rowsPerClass)
  for (let column = 0; column < gains.length; column++) gains[column] = gain(documents, column * classes)
  return gains
}

/** The gain of one column after another: the rows with it by class stand in `documents` from `at` on. */
export function gainOf(rowsPerClass: Uint32Array): (documents: Uint32Array, at: number) => number {
  const classes = rowsPerClass.length
  const rows = rowsPerClass.reduce((sum, n) => sum + n, 0)
  if (rows === 0) return () => 0
  const xLogX = xLogXTable(rows)
  let classEntropy = xLogX[rows]
  for (const n of rowsPerClass) classEntropy -= xLogX[n]
  return (documents, at) => {
    let present = 0
    let sum = 0
    for (let k = 0; k < classes; k++) {
      const n = documents[at + k]
      present += n
      sum += xLogX[n] + xLogX[rowsPerClass[k] - n]
    }
    return (classEntropy + sum - xLogX[present] - xLogX[rows - present]) / rows
  }
}

/** More than rounding can add to a gain. */
const GAIN_MARGIN = 1e-9

/**
 * The fewest rows with a column whose gain may be this much or more. A column tells no more of the class than there is to
 * know of the column, I(Y; X) ≤ H(X) (Cover & Thomas, §2.4), and H(X) of d rows of N grows with d up to N / 2. So columns
 * of fewer rows may be left out without being looked at, and so may columns that stand only where those do.
 */
export function documentsWorth(rows: number): (gain: number) => number {
  const xLogX = xLogXTable(rows)
  const entropy = (d: number) => (rows === 0 ? 0 : (xLogX[rows] - xLogX[d] - xLogX[rows - d]) / rows)
  return (gain) => {
    let [below, enough] = [0, Math.floor(rows / 2) + 1]
    // The largest d known to be too few, and the smallest known to be enough or beyond the half.
    while (below + 1 < enough) {
      const middle = (below + enough) >> 1
      if (entropy(middle) + GAIN_MARGIN < gain) below = middle
      else enough = middle
    }
    return enough
  }
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

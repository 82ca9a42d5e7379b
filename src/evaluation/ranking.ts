/**
 * Fewest negatives that must lie at a false-positive rate for a figure at that rate to mean anything: under ten, one
 * negative more or less moves the rate by a tenth of itself or more.
 */
const MIN_NEGATIVES_AT_RATE = 10

/** Rows from the lowest score to the highest, rows of equal score in one block. */
export interface Ranking {
  /** Row numbers, ascending by score, then by row. */
  readonly rows: Uint32Array
  /** Where each block of equal scores starts in `rows`, with the number of rows at the end. */
  readonly blocks: Uint32Array
}

/** Ranks rows by score. @param scores no NaN */
export function rank(scores: Float64Array): Ranking {
  const rows = Uint32Array.from(scores.keys()).sort((a, b) => scores[a] - scores[b] || a - b)
  const starts: number[] = []
  for (let i = 0; i < rows.length; i++) {
    if (i === 0 || scores[rows[i]] !== scores[rows[i - 1]]) starts.push(i)
  }
  return { rows, blocks: Uint32Array.from([...starts, rows.length]) }
}

/**
 * Area under the ROC curve: the chance that a positive scores above a negative, ties counted half (midranks; Hanley &
 * McNeil, "The meaning and use of the area under a receiver operating characteristic (ROC) curve", 1982).
 * @param y 1 positive, 0 negative
 * @param weights how often each row counts; once each when null
 * @returns 0 … 1, or null where either class has no rows
 */
export function rocAuc(ranking: Ranking, y: Uint32Array, weights: Float64Array | null = null): number | null {
  let pairs = 0
  let negatives = 0
  let positives = 0
  for (let block = 0; block + 1 < ranking.blocks.length; block++) {
    let positive = 0
    let negative = 0
    for (let i = ranking.blocks[block]; i < ranking.blocks[block + 1]; i++) {
      const row = ranking.rows[i]
      if (y[row] === 1) positive += weights ? weights[row] : 1
      else negative += weights ? weights[row] : 1
    }
    pairs += positive * (negatives + negative / 2)
    negatives += negative
    positives += positive
  }
  return positives > 0 && negatives > 0 ? pairs / (positives * negatives) : null
}

/** Whether a figure at this false-positive rate rests on enough negatives: rate × negatives at least 10. */
export function estimable(rate: number, negatives: number): boolean {
  // Rounded, since .001 × 10,000 must count as 10 whatever its last bit.
  return Math.round(rate * negatives * 1e9) / 1e9 >= MIN_NEGATIVES_AT_RATE
}

/**
 * The largest true-positive rate at a threshold where at most `rate` of the negatives are called positive. Rows of equal
 * score fall on the same side of a threshold.
 * @returns 0 … 1, or null where either class has no rows; whether it is `estimable` is for the caller to ask
 */
export function truePositiveRate(
  ranking: Ranking,
  y: Uint32Array,
  rate: number,
  weights: Float64Array | null = null,
): number | null {
  const totals = [0, 0]
  for (let row = 0; row < y.length; row++) totals[y[row]] += weights ? weights[row] : 1
  const [negatives, positives] = totals
  if (negatives === 0 || positives === 0) return null
  const allowed = Math.floor(rate * negatives + 1e-9)
  const passed = [0, 0]
  let best = 0
  for (let block = ranking.blocks.length - 2; block >= 0; block--) {
    for (let i = ranking.blocks[block]; i < ranking.blocks[block + 1]; i++) {
      const row = ranking.rows[i]
      passed[y[row]] += weights ? weights[row] : 1
    }
    if (passed[0] > allowed) break
    best = passed[1] / positives
  }
  return best
}

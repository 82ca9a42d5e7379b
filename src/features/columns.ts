import { log } from '../core/index.ts'
import type { Kind } from '../samples/index.ts'
import type { CountedRows } from './counting.ts'
import { GrowingFloat64, GrowingUint32 } from './growing-array.ts'
import { bestByScore, informationGain } from './information-gain.ts'
import { encodeSequences, fitVocabulary, type SequenceVocabulary } from './sequences.ts'
import type { FeatureSettings } from './settings.ts'
import type { SparseMatrix } from './sparse-matrix.ts'

/** Fewest training rows that a pair must stand in: rarer ones only repeat what one sample did. */
const MIN_PAIR_DOCUMENTS = 5

/** Most tokens whose pairs are counted, the best by information gain; bounds the table of pairs to 16 MB a class. */
export const MAX_PAIRED_TOKENS = 2048

/** Columns chosen among the n-grams that were counted. */
export interface Columns {
  readonly settings: FeatureSettings
  /** The weight as it is for the kind of the traces: a set knows presence only. */
  readonly weight: FeatureSettings['weight']
  /** Column of each counted n-gram, or -1. */
  readonly columnOf: Int32Array
  /** N-grams that became columns. */
  readonly grams: Uint32Array
  /** The two n-grams of each pair, which has a column after those, ascending: [pairs × 2]. */
  readonly pairs: Uint32Array
  readonly pairIndex: PairIndex
  /** Scale of each column; null when all are 1. */
  readonly scale: Float64Array | null
  /** The ids of counted sequences' tokens; null where they have no order. */
  readonly sequence: SequenceVocabulary | null
}

/** Finds the pairs that stand in a row. */
interface PairIndex {
  /** Number of n-grams that stand in a pair. */
  readonly size: number
  /** Place of each counted n-gram among those, or -1. */
  readonly placeOf: Int32Array
  /** Number of the pair of two places, or -1: [size, size], of which the half with the first below the second is used. */
  readonly pairOf: Int32Array
}

/** Columns of their parts. */
export function makeColumns(
  settings: FeatureSettings,
  kind: Kind,
  columnOf: Int32Array,
  grams: Uint32Array,
  pairs: Uint32Array,
  scale: Float64Array | null,
  sequence: SequenceVocabulary | null,
): Columns {
  const placeOf = new Int32Array(columnOf.length).fill(-1)
  for (const gram of pairs) placeOf[gram] = 0
  let size = 0
  for (let gram = 0; gram < placeOf.length; gram++) if (placeOf[gram] === 0) placeOf[gram] = size++
  const pairOf = new Int32Array(size * size).fill(-1)
  for (let pair = 0; 2 * pair < pairs.length; pair++) {
    pairOf[placeOf[pairs[2 * pair]] * size + placeOf[pairs[2 * pair + 1]]] = pair
  }
  const weight = kind === 'set' ? 'presence' : settings.weight
  return { settings, weight, columnOf, grams, pairs, pairIndex: { size, placeOf, pairOf }, scale, sequence }
}

/** Chooses and scales columns by some rows of what was counted; other rows are not looked at. */
export function fitColumns(
  settings: FeatureSettings,
  counted: CountedRows,
  rows: Uint32Array,
  y: Uint32Array,
  classes: number,
): Columns {
  const { counts } = counted
  const rowsPerClass = new Uint32Array(classes)
  const documents = new Uint32Array(counts.columns * classes)
  for (const row of rows) {
    rowsPerClass[y[row]]++
    for (let i = counts.starts[row]; i < counts.starts[row + 1]; i++) {
      documents[counts.indices[i] * classes + y[row]]++
    }
  }
  const frequent = frequentColumns(documents, classes, settings.minDocuments)
  const needsGains = (settings.select > 0 && settings.select < frequent.length) || settings.pairs > 0
  const gains = needsGains ? informationGain(documents, rowsPerClass) : new Float64Array(0)
  const gainOf = (items: Uint32Array) => Float64Array.from(items, (item) => gains[item])
  const grams = settings.select > 0 ? bestByScore(frequent, gainOf(frequent), settings.select) : frequent
  const columnOf = new Int32Array(counts.columns).fill(-1)
  grams.forEach((gram, column) => {
    columnOf[gram] = column
  })
  let pairs = new Uint32Array(0)
  if (settings.pairs > 0 && counted.kind === 'set') {
    const paired = bestByScore(grams, gainOf(grams), MAX_PAIRED_TOKENS)
    pairs = choosePairs(settings, counted, paired, rows, y, rowsPerClass)
  }
  const { sequences } = counts
  const sequence = sequences ? fitVocabulary(settings, sequences, rows, y, rowsPerClass) : null
  const unscaled = makeColumns(settings, counted.kind, columnOf, grams, pairs, null, sequence)
  return { ...unscaled, scale: fitScale(unscaled, counts, rows) }
}

function frequentColumns(documents: Uint32Array, classes: number, minDocuments: number): Uint32Array {
  const kept = new GrowingUint32()
  for (let column = 0; column * classes < documents.length; column++) {
    let n = 0
    for (let k = 0; k < classes; k++) n += documents[column * classes + k]
    if (n >= Math.max(1, minDocuments)) kept.push(column)
  }
  return kept.view().slice()
}

function choosePairs(
  settings: FeatureSettings,
  { counts }: CountedRows,
  grams: Uint32Array,
  rows: Uint32Array,
  y: Uint32Array,
  rowsPerClass: Uint32Array,
): Uint32Array<ArrayBuffer> {
  const classes = rowsPerClass.length
  const place = new Int32Array(counts.columns).fill(-1)
  grams.forEach((gram, i) => {
    place[gram] = i
  })
  // Pair (a, b), a < b, stands at a·size + b; the unused half costs less than index arithmetic.
  const size = grams.length
  const documents = new Uint32Array(size * size * classes)
  const present = new Uint32Array(size)
  for (const row of rows) {
    let n = 0
    for (let i = counts.starts[row]; i < counts.starts[row + 1]; i++) {
      const at = place[counts.indices[i]]
      if (at >= 0) present[n++] = at
    }
    for (let a = 0; a < n; a++) {
      for (let b = a + 1; b < n; b++) documents[(present[a] * size + present[b]) * classes + y[row]]++
    }
  }
  const frequent = frequentColumns(documents, classes, Math.max(settings.minDocuments, MIN_PAIR_DOCUMENTS))
  const table = new Uint32Array(frequent.length * classes)
  frequent.forEach((pair, i) => {
    table.set(documents.subarray(pair * classes, (pair + 1) * classes), i * classes)
  })
  const best = bestByScore(frequent, informationGain(table, rowsPerClass), settings.pairs)
  const pairs = new Uint32Array(best.length * 2)
  best.forEach((pair, i) => {
    pairs[2 * i] = grams[Math.floor(pair / size)]
    pairs[2 * i + 1] = grams[pair % size]
  })
  return pairs
}

/** Scales by the definition of `FeatureSettings.scale`, over the training rows only. */
function fitScale(columns: Columns, counts: SparseMatrix, rows: Uint32Array): Float64Array | null {
  const { settings, weight, grams, pairs } = columns
  if (settings.scale === 'none' || (settings.scale === 'rarity' && weight !== 'presence')) return null
  const width = grams.length + pairs.length / 2
  const documents = new Float64Array(width)
  const largest = new Float64Array(width)
  const plainly = { ...columns, settings: { ...settings, normalise: false }, sequence: null }
  const plain = encodeRows(plainly, counts, rows)
  for (let i = 0; i < plain.indices.length; i++) {
    const column = plain.indices[i]
    documents[column]++
    largest[column] = Math.max(largest[column], plain.values ? plain.values[i] : 1)
  }
  if (settings.scale === 'max-abs') return largest.map((value) => (value > 0 ? 1 / value : 1))
  if (settings.scale === 'idf') return documents.map((n) => log((1 + rows.length) / (1 + n)) + 1)
  return documents.map((n) => {
    const p = (n + 1) / (rows.length + 2)
    return 1 / Math.sqrt(p * (1 - p))
  })
}

/** The matrix of some rows of counts, its columns and the ids of its sequences those that were chosen. */
export function encodeRows(columns: Columns, counts: SparseMatrix, rows: ArrayLike<number>): SparseMatrix {
  const { settings, weight, columnOf, grams, pairs, pairIndex, scale, sequence } = columns
  const starts = new Uint32Array(rows.length + 1)
  const indices = new GrowingUint32()
  const binary = weight === 'presence' && !scale && !settings.normalise
  const values = new GrowingFloat64()
  const add = (column: number, value: number) => {
    indices.push(column)
    if (!binary) values.push(scale ? value * scale[column] : value)
  }
  const present = new Uint32Array(pairIndex.size)
  for (let r = 0; r < rows.length; r++) {
    const [from, to] = [counts.starts[rows[r]], counts.starts[rows[r] + 1]]
    let n = 0
    let total = 0
    if (weight === 'share') {
      for (let i = from; i < to; i++) if (columnOf[counts.indices[i]] >= 0) total += counts.values?.[i] ?? 1
    }
    for (let i = from; i < to; i++) {
      const gram = counts.indices[i]
      if (columnOf[gram] < 0) continue
      add(columnOf[gram], weigh(weight, counts.values ? counts.values[i] : 1, total))
      if (pairIndex.placeOf[gram] >= 0) present[n++] = pairIndex.placeOf[gram]
    }
    for (let a = 0; a < n; a++) {
      const row = present[a] * pairIndex.size
      for (let b = a + 1; b < n; b++) {
        const pair = pairIndex.pairOf[row + present[b]]
        if (pair >= 0) add(grams.length + pair, 1)
      }
    }
    starts[r + 1] = indices.length
  }
  if (settings.normalise) normaliseRows(starts, values.view())
  return {
    rows: rows.length,
    columns: grams.length + pairs.length / 2,
    starts,
    indices: indices.view(),
    values: binary ? null : values.view(),
    ...(sequence && counts.sequences ? { sequences: encodeSequences(sequence, counts.sequences, rows) } : {}),
  }
}

/** The value of a column before scaling. @param count how often its tokens occur @param total the sum of the row's counts */
export function weigh(weight: FeatureSettings['weight'], count: number, total: number): number {
  if (weight === 'presence') return 1
  if (weight === 'share') return count / total
  return weight === 'count' ? count : log(1 + count)
}

function normaliseRows(starts: Uint32Array, values: Float64Array): void {
  for (let row = 0; row + 1 < starts.length; row++) {
    let sum = 0
    for (let i = starts[row]; i < starts[row + 1]; i++) sum += values[i] * values[i]
    if (sum === 0) continue
    const length = Math.sqrt(sum)
    for (let i = starts[row]; i < starts[row + 1]; i++) values[i] /= length
  }
}

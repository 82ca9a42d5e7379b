import { GrowingUint32 } from './growing-array.ts'
import { bestByScore, informationGain } from './information-gain.ts'
import type { Reader } from './reading.ts'
import type { FeatureSettings } from './settings.ts'
import type { Sequences, SparseMatrix } from './sparse-matrix.ts'

/** The tokens that have ids of their own in sequences; all others are 0. */
export interface SequenceVocabulary {
  /** The token of each id, from 1 on; ascending. */
  readonly tokens: Uint32Array
  /** The id of each id of the counted sequences. */
  readonly idOf: Uint32Array
}

/** Collects the order of what is read of traces. */
export interface SequenceRows {
  /** Adds a row, by its token ids. */
  add(steps: Uint32Array | null): void
  /** What a matrix of the rows has beside its columns; nothing where the reader gives no order. */
  finish(): Pick<SparseMatrix, 'sequences'>
}

/** A collector for a reader, whose ids are those of tokens and 1: 0 is what stands for unknown names. */
export function sequenceRows({ known, givesSteps }: Reader): SequenceRows {
  const starts = new GrowingUint32()
  const tokens = new GrowingUint32()
  starts.push(0)
  return {
    add(steps) {
      for (const token of steps ?? []) tokens.push(token < known ? token + 1 : 0)
      starts.push(tokens.length)
    },
    finish() {
      if (!givesSteps) return {}
      return { sequences: { vocabulary: known + 1, starts: starts.view(), tokens: tokens.view() } }
    },
  }
}

/** The vocabulary of stated tokens. @param known tokens that there are */
export function sequenceVocabulary(tokens: Uint32Array, known: number): SequenceVocabulary {
  const idOf = new Uint32Array(known + 1)
  tokens.forEach((token, i) => {
    idOf[token + 1] = i + 1
  })
  return { tokens, idOf }
}

/** Chooses tokens that get ids of their own by some rows of counted sequences; other rows are not looked at. */
export function fitVocabulary(
  { minDocuments, vocabulary }: FeatureSettings,
  sequences: Sequences,
  rows: Uint32Array,
  y: Uint32Array,
  rowsPerClass: Uint32Array,
): SequenceVocabulary {
  const known = sequences.vocabulary - 1
  const classes = rowsPerClass.length
  const documents = new Uint32Array(known * classes)
  const frequency = new Uint32Array(known)
  const lastRow = new Int32Array(known).fill(-1)
  for (const row of rows) {
    for (let i = sequences.starts[row]; i < sequences.starts[row + 1]; i++) {
      const token = sequences.tokens[i] - 1
      if (token < 0 || lastRow[token] === row) continue
      lastRow[token] = row
      frequency[token]++
      documents[token * classes + y[row]]++
    }
  }
  const all = Uint32Array.from(frequency.keys())
  const frequent = all.filter((token) => frequency[token] >= Math.max(1, minDocuments))
  if (vocabulary === 0) return sequenceVocabulary(frequent, known)
  const gains = informationGain(documents, rowsPerClass)
  const best = bestByScore(
    frequent,
    Float64Array.from(frequent, (token) => gains[token]),
    vocabulary - 1,
  )
  return sequenceVocabulary(best, known)
}

/** Some rows of counted sequences, in the ids of a vocabulary. */
export function encodeSequences(
  { tokens, idOf }: SequenceVocabulary,
  sequences: Sequences,
  rows: ArrayLike<number>,
): Sequences {
  const starts = new Uint32Array(rows.length + 1)
  for (let r = 0; r < rows.length; r++) {
    starts[r + 1] = starts[r] + sequences.starts[rows[r] + 1] - sequences.starts[rows[r]]
  }
  const ids = new Uint32Array(starts[rows.length])
  for (let r = 0; r < rows.length; r++) {
    const from = sequences.starts[rows[r]]
    for (let i = starts[r]; i < starts[r + 1]; i++) ids[i] = idOf[sequences.tokens[from + i - starts[r]]]
  }
  return { vocabulary: tokens.length + 1, starts, tokens: ids }
}

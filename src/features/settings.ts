import type { Kind } from '../samples/index.ts'

/** Longest n-gram: the studies of n-opcodes end at 10, and the counting engine sorts by as many tokens. */
export const MAX_N = 10

/**
 * How traces become columns; what a recipe's `[features]` table holds. A setting works where the kind of the traces
 * allows it: n-grams, `collapse` and `limit` on sequences, `pairs` on sets, the weights on sequences and counts.
 */
export interface FeatureSettings {
  /** Least knowing kind to reduce every trace to first; `sequence` reduces nothing. */
  readonly kind: Kind
  /** Shortest and longest n-gram of a sequence, 1 … 10; counts and sets have single tokens only. */
  readonly ngrams: readonly [number, number]
  /** Value of a column before scaling: 1, the count c, ln(1 + c), or c by the sum of the row's counts, 0 … 1. */
  readonly weight: 'presence' | 'count' | 'log-count' | 'share'
  /**
   * Scale of each column, learned from the training rows: none; ln((1 + rows) / (1 + rows with it)) + 1; 1 / largest
   * value; or 1 / √(p(1 - p)) with p = (rows with it + 1) / (rows + 2), for columns of presences only: counts stay.
   */
  readonly scale: 'none' | 'idf' | 'max-abs' | 'rarity'
  /** Whether each row is then divided by its Euclidean length. */
  readonly normalise: boolean
  /** Keep this many columns, the best by information gain; 0 keeps all. */
  readonly select: number
  /** Leave out columns that stand in fewer training rows than this. */
  readonly minDocuments: number
  /** Cut runs of one token longer than this to this; 0 keeps them. */
  readonly collapse: number
  /** Read only the first tokens of a sequence, counted after collapsing; 0 reads all. */
  readonly limit: number
  /** Tokens (in canonical form) that are left out before anything else. */
  readonly drop: readonly string[]
  /**
   * What becomes of tokens that the training rows lack: they stay where they are, though no column holds them, or they
   * are left out before n-grams are made, as a set was made whose source knew fewer names than a disassembler gives. A
   * cross-validation counts its corpus once for all folds: there, names that only rows tested on have are kept.
   */
  readonly unknown: 'keep' | 'drop'
  /** How an opcode with a prefix is seen, such as `rep.movsd`: as it is, as `movsd`, or as `rep`. */
  readonly prefixes: 'keep' | 'drop' | 'only'
  /** Add conjunctions of two tokens that stand together in 5 training sets or more: at most this many, the best by information gain. */
  readonly pairs: number
  /**
   * Give models the order itself as well: the first tokens of a sequence, at most so many, counted after collapsing and
   * whatever `limit` says, which is of n-grams alone; 0 gives none.
   */
  readonly steps: number
  /**
   * Most distinct ids of such an order, the one that all other tokens share included: the best tokens by information gain
   * of their presence; 0 keeps every token of `minDocuments` training rows.
   */
  readonly vocabulary: number
  /**
   * Which calls of a sequence are read: those of all processes, merged as the source has them, or only those of the
   * process with the most calls. A source that names no processes has one.
   */
  readonly process: 'merged' | 'main'
}

/** The settings that a recipe which says nothing has. */
export const DEFAULT_FEATURES: FeatureSettings = {
  kind: 'sequence',
  ngrams: [1, 1],
  weight: 'presence',
  scale: 'none',
  normalise: false,
  select: 0,
  minDocuments: 1,
  collapse: 0,
  limit: 0,
  drop: [],
  unknown: 'keep',
  prefixes: 'keep',
  pairs: 0,
  steps: 0,
  vocabulary: 0,
  process: 'merged',
}

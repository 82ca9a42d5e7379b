/** When a model may speak, as a recipe states it. */
export interface AbstainSettings {
  /** Fewest distinct tokens to judge by. */
  readonly minTokens: number
  /** Least share of a trace's distinct tokens that the training rows had, 0 … 1. */
  readonly minKnown: number
  /** Share of the malicious groups that may fall among the benign, 0 … 1; of a model that names, of the groups that may stay unnamed. */
  readonly misses: number
  /** Share of the benign groups that may fall among the malicious, 0 … 1. */
  readonly falseAlarms: number
  /** Of a model that names: share of the names that may be wrong, 0 … 1; where absent, a name needs more than one half. */
  readonly errors?: number
}

/** When a model says nothing, and from where on it speaks, as its card states it. */
export interface Abstention {
  readonly minTokens: number
  readonly minKnown: number
  /** Benign below this probability of being malicious, malicious above `maliciousAbove`, unknown between. */
  readonly benignBelow: number
  readonly maliciousAbove: number
  /** Of a model that names: least decision value of the best class; what lies below is like none of the classes. */
  readonly minDecision?: number
  /** Of a model that names: least probability of the best class, 0 … 1, or NEVER_SURE; where absent, more than `maliciousAbove`. */
  readonly minProbability?: number
}

/** The least probability of a model that never names: no threshold kept the wanted share of wrong names. */
export const NEVER_SURE = 2

/** For models whose recipe does not say: speak wherever half the tokens are known. */
export const OUTSPOKEN: Abstention = { minTokens: 1, minKnown: 0.5, benignBelow: 0.5, maliciousAbove: 0.5 }

/**
 * The widest thresholds that keep both error rates on rows the model had not seen. Each group counts once, by its first
 * row, so that a sample met often does not set the threshold. They never cross one half.
 * @param probabilities of being malicious, for each row, 0 … 1
 * @param malicious 1 or 0 for each row
 */
export function chooseThresholds(
  probabilities: ArrayLike<number>,
  malicious: ArrayLike<number>,
  groups: readonly string[],
  { misses, falseAlarms }: Pick<AbstainSettings, 'misses' | 'falseAlarms'>,
): Pick<Abstention, 'benignBelow' | 'maliciousAbove'> {
  const seen = new Set<string>()
  const ofClass: [number[], number[]] = [[], []]
  groups.forEach((group, row) => {
    if (seen.has(group)) return
    seen.add(group)
    ofClass[malicious[row] === 1 ? 1 : 0].push(probabilities[row])
  })
  const bad = ofClass[1].sort((a, b) => a - b)
  const good = ofClass[0].sort((a, b) => b - a)
  // At most `misses` of the malicious lie below the one at that index; the benign mirror it.
  const lowest = bad[Math.floor(misses * bad.length)] ?? 0
  const highest = good[Math.floor(falseAlarms * good.length)] ?? 1
  return { benignBelow: Math.min(0.5, lowest), maliciousAbove: Math.max(0.5, highest) }
}

/** Answers to rows that a model had not seen, by the most probable class. */
export interface TriedNames {
  /** Calibrated probability of each row's most probable class. */
  readonly probabilities: ArrayLike<number>
  /** Whether that class is the true one. */
  readonly isRight: readonly boolean[]
  readonly groups: readonly string[]
}

/**
 * The least probability of the best class at which the most groups are named with at most this share of wrong names among
 * them; NEVER_SURE where none does. Each group counts once, by its first row. El-Yaniv & Wiener, "On the Foundations of
 * Noise-free Selective Classification", 2010.
 */
export function chooseMinProbability({ probabilities, isRight, groups }: TriedNames, errors: number): number {
  const seen = new Set<string>()
  const rows = [...groups.keys()].filter((row) => {
    const isFirst = !seen.has(groups[row])
    seen.add(groups[row])
    return isFirst
  })
  rows.sort((a, b) => probabilities[b] - probabilities[a])
  let chosen = NEVER_SURE
  let wrong = 0
  rows.forEach((row, i) => {
    if (!isRight[row]) wrong += 1
    const isLast = i + 1 === rows.length || probabilities[rows[i + 1]] < probabilities[row]
    if (isLast && wrong <= errors * (i + 1)) chosen = probabilities[row]
  })
  return chosen
}

/**
 * The largest bound on the best class's decision value that leaves at most `misses` of the groups unnamed, on rows the model
 * had not seen. A one-against-the-rest decision is a signed distance from what separates a class from all others, so
 * that a sample of no class tends to lie below 0 for all of them. Each group counts once, by its first row.
 * @param decisions [rows, classes]
 */
export function chooseMinDecision(
  decisions: Float64Array,
  classes: number,
  groups: readonly string[],
  misses: number,
): number {
  const seen = new Set<string>()
  const best: number[] = []
  groups.forEach((group, row) => {
    if (seen.has(group)) return
    seen.add(group)
    best.push(Math.max(...decisions.subarray(row * classes, (row + 1) * classes)))
  })
  best.sort((a, b) => a - b)
  return best[Math.min(best.length - 1, Math.floor(misses * best.length))]
}

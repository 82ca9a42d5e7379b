import { UsageError } from '../core/index.ts'

/** What a two-class model's answers are worth where another share of the samples is malicious than in the corpus. */
export interface Restated {
  /** The user's share of malware, 0 … 1. */
  readonly share: number
  /** Chance that a sample called malicious is so; null where none is called malicious. */
  readonly precision: number | null
  /** Chance that a sample called benign is so; null where none is called benign. */
  readonly benignPrecision: number | null
  /** Share of all samples answered rightly. */
  readonly accuracy: number
}

/**
 * Restates precision for another share of malware by Bayes' rule. The two rates are properties of the model and do not
 * move with the share; precision does.
 * @param truePositiveRate share of malware called malicious
 * @param falsePositiveRate share of benign samples called malicious
 * @throws UsageError unless 0 < share < 1
 */
export function restate(share: number, truePositiveRate: number, falsePositiveRate: number): Restated {
  if (!(share > 0 && share < 1)) throw new UsageError(`prior: must lie between 0 and 1, got ${share}`)
  const caught = share * truePositiveRate
  const missed = share - caught
  const alarms = (1 - share) * falsePositiveRate
  const passed = 1 - share - alarms
  return {
    share,
    precision: caught + alarms > 0 ? caught / (caught + alarms) : null,
    benignPrecision: passed + missed > 0 ? passed / (passed + missed) : null,
    accuracy: caught + passed,
  }
}

/**
 * The probability of malware restated for another share: the odds are multiplied by the ratio of the two shares' odds
 * (Saerens, Latinne & Decaestecker, "Adjusting the outputs of a classifier to new a priori probabilities", 2002).
 * @param probability as the model gives it, 0 … 1
 * @param trained share of malware among the rows it was trained on, 0 … 1 exclusive
 */
export function restateProbability(probability: number, trained: number, share: number): number {
  const malicious = (probability * share) / trained
  const benign = ((1 - probability) * (1 - share)) / (1 - trained)
  return malicious / (malicious + benign)
}

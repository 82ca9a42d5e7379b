import { predictedClasses } from './fold-job.ts'
import type { Run, ScoredRows } from './scored-rows.ts'

/** Shares of wrong answers for which the coverage is stated. */
const ERROR_RATES: readonly number[] = [0.1, 0.05, 0.01]

/** Shares of the rows, the surest, for which the accuracy is stated. */
const COVERAGES: readonly number[] = [0.5, 0.8, 0.9]

/**
 * What answers are worth where the least sure are not given: rows are answered from the surest on, sure being the calibrated
 * probability of the most probable class (El-Yaniv & Wiener, "On the Foundations of Noise-free Selective Classification",
 * 2010; Geifman & El-Yaniv, "Selective Classification for Deep Neural Networks", 2017). Rows with one probability are
 * answered together, as a threshold would have it.
 */
export interface SelectiveFigures {
  /** The largest share of the rows that can be answered with no more errors than that; 0 where no threshold does. */
  readonly atError: readonly { readonly errorRate: number; readonly coverage: number }[]
  /** Accuracy on the surest rows, at least this share of all; null where there are no rows. */
  readonly atCoverage: readonly { readonly coverage: number; readonly accuracy: number | null }[]
  /** Area under the curve of risk over coverage: the mean share of errors among the k surest rows over all k. 0 is best. */
  readonly riskArea: number
}

/** The figures of the surest answers; with several seeds each is the mean over them. */
export function selectiveFigures(scored: ScoredRows): SelectiveFigures {
  const curves = scored.runs.map((run) => riskCurve(scored, run))
  const mean = (of: (curve: RiskCurve) => number) =>
    curves.reduce((sum, curve) => sum + of(curve), 0) / curves.length
  return {
    atError: ERROR_RATES.map((errorRate) => ({
      errorRate,
      coverage: mean((curve) => coverageAt(curve, errorRate)),
    })),
    atCoverage: COVERAGES.map((coverage) => ({
      coverage,
      accuracy: scored.y.length === 0 ? null : mean((curve) => accuracyAt(curve, coverage)),
    })),
    riskArea: mean(riskArea),
  }
}

/** What each threshold would answer, the highest first: rows answered, and how many of the answers are wrong. */
interface RiskCurve {
  readonly rows: number
  readonly steps: readonly { readonly answered: number; readonly errors: number }[]
}

function riskCurve({ y, classes }: ScoredRows, { probabilities }: Run): RiskCurve {
  const best = predictedClasses(probabilities, classes.length)
  const sure = Float64Array.from(best, (c, row) => probabilities[row * classes.length + c])
  const order = Uint32Array.from(y.keys()).sort((a, b) => sure[b] - sure[a])
  const steps: { answered: number; errors: number }[] = []
  let errors = 0
  order.forEach((row, i) => {
    if (best[row] !== y[row]) errors += 1
    const isLast = i + 1 === order.length || sure[order[i + 1]] !== sure[row]
    if (isLast) steps.push({ answered: i + 1, errors })
  })
  return { rows: y.length, steps }
}

function coverageAt({ rows, steps }: RiskCurve, errorRate: number): number {
  const kept = steps.filter(({ answered, errors }) => errors <= errorRate * answered)
  return (kept.at(-1)?.answered ?? 0) / Math.max(1, rows)
}

function accuracyAt({ rows, steps }: RiskCurve, coverage: number): number {
  const { answered, errors } = steps.find((step) => step.answered >= coverage * rows) ?? {
    answered: 1,
    errors: 0,
  }
  return 1 - errors / answered
}

/** Inside a step its errors are spread evenly: which of its rows comes first is nobody's choice. */
function riskArea({ rows, steps }: RiskCurve): number {
  let sum = 0
  let [answered, errors] = [0, 0]
  for (const step of steps) {
    const rate = (step.errors - errors) / (step.answered - answered)
    for (let k = 1; answered + k <= step.answered; k++) sum += (errors + rate * k) / (answered + k)
    answered = step.answered
    errors = step.errors
  }
  return sum / Math.max(1, rows)
}

import { log } from '../../core/index.ts'

/** A hidden Markov model over symbols; every probability is at least 1e-100 and each distribution adds up to 1. */
export interface Hmm {
  readonly states: number
  readonly symbols: number
  /** P(first state), [states]. */
  readonly start: Float64Array
  /** P(next state | state), [states, next states]. */
  readonly transitions: Float64Array
  /** P(symbol | state), [symbols, states]. */
  readonly emissions: Float64Array
}

/** Sequences of symbols, one behind the other: row r has those from starts[r] to starts[r + 1]. */
export interface SymbolRows {
  readonly starts: Uint32Array
  readonly tokens: Uint32Array
}

/** What a model expects of its hidden states, summed over rows. */
export interface Expectations {
  /** Rows that begin in each state, [states]. */
  readonly start: Float64Array
  /** Steps from one state to another, [states, next states]. */
  readonly transitions: Float64Array
  /** Tokens of each symbol in each state, [symbols, states]. */
  readonly emissions: Float64Array
  /** ln P(row) of each row, [rows]. */
  readonly logLikelihoods: Float64Array
}

/** The passes over rows that learning and scoring are made of. */
export interface HmmKernel {
  /** The E step of Baum and Welch. */
  expect(hmm: Hmm, rows: SymbolRows): Expectations
  /** ln P(row) of each row, 0 of one without tokens: [rows]. */
  logLikelihoods(hmm: Hmm, rows: SymbolRows): Float64Array
}

/** A product of probabilities: mantissa · 2^(-SHIFT · shifts). */
export interface Likelihood {
  readonly mantissa: number
  readonly shifts: number
}

/** By how many powers of two a product is raised when it has become small. */
export const SHIFT = 256

const SMALL = 2 ** -SHIFT
const RAISE = 2 ** SHIFT

/** The natural logarithm of a product. */
export function logOf({ mantissa, shifts }: Likelihood): number {
  return log(mantissa) - shifts * SHIFT * Math.LN2
}

/**
 * The scaled forward-backward procedure: Rabiner, "A Tutorial on Hidden Markov Models and Selected Applications in Speech
 * Recognition", 1989, §III and §V.A. Written to be read; the wasm kernel does the same operations in the same order, so
 * that both give the same bytes.
 */
export const reference: HmmKernel = {
  expect(hmm, { starts, tokens }) {
    const { states, symbols } = hmm
    const rows = starts.length - 1
    const start = new Float64Array(states)
    const steps = new Float64Array(states * states)
    const emissions = new Float64Array(symbols * states)
    const logLikelihoods = new Float64Array(rows)
    for (let row = 0; row < rows; row++) {
      const own = tokens.subarray(starts[row], starts[row + 1])
      const { alpha, scales, likelihood } = forward(hmm, own)
      logLikelihoods[row] = logOf(likelihood)
      backward(hmm, own, alpha, scales, { start, steps, emissions })
    }
    // Each step's share has the transition's probability as a factor, which is the same at all times.
    const transitions = steps.map((sum, i) => sum * hmm.transitions[i])
    return { start, transitions, emissions, logLikelihoods }
  },
  logLikelihoods(hmm, { starts, tokens }) {
    return Float64Array.from({ length: starts.length - 1 }, (_, row) =>
      logOf(forward(hmm, tokens.subarray(starts[row], starts[row + 1])).likelihood),
    )
  },
}

/** P(state | tokens so far) at each time, [times, states], and 1 / P(token | tokens before) of each. */
export function forward({ states, start, transitions, emissions }: Hmm, tokens: Uint32Array) {
  const alpha = new Float64Array(tokens.length * states)
  const scales = new Float64Array(tokens.length)
  let [mantissa, shifts] = [1, 0]
  tokens.forEach((token, t) => {
    const now = alpha.subarray(t * states, (t + 1) * states)
    const before = t === 0 ? null : alpha.subarray((t - 1) * states, t * states)
    let sum = 0
    for (let j = 0; j < states; j++) {
      let arriving = before ? 0 : start[j]
      if (before) for (let i = 0; i < states; i++) arriving += before[i] * transitions[i * states + j]
      now[j] = arriving * emissions[token * states + j]
      sum += now[j]
    }
    scales[t] = 1 / sum
    for (let j = 0; j < states; j++) now[j] *= scales[t]
    mantissa *= sum
    if (mantissa < SMALL) {
      mantissa *= RAISE
      shifts++
    }
  })
  return { alpha, scales, likelihood: { mantissa, shifts } }
}

/** Adds what is expected of one row. */
function backward(
  { states, transitions, emissions }: Hmm,
  tokens: Uint32Array,
  alpha: Float64Array,
  scales: Float64Array,
  sums: { start: Float64Array; steps: Float64Array; emissions: Float64Array },
): void {
  const beta = new Float64Array(states).fill(1)
  const ahead = new Float64Array(states)
  for (let t = tokens.length - 1; t >= 0; t--) {
    const now = alpha.subarray(t * states, (t + 1) * states)
    if (t + 1 < tokens.length) {
      for (let j = 0; j < states; j++) {
        ahead[j] = emissions[tokens[t + 1] * states + j] * beta[j] * scales[t + 1]
      }
      for (let i = 0; i < states; i++) {
        let sum = 0
        for (let j = 0; j < states; j++) {
          sums.steps[i * states + j] += now[i] * ahead[j]
          sum += transitions[i * states + j] * ahead[j]
        }
        beta[i] = sum
      }
    }
    for (let i = 0; i < states; i++) {
      const inState = now[i] * beta[i]
      sums.emissions[tokens[t] * states + i] += inState
      if (t === 0) sums.start[i] += inState
    }
  }
}

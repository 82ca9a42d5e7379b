import { bytesOf, contentHash, log, type Random, shuffle } from '../core/index.ts'
import type { Sequences } from '../features/index.ts'
import type { Expectations, Hmm, HmmKernel, SymbolRows } from '../kernels/hmm/reference.ts'

/** One in so many sequences is kept apart to compare starts on. */
const HELD_OUT = 5

/** Iterations after which starts are compared: by then the better ones lead. */
const TRIAL_ITERATIONS = 5

/** How long to look for a model. */
export interface HmmSearch {
  readonly states: number
  /** Random starts, 1 or more. */
  readonly restarts: number
  /** Iterations of the best start over all sequences. */
  readonly iterations: number
}

/**
 * Baum-Welch from several random starts. Each is improved a little on most of the sequences, the one under which the others
 * are likeliest goes on over all of them. Starts are exponential draws, for from nearly equal states all stay the same
 * (Rabiner, "A Tutorial on Hidden Markov Models", 1989, §V.C).
 * @param rows no two alike, so that none is learned from and compared on
 * @param background how often each symbol stands anywhere, which the emissions of a state with little of its own fall back to
 */
export function learnHmm(
  kernel: HmmKernel,
  rows: SymbolRows,
  background: Float64Array,
  { states, restarts, iterations }: HmmSearch,
  random: Random,
): Hmm {
  const order = shuffle(
    Uint32Array.from({ length: rows.starts.length - 1 }, (_, row) => row),
    random,
  )
  const heldOut = Math.floor(order.length / HELD_OUT)
  const judged = pickRows(rows, heldOut > 0 ? order.subarray(0, heldOut) : order)
  const tried = pickRows(rows, order.subarray(heldOut))
  const starts = Array.from({ length: restarts }, () => {
    const start = randomHmm(states, background, random)
    if (restarts === 1) return { hmm: start, likelihood: 0 }
    const hmm = improveHmm(kernel, start, tried, background, TRIAL_ITERATIONS)
    return { hmm, likelihood: kernel.logLikelihoods(hmm, judged).reduce((sum, each) => sum + each, 0) }
  })
  const best = starts.reduce((a, b) => (b.likelihood > a.likelihood ? b : a))
  return improveHmm(kernel, best.hmm, rows, background, iterations)
}

/** The model after some iterations: each raises P(rows) times the prior of `maximise`, or leaves it. */
export function improveHmm(
  kernel: HmmKernel,
  from: Hmm,
  rows: SymbolRows,
  background: Float64Array,
  iterations: number,
): Hmm {
  let hmm = from
  for (let i = 0; i < iterations; i++) hmm = maximise(kernel.expect(hmm, rows), background)
  return hmm
}

/** A model by chance: every distribution is uniform over all there are. */
export function randomHmm(states: number, background: Float64Array, random: Random): Hmm {
  const draws = (length: number) => Float64Array.from({ length }, () => -log(1 - random.unit()))
  return maximise(
    {
      start: draws(states),
      transitions: draws(states * states),
      emissions: draws(background.length * states),
    },
    background,
  )
}

/**
 * The M step with Dirichlet priors: to the expected counts of each distribution one is added, spread evenly over states and
 * over symbols as the background has it. So nothing has probability 0, and a class without rows is the background.
 */
function maximise(
  { start, transitions, emissions }: Omit<Expectations, 'logLikelihoods'>,
  background: Float64Array,
): Hmm {
  const states = start.length
  const symbols = background.length
  const begun = start.reduce((sum, n) => sum + n, 1)
  const left = new Float64Array(states).fill(1)
  for (let i = 0; i < transitions.length; i++) left[Math.floor(i / states)] += transitions[i]
  const emitted = new Float64Array(states).fill(1)
  for (let i = 0; i < emissions.length; i++) emitted[i % states] += emissions[i]
  return {
    states,
    symbols,
    start: start.map((n) => (n + 1 / states) / begun),
    transitions: transitions.map((n, i) => (n + 1 / states) / left[Math.floor(i / states)]),
    emissions: emissions.map((n, i) => (n + background[Math.floor(i / states)]) / emitted[i % states]),
  }
}

/** How often each symbol stands, as shares, none of them 0: [vocabulary]. */
export function symbolShares({ vocabulary, tokens }: Sequences): Float64Array {
  const counts = new Float64Array(vocabulary).fill(1)
  for (const token of tokens) counts[token]++
  return counts.map((n) => n / (tokens.length + vocabulary))
}

/** Rows of one class, in their order: the first of each content, and none that is empty. */
export function distinctRows({ starts, tokens }: Sequences, y: Uint32Array, own: number): SymbolRows {
  const known = new Set<string>()
  const rows = Uint32Array.from(y.keys()).filter((row) => {
    if (y[row] !== own || starts[row] === starts[row + 1]) return false
    const content = contentHash(bytesOf(tokens.slice(starts[row], starts[row + 1])))
    if (known.has(content)) return false
    known.add(content)
    return true
  })
  return pickRows({ starts, tokens }, rows)
}

/** Some rows, in the order given. */
function pickRows({ starts, tokens }: SymbolRows, rows: Uint32Array): SymbolRows {
  const picked = new Uint32Array(rows.length + 1)
  rows.forEach((row, i) => {
    picked[i + 1] = picked[i] + starts[row + 1] - starts[row]
  })
  const own = new Uint32Array(picked[rows.length])
  rows.forEach((row, i) => {
    own.set(tokens.subarray(starts[row], starts[row + 1]), picked[i])
  })
  return { starts: picked, tokens: own }
}

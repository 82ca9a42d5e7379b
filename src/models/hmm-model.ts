import { log, logSumExp, UsageError } from '../core/index.ts'
import type { Sequences, SparseMatrix } from '../features/index.ts'
import { hmmKernel } from '../kernels/hmm/hmm.ts'
import { forward, type Hmm, type HmmKernel } from '../kernels/hmm/reference.ts'
import type { Model, Tensor } from './classifier.ts'
import { bestOther } from './linear-model.ts'

/** What was learned of each class. */
export interface HmmLearned {
  /** A model of the rows of each class; all have the same states and symbols. */
  readonly hmms: readonly Hmm[]
  /** ln P(class), [classes]. */
  readonly priors: Float64Array
}

/** Most hidden states of a model. */
export const MAX_STATES = 64

/** Least probability that a file may state: any row that fits in memory then has one that is not 0. */
const LEAST = 1e-100

/**
 * The model of one hidden Markov model a class. Decisions are log posteriors, but for a scale that makes rows of all
 * lengths as sure: ln P(class) + ln P(row | class) is divided by the square root of the row's length. Tokens depend on one
 * another more than any state tells, so the sum over them grows faster than what is known.
 */
export function hmmModel(name: string, { hmms, priors }: HmmLearned): Model {
  const classes = hmms.length
  let kernel: HmmKernel | null = null
  const decide = (x: SparseMatrix) => {
    const sequences = sequencesOf(x)
    kernel ??= hmmKernel()
    const decisions = new Float64Array(x.rows * classes)
    for (const [k, hmm] of hmms.entries()) {
      const likelihoods = kernel.logLikelihoods(hmm, sequences)
      for (let row = 0; row < x.rows; row++) {
        decisions[row * classes + k] = (priors[k] + likelihoods[row]) * scaleOf(sequences, row)
      }
    }
    for (let from = 0; from < decisions.length; from += classes) {
      const own = decisions.subarray(from, from + classes)
      const all = logSumExp(own)
      for (let k = 0; k < classes; k++) own[k] -= all
    }
    return decisions
  }
  const stepsOf = (x: SparseMatrix, row: number, target: number, rival: number) => {
    const { starts, tokens } = sequencesOf(x)
    const own = tokens.subarray(starts[row], starts[row + 1])
    if (rival < 0) return new Float64Array(own.length)
    // A scale is 1 / P(token | tokens before it).
    const [ours, theirs] = [target, rival].map((k) => forward(hmms[k], own).scales)
    const scale = scaleOf(sequencesOf(x), row)
    return ours.map((each, t) => log(theirs[t] / each) * scale)
  }
  return {
    name,
    classes,
    tensors: tensorsOf(hmms, priors),
    decide,
    contributions(x, row, target) {
      const decisions = decide(oneRow(x, row))
      const rival = bestOther(decisions, target)
      const lead = decisions[target] - (rival < 0 ? 0 : decisions[rival])
      const base = stepsOf(x, row, target, rival).reduce((rest, share) => rest - share, lead)
      return { columns: new Uint32Array(0), shares: new Float64Array(0), base, rival }
    },
    steps: (x, row, target) => stepsOf(x, row, target, bestOther(decide(oneRow(x, row)), target)),
  }
}

/** The order of tokens. @throws UsageError where rows have none */
export function sequencesOf({ sequences }: SparseMatrix): Sequences {
  if (sequences) return sequences
  throw new UsageError('hmm: it learns from the order of tokens, and its rows have none')
}

function scaleOf({ starts }: Sequences, row: number): number {
  return 1 / Math.sqrt(Math.max(1, starts[row + 1] - starts[row]))
}

function oneRow(x: SparseMatrix, row: number): SparseMatrix {
  const { vocabulary, starts, tokens } = sequencesOf(x)
  const own = tokens.subarray(starts[row], starts[row + 1])
  return { ...x, rows: 1, sequences: { vocabulary, starts: Uint32Array.of(0, own.length), tokens: own } }
}

function tensorsOf(hmms: readonly Hmm[], priors: Float64Array): Record<string, Tensor> {
  const [{ states, symbols }] = hmms
  const shapes = shapesOf(hmms.length, states, symbols)
  const together = (name: keyof typeof shapes) => {
    const all = hmms.map((hmm) => hmm[name])
    const data = new Float64Array(all.length * all[0].length)
    for (const [k, own] of all.entries()) data.set(own, k * own.length)
    return { shape: shapes[name], data }
  }
  return {
    priors: { shape: [priors.length], data: priors },
    start: together('start'),
    transitions: together('transitions'),
    emissions: together('emissions'),
  }
}

function shapesOf(classes: number, states: number, symbols: number) {
  return {
    start: [classes, states],
    transitions: [classes, states, states],
    emissions: [classes, symbols, states],
  } as const
}

/** What the tensors of such a model hold; null when their names, types, shapes or contents are not as `hmmModel` writes them. */
export function loadHmms(
  tensors: Readonly<Record<string, Tensor>>,
  classes: number,
  symbols: number,
): HmmLearned | null {
  if (Object.keys(tensors).sort().join() !== 'emissions,priors,start,transitions') return null
  const states = tensors.start.shape[1]
  if (!(states >= 1 && states <= MAX_STATES) || symbols < 1) return null
  const shapes = shapesOf(classes, states, symbols)
  const read = (name: string, shape: readonly number[]) => {
    const { data, shape: stated } = tensors[name]
    return data instanceof Float64Array && stated.join() === shape.join() ? data : null
  }
  const priors = read('priors', [classes])
  const start = read('start', shapes.start)
  const transitions = read('transitions', shapes.transitions)
  const emissions = read('emissions', shapes.emissions)
  if (!priors || !start || !transitions || !emissions || priors.some((each) => each > 0)) return null
  const own = (data: Float64Array, k: number) =>
    data.subarray((k * data.length) / classes, ((k + 1) * data.length) / classes)
  const hmms = Array.from({ length: classes }, (_, k) => {
    const parts = { start: own(start, k), transitions: own(transitions, k), emissions: own(emissions, k) }
    return { states, symbols, ...parts }
  })
  return hmms.every(addsUp) ? { hmms, priors } : null
}

/** Whether all its distributions are such: a product of what is not could leave the numbers that there are. */
function addsUp({ states, start, transitions, emissions }: Hmm): boolean {
  const sums = [
    sumsBy(start, 1, () => 0),
    sumsBy(transitions, states, (i) => Math.floor(i / states)),
    sumsBy(emissions, states, (i) => i % states),
  ]
  const areProbable = [start, transitions, emissions].every((each) => each.every((p) => p >= LEAST))
  return areProbable && sums.every((each) => each.every((sum) => Math.abs(sum - 1) < 1e-9))
}

function sumsBy(data: Float64Array, groups: number, groupOf: (i: number) => number): Float64Array {
  const sums = new Float64Array(groups)
  data.forEach((value, i) => {
    sums[groupOf(i)] += value
  })
  return sums
}

import { describe, expect, it } from 'vitest'
import { seededRandom, UsageError } from '../core/index.ts'
import type { Sequences, SparseMatrix } from '../features/index.ts'
import { hmmKernel } from '../kernels/hmm/hmm.ts'
import type { Hmm, SymbolRows } from '../kernels/hmm/reference.ts'
import { classifierOf, ownDefaults } from './classifier-kind.ts'
import { hmm } from './hmm.ts'
import { distinctRows, improveHmm, learnHmm, randomHmm, symbolShares } from './hmm-learning.ts'

const settings = { value: 2, tolerance: 0.01, balanced: false, seed: 1, own: ownDefaults(hmm) }

function matrixOf(rows: readonly (readonly number[])[], vocabulary: number): SparseMatrix {
  const starts = new Uint32Array(rows.length + 1)
  rows.forEach((row, i) => {
    starts[i + 1] = starts[i] + row.length
  })
  const sequences: Sequences = { vocabulary, starts, tokens: Uint32Array.from(rows.flat()) }
  const columns = { columns: 0, starts: new Uint32Array(rows.length + 1), indices: new Uint32Array(0) }
  return { rows: rows.length, ...columns, values: null, sequences }
}

/** Rows that a hidden chain of two states emits: it stays where it is four times of five, and each state has its symbols. */
function chainRows(count: number, seed: number): number[][] {
  const random = seededRandom(seed)
  return Array.from({ length: count }, () => {
    let state = random.below(2)
    return Array.from({ length: 30 }, () => {
      if (random.below(5) === 0) state = 1 - state
      return random.below(10) === 0 ? random.below(4) : 2 * state + random.below(2)
    })
  })
}

/** ln P(rows) and ln of the Dirichlet densities that `maximise` adds one count for, but for their constants. */
function objective(found: Hmm, rows: SymbolRows, background: Float64Array): number {
  const { states, start, transitions, emissions } = found
  const likelihood = hmmKernel()
    .logLikelihoods(found, rows)
    .reduce((sum, each) => sum + each, 0)
  let prior = 0
  for (const p of [...start, ...transitions]) prior += Math.log(p) / states
  emissions.forEach((p, i) => {
    prior += background[Math.floor(i / states)] * Math.log(p)
  })
  return likelihood + prior
}

describe('learning a hidden Markov model', () => {
  const { sequences } = matrixOf(chainRows(40, 1), 4)
  const background = symbolShares(sequences!)

  it('never makes the rows less likely, by what its priors think of the model as well', () => {
    for (const states of [1, 2, 5]) {
      let found = randomHmm(states, background, seededRandom(states))
      let last = Number.NEGATIVE_INFINITY
      for (let i = 0; i < 60; i++) {
        const now = objective(found, sequences!, background)
        expect(now).toBeGreaterThanOrEqual(last - 1e-9 * Math.abs(last))
        last = now
        found = improveHmm(hmmKernel(), found, sequences!, background, 1)
      }
    }
  })

  it('finds the hidden states that there are', () => {
    const search = { states: 2, restarts: 10, iterations: 60 }
    const found = learnHmm(hmmKernel(), sequences!, background, search, seededRandom(1))
    // The states may have changed places.
    const first = found.emissions[0] > found.emissions[1] ? 0 : 1
    const emitted = (symbol: number, state: number) => found.emissions[symbol * 2 + state]
    for (const state of [0, 1]) {
      expect(emitted(0, state) + emitted(1, state)).toBeCloseTo(state === first ? 0.95 : 0.05, 1)
      expect(found.transitions[state * 2 + state]).toBeCloseTo(0.8, 1)
    }
  })

  it('of one state counts symbols', () => {
    const { starts, tokens } = sequences!
    const search = { states: 1, restarts: 1, iterations: 1 }
    const { emissions } = learnHmm(hmmKernel(), { starts, tokens }, background, search, seededRandom(1))
    const counts = Float64Array.from(
      [0, 1, 2, 3],
      (symbol) => tokens.filter((token) => token === symbol).length,
    )
    counts.forEach((n, symbol) => {
      expect(emissions[symbol]).toBeCloseTo((n + background[symbol]) / (tokens.length + 1), 12)
    })
  })

  it('takes the start under which held-out rows are likeliest', () => {
    const mean = (restarts: number) => {
      const likelihoods = Array.from({ length: 12 }, (_, seed) => {
        const search = { states: 4, restarts, iterations: 2 }
        const found = learnHmm(hmmKernel(), sequences!, background, search, seededRandom(seed))
        const unseen = matrixOf(chainRows(40, 99), 4).sequences!
        return hmmKernel()
          .logLikelihoods(found, unseen)
          .reduce((sum, each) => sum + each, 0)
      })
      return likelihoods.reduce((sum, each) => sum + each, 0) / likelihoods.length
    }
    expect(mean(8)).toBeGreaterThan(mean(2))
  })

  it('gives what no row has a chance all the same', () => {
    const search = { states: 3, restarts: 2, iterations: 30 }
    const few = { starts: Uint32Array.of(0, 3), tokens: Uint32Array.of(0, 0, 1) }
    for (const rows of [few, { starts: Uint32Array.of(0), tokens: new Uint32Array(0) }]) {
      const found = learnHmm(hmmKernel(), rows, background, search, seededRandom(1))
      for (const part of [found.start, found.transitions, found.emissions])
        expect(part.every((p) => p > 1e-6)).toBe(true)
    }
  })
})

describe('distinctRows', () => {
  it('has each content of a class once, and nothing that is empty', () => {
    const { sequences } = matrixOf([[1, 2], [1], [1, 2], [], [2, 1], [1]], 3)
    const { starts, tokens } = distinctRows(sequences!, Uint32Array.of(0, 0, 0, 0, 0, 1), 0)
    expect([[...starts], [...tokens]]).toEqual([
      [0, 2, 3, 5],
      [1, 2, 1, 2, 1],
    ])
  })
})

describe('a model of hidden Markov models', () => {
  // The classes have the same symbols equally often: one goes round, the other back and forth.
  const round = Array.from({ length: 12 }, (_, i) => Array.from({ length: 12 + i }, (_, t) => (t + i) % 4))
  const back = Array.from({ length: 12 }, (_, i) =>
    Array.from({ length: 12 + i }, (_, t) => (4 * i + 3 - (t % 4)) % 4),
  )
  const x = matrixOf([...round, ...back], 4)
  const y = Uint32Array.from({ length: 24 }, (_, row) => Number(row >= 12))
  const learn = (value: number, labels = y, classes = 2) =>
    classifierOf(hmm, { ...settings, value }).fit(x, labels, classes)

  it('tells by order alone what the same symbols cannot', () => {
    const decisions = learn(4).decide(x)
    y.forEach((own, row) => {
      expect(decisions[2 * row + own]).toBeGreaterThan(decisions[2 * row + 1 - own])
    })
  })

  it('decides by the log posterior, by the square root of the length', () => {
    const model = learn(3)
    const { start, transitions, emissions, priors } = model.tensors
    const joint = [0, 1].map((k) => {
      const part = ({ data }: { data: unknown }) => {
        const all = data as Float64Array
        return all.subarray((k * all.length) / 2, ((k + 1) * all.length) / 2)
      }
      const found = {
        states: 3,
        symbols: 4,
        start: part(start),
        transitions: part(transitions),
        emissions: part(emissions),
      }
      const rows = { starts: Uint32Array.of(0, 9), tokens: Uint32Array.of(0, 1, 2, 3, 0, 1, 2, 3, 3) }
      return (Math.log(12 / 24) + hmmKernel().logLikelihoods(found, rows)[0]) / 3
    })
    expect(priors.data[0]).toBeCloseTo(Math.log(0.5), 12)
    const [a, b] = model.decide(matrixOf([[0, 1, 2, 3, 0, 1, 2, 3, 3]], 4))
    expect(a - b).toBeCloseTo(joint[0] - joint[1], 10)
    expect(Math.exp(a) + Math.exp(b)).toBeCloseTo(1, 12)
  })

  it('says which steps told the classes apart', () => {
    const model = learn(4)
    // It goes round, and turns back at the end.
    const row = matrixOf([[0, 1, 2, 3, 0, 1, 0, 3]], 4)
    const shares = model.steps!(row, 0, 0)
    expect(shares).toHaveLength(8)
    expect(Math.min(...shares.subarray(1, 6))).toBeGreaterThan(0)
    expect(Math.max(...shares.subarray(6))).toBeLessThan(0)
    const other = model.steps!(row, 0, 1)
    shares.forEach((share, t) => {
      expect(other[t]).toBeCloseTo(-share, 12)
    })
  })

  it('does not depend on how often a row is repeated, but for what is common', () => {
    const twice = matrixOf([...round, ...round, ...back, ...back], 4)
    const labels = Uint32Array.from({ length: 48 }, (_, row) => Number(row >= 24))
    const again = classifierOf(hmm, { ...settings, value: 3 }).fit(twice, labels, 2)
    const [once, more] = [learn(3).decide(x), again.decide(x)]
    // The background is of all rows, and counts one more of each symbol.
    for (let i = 0; i < once.length; i++) expect(more[i]).toBeCloseTo(once[i], 2)
  })

  it('needs sequences', () => {
    const { sequences: _, ...without } = x
    expect(() => classifierOf(hmm, settings).fit(without, y, 2)).toThrow(UsageError)
    expect(() => learn(2).decide(without)).toThrow('hmm: it learns from the order of tokens')
  })

  it('is not loaded of numbers that are no probabilities', () => {
    const { tensors } = learn(2)
    expect(hmm.load(tensors, 0, 2, 4)).not.toBeNull()
    for (const name of ['start', 'transitions', 'emissions', 'priors']) {
      const { shape } = tensors[name]
      const data = tensors[name].data as Float64Array
      const changed = (at: number, value: number) => {
        const other = data.slice()
        other[at] = value
        return hmm.load({ ...tensors, [name]: { shape, data: other } }, 0, 2, 4)
      }
      expect(changed(data.length - 1, 0.7)).toBeNull()
      expect(changed(0, name === 'priors' ? 1 : 0)).toBeNull()
      expect(hmm.load({ ...tensors, [name]: { shape: [...shape, 1], data } }, 0, 2, 4)).toBeNull()
      const rounded = { shape, data: Float32Array.from(data) }
      expect(hmm.load({ ...tensors, [name]: rounded }, 0, 2, 4)).toBeNull()
    }
  })
})

import { describe, expect, it } from 'vitest'
import { type Random, seededRandom } from '../../core/index.ts'
import { hmmKernel } from './hmm.ts'
import { type Hmm, reference, type SymbolRows } from './reference.ts'

/** Random numbers that add up to 1 in each line, or, `down`, in each place of the lines. */
function distributions(random: Random, lines: number, width: number, down = false): Float64Array {
  const draws = Float64Array.from({ length: lines * width }, () => random.unit() + 1e-6)
  const totals = new Float64Array(down ? width : lines)
  const total = (i: number) => (down ? i % width : Math.floor(i / width))
  draws.forEach((draw, i) => {
    totals[total(i)] += draw
  })
  return draws.map((draw, i) => draw / totals[total(i)])
}

function problem(states: number, symbols: number, lengths: readonly number[], seed = 1) {
  const random = seededRandom(seed)
  const hmm: Hmm = {
    states,
    symbols,
    start: distributions(random, 1, states),
    transitions: distributions(random, states, states),
    emissions: distributions(random, symbols, states, true),
  }
  const starts = new Uint32Array(lengths.length + 1)
  lengths.forEach((length, row) => {
    starts[row + 1] = starts[row] + length
  })
  const tokens = Uint32Array.from({ length: starts[lengths.length] }, () => random.below(symbols))
  return { hmm, rows: { starts, tokens } }
}

describe('the kernel of hidden Markov models', () => {
  it.each<[number, number, number[]]>([
    [1, 1, [1]],
    [1, 3, [4, 0, 2]],
    [2, 5, [3]],
    [3, 7, [9, 1, 1, 0, 30]],
    [4, 2, [100]],
    [5, 11, [12, 12, 12]],
    [8, 40, [200, 3, 17]],
    [13, 6, [50, 51]],
    [16, 4, [40]],
    [2, 2, []],
    [2, 2, [0]],
  ])('gives the bytes of the reference for %i states, %i symbols, rows of %j', (states, symbols, lengths) => {
    const kernel = hmmKernel()
    for (const seed of [1, 2]) {
      const { hmm, rows } = problem(states, symbols, lengths, seed)
      expect(kernel.expect(hmm, rows)).toEqual(reference.expect(hmm, rows))
      expect(kernel.logLikelihoods(hmm, rows)).toEqual(reference.logLikelihoods(hmm, rows))
    }
  })

  it('does not lose rows whose probability no float64 can hold', () => {
    const { hmm, rows } = problem(3, 50, [10_000, 20])
    const { logLikelihoods } = hmmKernel().expect(hmm, rows)
    expect(logLikelihoods).toEqual(reference.logLikelihoods(hmm, rows))
    expect(logLikelihoods[0]).toBeLessThan(-20_000)
    // The chain rule: what a row's beginning leaves is what its end adds.
    const { tokens } = rows
    const lengths = Uint32Array.of(0, 9_999)
    const [most] = hmmKernel().logLikelihoods(hmm, { starts: lengths, tokens })
    expect(most - logLikelihoods[0]).toBeGreaterThan(0)
    expect(most - logLikelihoods[0]).toBeLessThan(15)
  })

  describe('agrees with the sums over all paths of hidden states', () => {
    const { hmm, rows } = problem(2, 3, [5, 1, 4])

    it('in the probability of each row', () => {
      const found = hmmKernel().logLikelihoods(hmm, rows)
      paths(hmm, rows).forEach((own, row) => {
        const all = own.reduce((sum, { probability }) => sum + probability, 0)
        expect(found[row]).toBeCloseTo(Math.log(all), 12)
      })
    })

    it('in the states, steps and symbols expected', () => {
      const want = {
        start: new Float64Array(2),
        transitions: new Float64Array(4),
        emissions: new Float64Array(6),
      }
      paths(hmm, rows).forEach((own, row) => {
        const all = own.reduce((sum, { probability }) => sum + probability, 0)
        for (const { path, probability } of own) {
          const share = probability / all
          want.start[path[0]] += share
          path.forEach((state, t) => {
            want.emissions[rows.tokens[rows.starts[row] + t] * 2 + state] += share
            if (t > 0) want.transitions[path[t - 1] * 2 + state] += share
          })
        }
      })
      const found = hmmKernel().expect(hmm, rows)
      for (const name of ['start', 'transitions', 'emissions'] as const) {
        found[name].forEach((value, i) => {
          expect(value).toBeCloseTo(want[name][i], 12)
        })
      }
    })
  })
})

/** Every path of hidden states of each row, with P(path and row). */
function paths({ states, start, transitions, emissions }: Hmm, { starts, tokens }: SymbolRows) {
  return Array.from({ length: starts.length - 1 }, (_, row) => {
    const own = tokens.subarray(starts[row], starts[row + 1])
    return Array.from({ length: states ** own.length }, (_, number) => {
      const path = Array.from(own, (_, t) => Math.floor(number / states ** t) % states)
      const probability = path.reduce((product, state, t) => {
        const arriving = t === 0 ? start[state] : transitions[path[t - 1] * states + state]
        return product * arriving * emissions[own[t] * states + state]
      }, 1)
      return { path, probability }
    })
  })
}

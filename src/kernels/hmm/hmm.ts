import { instantiate, type Kernel, memoryPlan } from '../wasm.ts'
import { wasm } from './hmm.wasm.ts'
import { type Hmm, type HmmKernel, logOf, type SymbolRows } from './reference.ts'

interface Exports {
  prepare(states: number, start: number, transitions: number, transposed: number, emissions: number): void
  likelihoods(
    rows: number,
    starts: number,
    tokens: number,
    alpha: number,
    mantissas: number,
    shifts: number,
  ): void
  expectations(
    rows: number,
    starts: number,
    tokens: number,
    alpha: number,
    scales: number,
    beta: number,
    ahead: number,
    first: number,
    steps: number,
    emitted: number,
    mantissas: number,
    shifts: number,
  ): void
}

/** The fast path. Its memory holds a model, the rows and, to learn, what is expected of the longest row at each time. */
export function hmmKernel(): HmmKernel {
  const kernel: Kernel<Exports> = instantiate(wasm)
  const { exports } = kernel

  /** Lays out what both passes need, and `more`, whose sizes are in numbers; then copies the model and rows. */
  function load<Name extends string>(hmm: Hmm, rows: SymbolRows, more: Readonly<Record<Name, number>>) {
    const { symbols } = hmm
    const states = padded(hmm.states)
    const count = rows.starts.length - 1
    const plan = memoryPlan(kernel.base)
    const floats = (length: number) => plan.place(8 * length)
    const at = {
      start: floats(states),
      transitions: floats(states * states),
      transposed: floats(states * states),
      emissions: floats(symbols * states),
      starts: plan.place(4 * (count + 1)),
      tokens: plan.place(4 * rows.tokens.length),
      mantissas: floats(count),
      shifts: plan.place(4 * count),
    }
    const own = {} as Record<Name, number>
    for (const name of names(more)) own[name] = floats(more[name])
    kernel.reserve(plan.end)
    const { buffer } = kernel.memory
    const view = (address: number, length: number) => new Float64Array(buffer, address, length)
    pad(view(at.start, states), hmm.start, hmm.states, states)
    pad(view(at.transitions, states * states), hmm.transitions, hmm.states, states)
    pad(view(at.transposed, states * states), transposed(hmm), hmm.states, states)
    pad(view(at.emissions, symbols * states), hmm.emissions, hmm.states, states)
    new Uint32Array(buffer, at.starts, count + 1).set(rows.starts)
    new Uint32Array(buffer, at.tokens, rows.tokens.length).set(rows.tokens)
    exports.prepare(states, at.start, at.transitions, at.transposed, at.emissions)
    const logLikelihoods = () => {
      const mantissas = view(at.mantissas, count)
      const shifts = new Uint32Array(buffer, at.shifts, count)
      return mantissas.map((mantissa, row) => logOf({ mantissa, shifts: shifts[row] })).slice()
    }
    return { at: { ...at, ...own }, view, states, count, logLikelihoods }
  }

  return {
    expect(hmm, rows) {
      const longest = longestRow(rows)
      const states = padded(hmm.states)
      const sizes = { first: states, steps: states * states, emitted: hmm.symbols * states }
      const room = { alpha: longest * states, scales: longest, beta: states, ahead: states }
      const { at, view, count, logLikelihoods } = load(hmm, rows, { ...sizes, ...room })
      for (const name of names(sizes)) view(at[name], sizes[name]).fill(0)
      exports.expectations(
        count,
        at.starts,
        at.tokens,
        at.alpha,
        at.scales,
        at.beta,
        at.ahead,
        at.first,
        at.steps,
        at.emitted,
        at.mantissas,
        at.shifts,
      )
      const result = (name: keyof typeof sizes, lines: number) => {
        const out = new Float64Array(lines * hmm.states)
        for (let line = 0; line < lines; line++) {
          out.set(view(at[name] + 8 * line * states, hmm.states), line * hmm.states)
        }
        return out
      }
      // Each step's share has the transition's probability as a factor, which is the same at all times.
      const transitions = result('steps', hmm.states).map((sum, i) => sum * hmm.transitions[i])
      return {
        start: result('first', 1),
        transitions,
        emissions: result('emitted', hmm.symbols),
        logLikelihoods: logLikelihoods(),
      }
    },
    logLikelihoods(hmm, rows) {
      const { at, count, logLikelihoods } = load(hmm, rows, { alpha: 2 * padded(hmm.states) })
      exports.likelihoods(count, at.starts, at.tokens, at.alpha, at.mantissas, at.shifts)
      return logLikelihoods()
    },
  }
}

function padded(states: number): number {
  return Math.ceil(states / 4) * 4
}

function longestRow({ starts }: SymbolRows): number {
  let longest = 0
  for (let row = 0; row + 1 < starts.length; row++) longest = Math.max(longest, starts[row + 1] - starts[row])
  return longest
}

function transposed({ states, transitions }: Hmm): Float64Array {
  return transitions.map((_, i) => transitions[(i % states) * states + Math.floor(i / states)])
}

/** Copies lines of `width` numbers to wider ones, whose rest is 0. */
function pad(out: Float64Array, from: Float64Array, width: number, wide: number): void {
  out.fill(0)
  for (let line = 0; line * width < from.length; line++) {
    out.set(from.subarray(line * width, (line + 1) * width), line * wide)
  }
}

function names<Name extends string>(of: Readonly<Record<Name, unknown>>): Name[] {
  return Object.keys(of) as Name[]
}

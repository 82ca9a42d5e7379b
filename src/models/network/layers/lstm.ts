import { PANEL_COLUMNS } from '../../../kernels/network/engine.ts'
import {
  addressOf,
  type Parameter,
  type Place,
  packedSize,
  type Run,
  type Stage,
  type Steps,
} from '../stage.ts'

/** Addresses of what one direction keeps. */
interface Direction {
  readonly isBackward: boolean
  readonly kernel: Parameter
  readonly bias: Parameter
  readonly packed: number
  readonly transposed: number
  readonly both: number
  readonly gates: number
  readonly cells: number
  readonly squashed: number
  /** Row of every step in the matrix of steps. */
  readonly places: number
}

/** A long short-term memory over each sequence, in one direction or both; outputs stand side by side. */
export function lstm(
  { units, directions }: { readonly units: number; readonly directions: 1 | 2 },
  x: Steps,
  place: Place,
): { out: Steps; stage: Stage } {
  const { channels, level } = x
  const width = channels + units
  const { own, shared } = place
  const steps = place.steps(level)
  const all = steps * place.rows
  const size = place.capacity(level) * units * directions
  const out: Steps = {
    values: own.floats(size),
    gradient: own.floats(size),
    channels: units * directions,
    level,
  }
  const counts = own.words(steps)
  const scratch = {
    both: own.floats(place.rows * width),
    state: own.floats(place.rows * units),
    cells: own.floats(place.rows * units),
  }
  const direction = (number: number): Direction => {
    const suffix = number === 0 ? '' : `.${number}`
    return {
      isBackward: number === 1,
      kernel: place.parameter(`kernel${suffix}`, [width, 4 * units], Math.sqrt(1 / units)),
      bias: place.parameter(`bias${suffix}`, [4 * units], 0, [units, 2 * units]),
      packed: shared.floats(packedSize(width, 4 * units, PANEL_COLUMNS)),
      transposed: shared.floats(packedSize(4 * units, width, PANEL_COLUMNS)),
      both: own.floats(all * width),
      gates: own.floats(all * 4 * units),
      cells: own.floats(all * units),
      squashed: own.floats(all * units),
      places: own.words(all),
    }
  }
  const each = Array.from({ length: directions }, (_, number) => direction(number))
  const { starts, lengths } = place.levels[level]
  return {
    out,
    stage: {
      pack(run) {
        for (const { kernel, packed, transposed } of each) {
          const from = addressOf(run, run.weights, kernel)
          run.operations.pack(packed, from, width, 4 * units, 4 * units, 1, 0, width)
          run.operations.pack(transposed, from, 4 * units, width, 1, 4 * units, 0, 4 * units)
        }
      },
      forward(run) {
        const { operations, weights, floatBytes, rows } = run
        const longest = placeSteps(run, level, counts, each)
        each.forEach(({ bias, packed, both, gates, cells, squashed, places }, d) => {
          operations.lstm(
            out.values + d * units * floatBytes,
            out.channels,
            both,
            gates,
            cells,
            squashed,
            x.values,
            packed,
            addressOf(run, weights, bias),
            places,
            counts,
            longest,
            channels,
            units,
          )
        })
        operations.clearGuards(out.values, out.channels, starts, lengths, rows, run.levels[level].total)
      },
      backward(run) {
        const { operations, gradients, floatBytes } = run
        const longest = run.levels[level].lengths[0]
        each.forEach(({ kernel, bias, transposed, both, gates, cells, squashed, places }, d) => {
          operations.lstmGradient(
            x.gradient,
            d,
            addressOf(run, gradients, kernel),
            addressOf(run, gradients, bias),
            out.gradient + d * units * floatBytes,
            out.channels,
            both,
            gates,
            cells,
            squashed,
            scratch.both,
            scratch.state,
            scratch.cells,
            transposed,
            places,
            counts,
            longest,
            channels,
            units,
          )
        })
      },
    },
  }
}

/**
 * Writes how many sequences each step has and where their steps stand. Sequences come with the longest first.
 * @returns steps of the longest
 */
function placeSteps(
  { words, levels }: Run,
  level: number,
  counts: number,
  each: readonly Direction[],
): number {
  const { starts, lengths } = levels[level]
  const longest = lengths[0]
  let row = 0
  for (let t = 0; t < longest; t++) {
    let s = 0
    for (; s < lengths.length && t < lengths[s]; s++, row++) {
      for (const { places, isBackward } of each) {
        words[places / 4 + row] = starts[s] + (isBackward ? lengths[s] - 1 - t : t)
      }
    }
    words[counts / 4 + t] = s
  }
  return longest
}

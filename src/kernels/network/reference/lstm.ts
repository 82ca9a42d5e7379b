import { sigmoid } from '../../../core/index.ts'
import type { Operations } from '../operations.ts'
import { tanh } from './elements.ts'
import { floatAt, type ReferenceMemory, wordAt } from './memory.ts'
import { products } from './products.ts'

/** The long short-term memory, cell by cell. */
export function lstm(memory: ReferenceMemory): Pick<Operations, 'lstm' | 'lstmGradient'> {
  const { floats, words } = memory
  const { multiplyPacked, multiplyTransposed, columnSums } = products(memory)
  /** The rows of each step, and where each sequence's row was a step before. */
  const stepsOf = (counts: number, steps: number) => {
    const first = [0]
    for (let t = 0; t < steps; t++) first.push(first[t] + words[wordAt(counts) + t])
    return first
  }
  return {
    lstm(
      out,
      outRow,
      inputsAndState,
      gates,
      cells,
      squashed,
      x,
      packed,
      bias,
      places,
      counts,
      steps,
      inputs,
      units,
    ) {
      const width = inputs + units
      const first = stepsOf(counts, steps)
      for (let t = 0; t < steps; t++) {
        for (let row = first[t]; row < first[t + 1]; row++) {
          const before = t > 0 ? row - first[t] + first[t - 1] : -1
          const place = words[wordAt(places) + row]
          const both = floatAt(inputsAndState) + row * width
          for (let c = 0; c < inputs; c++) floats[both + c] = floats[floatAt(x) + place * inputs + c]
          for (let k = 0; k < units; k++) {
            const previous = words[wordAt(places) + before] * outRow + k
            floats[both + inputs + k] = before < 0 ? 0 : floats[floatAt(out) + previous]
          }
          const z = gates + 8 * row * 4 * units
          multiplyPacked(
            z,
            4 * units,
            inputsAndState + 8 * row * width,
            width,
            packed,
            bias,
            1,
            width,
            4 * units,
          )
          for (let k = 0; k < units; k++) {
            const gate = [0, 1, 2, 3].map((g) => floatAt(z) + g * units + k)
            gate.forEach((at, g) => {
              floats[at] = g === 2 ? tanh(floats[at]) : sigmoid(floats[at])
            })
            const [i, f, g, o] = gate.map((at) => floats[at])
            const cell = floatAt(cells) + row * units + k
            floats[cell] = i * g + (before < 0 ? 0 : f * floats[floatAt(cells) + before * units + k])
            floats[floatAt(squashed) + row * units + k] = tanh(floats[cell])
            floats[floatAt(out) + place * outRow + k] = o * tanh(floats[cell])
          }
        }
      }
    },
    lstmGradient(
      dIn,
      onto,
      dKernel,
      dBias,
      dOut,
      outRow,
      inputsAndState,
      gates,
      cells,
      squashed,
      dBoth,
      dState,
      dCells,
      packedTransposed,
      places,
      counts,
      steps,
      inputs,
      units,
    ) {
      const width = inputs + units
      const first = stepsOf(counts, steps)
      const sequences = first[1] ?? 0
      floats.fill(0, floatAt(dState), floatAt(dState) + sequences * units)
      floats.fill(0, floatAt(dCells), floatAt(dCells) + sequences * units)
      for (let t = steps - 1; t >= 0; t--) {
        for (let row = first[t]; row < first[t + 1]; row++) {
          const s = row - first[t]
          const place = words[wordAt(places) + row]
          const z = gates + 8 * row * 4 * units
          for (let k = 0; k < units; k++) {
            const gate = [0, 1, 2, 3].map((g) => floatAt(z) + g * units + k)
            const [i, f, g, o] = gate.map((at) => floats[at])
            const tanhCell = floats[floatAt(squashed) + row * units + k]
            const before = t > 0 ? floats[floatAt(cells) + (first[t - 1] + s) * units + k] : 0
            const dh = floats[floatAt(dState) + s * units + k] + floats[floatAt(dOut) + place * outRow + k]
            const dc = floats[floatAt(dCells) + s * units + k] + dh * o * (1 - tanhCell * tanhCell)
            floats[gate[0]] = dc * g * i * (1 - i)
            floats[gate[1]] = dc * before * f * (1 - f)
            floats[gate[2]] = dc * i * (1 - g * g)
            floats[gate[3]] = dh * tanhCell * o * (1 - o)
            floats[floatAt(dCells) + s * units + k] = dc * f
          }
          const both = dBoth + 8 * s * width
          multiplyPacked(both, width, z, 4 * units, packedTransposed, 0, 1, 4 * units, width)
          for (let c = 0; c < inputs; c++) {
            const at = floatAt(dIn) + place * inputs + c
            floats[at] = (onto ? floats[at] : 0) + floats[floatAt(both) + c]
          }
          for (let k = 0; k < units; k++) {
            floats[floatAt(dState) + s * units + k] = floats[floatAt(both) + inputs + k]
          }
        }
      }
      const rows = first[steps]
      multiplyTransposed(dKernel, inputsAndState, width, gates, 4 * units, rows, width, 4 * units)
      columnSums(dBias, gates, 4 * units, rows, 4 * units)
    },
  }
}

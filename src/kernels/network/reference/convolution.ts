import type { Operations } from '../operations.ts'
import { floatAt, type ReferenceMemory, wordAt } from './memory.ts'
import { eachStep } from './steps.ts'

type Convolution = Pick<Operations, 'clear' | 'clearGuards' | 'embed' | 'embedGradient'>

/** The convolution of one-hot tokens, and the zeros around sequences. */
export function convolution(memory: ReferenceMemory): Convolution {
  const { floats, words } = memory
  /** Calls back for every tap of every step that meets a token: the place in the kernel, and the step's row. */
  function eachTap(
    at: { tokens: number; tokenStarts: number; starts: number; lengths: number },
    sequences: number,
    vocabulary: number,
    width: number,
    visit: (kernelRow: number, row: number) => void,
  ): void {
    const left = Math.floor((width - 1) / 2)
    eachStep(memory, at.starts, at.lengths, sequences, (s, t, row) => {
      for (let k = 0; k < width; k++) {
        const other = t + k - left
        if (other < 0 || other >= words[wordAt(at.lengths) + s]) continue
        const token = words[wordAt(at.tokens) + words[wordAt(at.tokenStarts) + s] + other]
        visit(k * vocabulary + token, row)
      }
    })
  }
  return {
    clear(out, n) {
      floats.fill(0, floatAt(out), floatAt(out) + n)
    },
    clearGuards(out, channels, starts, lengths, sequences, total) {
      const inside = new Set<number>()
      eachStep(memory, starts, lengths, sequences, (_s, _t, row) => inside.add(row))
      for (let row = 0; row < total; row++) {
        if (inside.has(row)) continue
        floats.fill(0, floatAt(out) + row * channels, floatAt(out) + (row + 1) * channels)
      }
    },
    embed(out, kernel, bias, tokens, tokenStarts, starts, lengths, sequences, vocabulary, channels, width) {
      eachStep(memory, starts, lengths, sequences, (_s, _t, row) => {
        for (let c = 0; c < channels; c++)
          floats[floatAt(out) + row * channels + c] = floats[floatAt(bias) + c]
      })
      const at = { tokens, tokenStarts, starts, lengths }
      eachTap(at, sequences, vocabulary, width, (kernelRow, row) => {
        for (let c = 0; c < channels; c++) {
          floats[floatAt(out) + row * channels + c] += floats[floatAt(kernel) + kernelRow * channels + c]
        }
      })
    },
    embedGradient(
      dKernel,
      dOut,
      tokens,
      tokenStarts,
      starts,
      lengths,
      sequences,
      vocabulary,
      channels,
      width,
    ) {
      const at = { tokens, tokenStarts, starts, lengths }
      eachTap(at, sequences, vocabulary, width, (kernelRow, row) => {
        for (let c = 0; c < channels; c++) {
          floats[floatAt(dKernel) + kernelRow * channels + c] += floats[floatAt(dOut) + row * channels + c]
        }
      })
    },
  }
}

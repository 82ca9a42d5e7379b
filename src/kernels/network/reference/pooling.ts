import { exp } from '../../../core/index.ts'
import type { Operations } from '../operations.ts'
import { floatAt, type ReferenceMemory, wordAt } from './memory.ts'
import { eachStep } from './steps.ts'

type Pooling = Pick<
  Operations,
  | 'maxPool'
  | 'maxPoolGradient'
  | 'meanPool'
  | 'meanPoolGradient'
  | 'maxOverTime'
  | 'maxOverTimeGradient'
  | 'attentionPool'
  | 'attentionPoolGradient'
>

/** What makes fewer steps of many, or one row of a sequence. */
export function pooling(memory: ReferenceMemory): Pooling {
  const { floats, words, bytes } = memory
  const lengthOf = (lengths: number, s: number) => words[wordAt(lengths) + s]
  return {
    maxPool(out, chosen, x, channels, starts, lengths, outStarts, outLengths, sequences, window) {
      eachStep(memory, outStarts, outLengths, sequences, (s, t, row) => {
        for (let c = 0; c < channels; c++) {
          const steps = Math.min(window, lengthOf(lengths, s) - t * window)
          const from = words[wordAt(starts) + s] + t * window
          const values = Array.from(
            { length: steps },
            (_, k) => floats[floatAt(x) + (from + k) * channels + c],
          )
          const best = values.indexOf(Math.max(...values))
          floats[floatAt(out) + row * channels + c] = values[best]
          bytes[chosen + row * channels + c] = best
        }
      })
    },
    maxPoolGradient(dIn, dOut, chosen, channels, starts, lengths, outStarts, _outLengths, sequences, window) {
      eachStep(memory, starts, lengths, sequences, (s, t, row) => {
        const outRow = words[wordAt(outStarts) + s] + Math.floor(t / window)
        for (let c = 0; c < channels; c++) {
          const isChosen = bytes[chosen + outRow * channels + c] === t % window
          floats[floatAt(dIn) + row * channels + c] = isChosen
            ? floats[floatAt(dOut) + outRow * channels + c]
            : 0
        }
      })
    },
    meanPool(out, outRow, x, channels, starts, lengths, sequences) {
      for (let s = 0; s < sequences; s++)
        floats.fill(0, floatAt(out) + s * outRow, floatAt(out) + s * outRow + channels)
      eachStep(memory, starts, lengths, sequences, (s, _t, row) => {
        for (let c = 0; c < channels; c++) {
          floats[floatAt(out) + s * outRow + c] +=
            floats[floatAt(x) + row * channels + c] / lengthOf(lengths, s)
        }
      })
    },
    meanPoolGradient(dIn, dOut, outRow, channels, starts, lengths, sequences) {
      eachStep(memory, starts, lengths, sequences, (s, _t, row) => {
        for (let c = 0; c < channels; c++) {
          floats[floatAt(dIn) + row * channels + c] =
            floats[floatAt(dOut) + s * outRow + c] / lengthOf(lengths, s)
        }
      })
    },
    maxOverTime(out, outRow, chosen, x, channels, starts, lengths, sequences) {
      for (let s = 0; s < sequences; s++) {
        const from = words[wordAt(starts) + s]
        for (let c = 0; c < channels; c++) {
          let best = 0
          const stepOf = (t: number) => floats[floatAt(x) + (from + t) * channels + c]
          for (let t = 1; t < lengthOf(lengths, s); t++) if (stepOf(t) > stepOf(best)) best = t
          words[wordAt(chosen) + s * channels + c] = best
          floats[floatAt(out) + s * outRow + c] = lengthOf(lengths, s) > 0 ? stepOf(best) : 0
        }
      }
    },
    maxOverTimeGradient(dIn, dOut, outRow, chosen, channels, starts, lengths, sequences) {
      eachStep(memory, starts, lengths, sequences, (s, t, row) => {
        for (let c = 0; c < channels; c++) {
          const isChosen = words[wordAt(chosen) + s * channels + c] === t
          floats[floatAt(dIn) + row * channels + c] = isChosen ? floats[floatAt(dOut) + s * outRow + c] : 0
        }
      })
    },
    attentionPool(out, outRow, shares, x, query, channels, starts, lengths, sequences) {
      for (let s = 0; s < sequences; s++) {
        floats.fill(0, floatAt(out) + s * outRow, floatAt(out) + s * outRow + channels)
        const from = words[wordAt(starts) + s]
        const rowOf = (t: number) => floats.subarray(floatAt(x) + (from + t) * channels).subarray(0, channels)
        const scores = Array.from({ length: lengthOf(lengths, s) }, (_, t) =>
          rowOf(t).reduce((sum, value, c) => sum + value * floats[floatAt(query) + c], 0),
        )
        const top = Math.max(...scores)
        const raised = scores.map((score) => exp(score - top))
        const all = raised.reduce((sum, value) => sum + value, 0)
        raised.forEach((value, t) => {
          floats[floatAt(shares) + from + t] = value / all
          for (let c = 0; c < channels; c++) {
            floats[floatAt(out) + s * outRow + c] += (value / all) * rowOf(t)[c]
          }
        })
      }
    },
    attentionPoolGradient(dIn, dQuery, dOut, outRow, shares, x, query, channels, starts, lengths, sequences) {
      for (let s = 0; s < sequences; s++) {
        const from = words[wordAt(starts) + s]
        const steps = Array.from({ length: lengthOf(lengths, s) }, (_, t) => from + t)
        const dShares = steps.map((row) => {
          let sum = 0
          for (let c = 0; c < channels; c++) {
            sum += floats[floatAt(dOut) + s * outRow + c] * floats[floatAt(x) + row * channels + c]
          }
          return sum
        })
        const mean = dShares.reduce((sum, d, t) => sum + d * floats[floatAt(shares) + from + t], 0)
        steps.forEach((row, t) => {
          const share = floats[floatAt(shares) + row]
          const dScore = share * (dShares[t] - mean)
          for (let c = 0; c < channels; c++) {
            floats[floatAt(dIn) + row * channels + c] =
              share * floats[floatAt(dOut) + s * outRow + c] + dScore * floats[floatAt(query) + c]
            floats[floatAt(dQuery) + c] += dScore * floats[floatAt(x) + row * channels + c]
          }
        })
      }
    },
  }
}

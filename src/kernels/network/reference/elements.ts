import { exp } from '../../../core/index.ts'
import type { Operations } from '../operations.ts'
import { floatAt, type ReferenceMemory, wordAt } from './memory.ts'

type Elements = Pick<
  Operations,
  'relu' | 'reluGradient' | 'squash' | 'squashGradient' | 'dropout' | 'softmaxLoss' | 'adam'
>

/** Hyperbolic tangent from our own exponential. */
export function tanh(x: number): number {
  const e = exp(-2 * Math.abs(x))
  const t = (1 - e) / (1 + e)
  return x < 0 ? -t : t
}

/** The hash of a 32-bit word that dropout goes by: splitmix32's finish. */
function mixed(word: number): number {
  let x = word >>> 0
  x = Math.imul(x ^ (x >>> 16), 0x21f0aaad)
  x = Math.imul(x ^ (x >>> 15), 0x735a2d97)
  return (x ^ (x >>> 15)) >>> 0
}

/** What is done number by number or row by row. */
export function elements({ floats, words }: ReferenceMemory): Elements {
  /** Replaces n numbers by what `of` makes of each and its place. */
  const each = (x: number, n: number, of: (value: number, i: number) => number) => {
    for (let i = 0; i < n; i++) floats[floatAt(x) + i] = of(floats[floatAt(x) + i], i)
  }
  return {
    relu: (x, n) => each(x, n, (value) => (value > 0 ? value : 0)),
    reluGradient: (d, y, n) => each(d, n, (value, i) => (floats[floatAt(y) + i] > 0 ? value : 0)),
    squash: (x, n) => each(x, n, tanh),
    squashGradient: (d, y, n) => {
      each(d, n, (value, i) => value * (1 - floats[floatAt(y) + i] * floats[floatAt(y) + i]))
    },
    dropout(x, rowNames, rows, columns, seed, dropBelow, scale) {
      for (let r = 0; r < rows; r++) {
        const own = mixed(seed + mixed(words[wordAt(rowNames) + r] + 0x9e3779b9))
        each(x + 8 * r * columns, columns, (value, c) =>
          mixed(own + Math.imul(c, 0x9e3779b9)) < dropBelow ? 0 : value * scale,
        )
      }
    },
    softmaxLoss(losses, d, logits, targets, weights, scale, smoothing, rows, classes) {
      for (let r = 0; r < rows; r++) {
        const own = floats.subarray(floatAt(logits) + r * classes, floatAt(logits) + (r + 1) * classes)
        const target = words[wordAt(targets) + r]
        const top = Math.max(...own)
        let sum = 0
        for (const logit of own) sum += exp(logit - top)
        floats[floatAt(losses) + 2 * r] = own[target] - top
        floats[floatAt(losses) + 2 * r + 1] = sum
        const weight = floats[floatAt(weights) + target] * scale
        own.forEach((logit, k) => {
          const wanted = (k === target ? 1 - smoothing : 0) + smoothing / classes
          floats[floatAt(d) + r * classes + k] = (exp(logit - top) / sum - wanted) * weight
        })
      }
    },
    adam(
      weights,
      first,
      second,
      gradients,
      stride,
      microBatches,
      n,
      rate,
      beta1,
      beta2,
      epsilon,
      decay,
      correction1,
      correction2,
    ) {
      each(weights, n, (weight, i) => {
        let g = 0
        for (let m = 0; m < microBatches; m++) g += floats[floatAt(gradients) + m * stride + i]
        const [m1, m2] = [floatAt(first) + i, floatAt(second) + i]
        floats[m1] = beta1 * floats[m1] + (1 - beta1) * g
        floats[m2] = beta2 * floats[m2] + (1 - beta2) * g * g
        const step = (floats[m1] * correction1) / (Math.sqrt(floats[m2] * correction2) + epsilon)
        return weight - (rate * step + rate * decay * weight)
      })
    },
  }
}

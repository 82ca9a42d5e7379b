import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { log } from '../../core/index.ts'
import { DEFAULT_FEATURES, type Encoder, type FeatureSettings, makeEncoder } from '../../features/index.ts'
import { treesOf } from '../trees.ts'
import { float32Thresholds } from './tree-thresholds.ts'

/** An encoder of one column. */
function encoderOf(settings: Partial<FeatureSettings>, scale: number | null): Encoder {
  return makeEncoder(
    { ...DEFAULT_FEATURES, ...settings },
    {
      view: 'calls',
      kind: settings.kind ?? 'sequence',
      tokens: ['a'],
      columns: { tokens: Uint32Array.of(0), starts: Uint32Array.of(0, 1) },
      firstPair: 1,
      scale: scale === null ? null : Float64Array.of(scale),
      sequence: null,
    },
  )
}

/** One tree that splits by the one column. */
const treeOf = (threshold: number) => treesOf(Uint32Array.of(0, 1, 1), Float64Array.of(threshold), 1)!

describe('float32Thresholds', () => {
  it('sends every count where its logarithm went', () => {
    const count = fc.oneof(fc.nat(20), fc.nat(1e4), fc.nat(2 ** 22))
    const scale = fc.constantFrom(null, 1, 1 / 3, 0.7239472914)
    const place = fc.double({ min: 0, max: 1, noNaN: true })
    fc.assert(
      fc.property(count, place, scale, (below, share, scale) => {
        const valueAt = (n: number) => log(1 + n) * (scale ?? 1)
        // Anywhere between two neighbouring values, on the lower one included.
        const threshold = Math.min(
          valueAt(below) + share * (valueAt(below + 1) - valueAt(below)),
          valueAt(below + 1) * (1 - 2 ** -52),
        )
        const found = float32Thresholds(treeOf(threshold), encoderOf({ weight: 'log-count' }, scale))
        const [a, b] = [valueAt(below), valueAt(below + 1)]
        if (Math.fround(a) === Math.fround(b)) return found === null
        return found !== null && Math.fround(a) <= found[0] && found[0] < Math.fround(b)
      }),
      { numRuns: 2000 },
    )
  })

  it('leaves a threshold where it is, wherever it does', () => {
    expect(float32Thresholds(treeOf(1.5), encoderOf({ weight: 'count' }, null))![0]).toBe(1.5)
    expect(float32Thresholds(treeOf(log(4)), encoderOf({ weight: 'log-count' }, null))![0]).not.toBe(log(4))
  })

  it('takes thresholds that no value reaches', () => {
    const presence = encoderOf({}, 1 / 3)
    expect(float32Thresholds(treeOf(-1), presence)![0]).toBe(-1)
    expect(float32Thresholds(treeOf(7), presence)![0]).toBe(7)
    expect(float32Thresholds(treeOf(1 / 3), presence)![0]).toBe(Math.fround(1 / 3))
  })

  it.each<[string, Partial<FeatureSettings>, number]>([
    ['shares', { weight: 'share' }, 0.5],
    ['normalised rows', { normalise: true }, 0.5],
    ['counts too close for float32', { weight: 'log-count' }, (log(2e7) + log(2e7 + 1)) / 2],
    ['counts past all bounds', { weight: 'count' }, 1e300],
  ])('gives up on %s', (_, settings, threshold) => {
    expect(float32Thresholds(treeOf(threshold), encoderOf(settings, null))).toBeNull()
  })
})

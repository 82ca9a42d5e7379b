import { describe, expect, it } from 'vitest'
import { traceOf } from '../../test/traces.ts'
import { log } from '../core/index.ts'
import { fitEncoder } from './encoder.ts'
import { DEFAULT_FEATURES, type FeatureSettings } from './settings.ts'
import { valuesAround } from './values-around.ts'

const NEVER = Number.POSITIVE_INFINITY
const traces = ['a b b', 'a a b', 'b c'].map((text) => traceOf(text))
const encoderOf = (settings: Partial<FeatureSettings>) =>
  fitEncoder({ ...DEFAULT_FEATURES, ...settings }, traces, Uint32Array.of(0, 1, 0), 2)

describe('valuesAround', () => {
  it.each<[string, Partial<FeatureSettings>, number, [number, number]]>([
    ['a presence', {}, 0, [0, 1]],
    ['a presence', {}, 0.999, [0, 1]],
    ['a presence', {}, 1, [1, NEVER]],
    ['a presence', {}, -0.5, [-NEVER, 0]],
    ['a set of counts', { kind: 'set', weight: 'count' }, 0.5, [0, 1]],
    ['a count', { weight: 'count' }, 0, [0, 1]],
    ['a count', { weight: 'count' }, 6.9, [6, 7]],
    ['a count', { weight: 'count' }, 7, [7, 8]],
    ['a logarithm', { weight: 'log-count' }, log(4), [log(4), log(5)]],
    ['a logarithm', { weight: 'log-count' }, 0.5, [0, log(2)]],
    // The largest count of `a` is 2.
    ['a scaled count', { weight: 'count', scale: 'max-abs' }, 0.6, [0.5, 1]],
  ])('of %s (%j) at %d', (_, settings, bound, around) => {
    expect(valuesAround(encoderOf(settings), 0, bound)).toEqual(around)
  })

  it.each<[string, Partial<FeatureSettings>, number]>([
    ['shares', { weight: 'share' }, 0.5],
    ['normalised rows', { normalise: true }, 0.5],
    ['counts without end', { weight: 'count' }, 1e9],
  ])('does not know those of %s', (_, settings, bound) => {
    expect(valuesAround(encoderOf(settings), 0, bound)).toBeNull()
  })
})

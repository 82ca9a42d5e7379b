import { describe, expect, it } from 'vitest'
import { countNumbers, numberGroups, selectScored } from './scored-rows.ts'

describe('numberGroups', () => {
  it('numbers equal values alike in the order of first appearance', () => {
    expect([...numberGroups(['b', 'a', 'b', 'c', 'a'])]).toEqual([0, 1, 0, 2, 1])
    expect(countNumbers(numberGroups(['b', 'a', 'b', 'c', 'a']))).toBe(3)
    expect(countNumbers(numberGroups([]))).toBe(0)
  })
})

describe('selectScored', () => {
  it('keeps each row with its class, cluster and answers', () => {
    const scored = {
      classes: ['a', 'b'],
      y: Uint32Array.of(0, 1, 0, 1),
      clusters: Uint32Array.of(0, 1, 2, 1),
      runs: [
        {
          seed: 7,
          predicted: Uint32Array.of(0, 0, 1, 1),
          probabilities: Float64Array.of(0.9, 0.1, 0.6, 0.4, 0.2, 0.8, 0.3, 0.7),
        },
      ],
    }
    expect(selectScored(scored, Uint32Array.of(3, 2))).toEqual({
      classes: ['a', 'b'],
      y: Uint32Array.of(1, 0),
      clusters: Uint32Array.of(0, 1),
      runs: [
        { seed: 7, predicted: Uint32Array.of(1, 1), probabilities: Float64Array.of(0.3, 0.7, 0.2, 0.8) },
      ],
    })
  })
})

import { describe, expect, it } from 'vitest'
import { selectScored } from './scored-rows.ts'

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

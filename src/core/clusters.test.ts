import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { clustersByKey } from './clusters.ts'

describe('clustersByKey', () => {
  it('joins what shares a key, through others too, under the first of them', () => {
    const keys = [['a0', 'b0'], ['a0', 'b1'], ['a1', 'b1'], ['a2', 'b2'], []]
    expect([...clustersByKey(keys)]).toEqual([0, 0, 0, 3, 4])
  })

  it('finds what passing the smallest index on along shared keys finds', () => {
    const key = fc.nat(12).map(String)
    fc.assert(
      fc.property(fc.array(fc.array(key, { maxLength: 3 }), { maxLength: 20 }), (keys) => {
        const found = keys.map((_, item) => item)
        for (let round = 0; round < keys.length; round++) {
          keys.forEach((own, i) => {
            keys.forEach((others, j) => {
              if (own.some((each) => others.includes(each))) found[i] = Math.min(found[i]!, found[j]!)
            })
          })
        }
        expect([...clustersByKey(keys)]).toEqual(found)
      }),
    )
  })
})

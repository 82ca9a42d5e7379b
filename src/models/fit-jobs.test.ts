import { describe, expect, it } from 'vitest'
import { sparseRows } from '../../test/sparse-rows.ts'
import { shareMatrix } from './fit-jobs.ts'

describe('shareMatrix', () => {
  it('is the same matrix, sequences included, in memory that threads share', () => {
    const starts = Uint32Array.of(0, 2, 3)
    const sequences = { vocabulary: 3, starts, tokens: Uint32Array.of(1, 2, 0) }
    const x = {
      ...sparseRows([
        [0, 2],
        [1, 0],
      ]),
      sequences,
    }
    const shared = shareMatrix(x)
    expect(shared).toEqual(x)
    const arrays = [shared, shared.sequences!]
      .flatMap((each) => Object.values(each))
      .filter(ArrayBuffer.isView)
    expect(arrays).toHaveLength(5)
    for (const { buffer } of arrays) expect(buffer).toBeInstanceOf(SharedArrayBuffer)
    const plain = shareMatrix({ ...sparseRows([[1]]), values: null })
    expect([plain.values, plain.sequences]).toEqual([null, undefined])
  })
})

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { randomRows } from '../../../test/sparse-rows.ts'
import { seededRandom } from '../../core/index.ts'
import { binColumns } from '../bins.ts'
import type { SparseRows } from '../sparse-rows.ts'
import { growTree, treeGrower } from './forest.ts'
import { type ForestSettings, reference } from './reference.ts'

function problem(rows: number, columns: number, density: number, classes: number, binary: boolean, seed = 1) {
  const random = seededRandom(seed)
  const value = (column: number) => Math.floor(random.unit() * 12) - 3 + (column % 2) * random.unit()
  const x = randomRows(random, rows, columns, () => density, value, binary)
  return { x, y: Uint32Array.from({ length: rows }, () => random.below(classes)) }
}

const plain = (classes: number): ForestSettings => {
  return { maxFeatures: 3, minLeaf: 1, extra: false, weights: new Float64Array(classes).fill(1), seed: 5 }
}

describe('the forest kernel', () => {
  it.each([
    [0, 4, 0.5, 2, true],
    [1, 1, 1, 1, false],
    [5, 0, 0, 2, true],
    [30, 3, 0.5, 2, true],
    [60, 9, 0.3, 3, false],
    [200, 40, 0.1, 2, true],
    [150, 30, 0.4, 7, false],
    [300, 5, 1, 4, false],
  ])(
    'gives the tree of the reference for [%i, %i] of density %d, %i classes, binary %s',
    (rows, columns, density, classes, binary) => {
      const { x, y } = problem(rows, columns, density, classes, binary)
      const weights = Float64Array.from({ length: classes }, (_, k) => 1 / (k + 1))
      for (const bins of [256, 5]) {
        const binned = binColumns(x, bins)
        for (const extra of [false, true]) {
          const settings = { ...plain(classes), extra }
          expect(growTree(binned, y, classes, settings)).toEqual(reference(binned, y, classes, settings))
          const other = {
            ...settings,
            weights,
            minLeaf: 4,
            maxFeatures: Math.max(1, columns),
            seed: 0xfffffff1,
          }
          expect(growTree(binned, y, classes, other)).toEqual(reference(binned, y, classes, other))
        }
      }
    },
  )

  it('grows again on the same columns as if it were the first time', () => {
    const { x, y } = problem(100, 20, 0.3, 3, false)
    const grow = treeGrower(binColumns(x, 64), y, 3)
    const first = grow(plain(3))
    grow({ ...plain(3), extra: true, seed: 8 })
    expect(grow(plain(3))).toEqual(first)
  })

  it('is solved by hand: the column that tells the classes apart is cut half way', () => {
    const x: SparseRows = {
      ...{ rows: 4, columns: 2, starts: Uint32Array.of(0, 1, 2, 4, 6) },
      indices: Uint32Array.of(1, 1, 0, 1, 0, 1),
      values: Float64Array.of(7, 8, 2, 7, 4, 8),
    }
    const settings = { ...plain(2), extra: true, maxFeatures: 2 }
    const [column, threshold, ...leaves] = growTree(
      binColumns(x, 256),
      Uint32Array.of(0, 0, 1, 1),
      2,
      settings,
    )
    expect(column).toBe(0)
    expect(threshold).toBeGreaterThan(0)
    expect(threshold).toBeLessThan(4)
    const cutInTwo = [-2, 0, 2, -2, 1, 2]
    if (threshold < 2) expect(leaves).toEqual(cutInTwo)
    expect(
      growTree(
        binColumns({ ...x, rows: 0, starts: Uint32Array.of(0) }, 256),
        new Uint32Array(0),
        2,
        settings,
      ),
    ).toEqual(Float64Array.of(-1))
  })
})

describe('binned columns', () => {
  const value = fc.oneof(fc.integer({ min: -4, max: 6 }), fc.double({ noNaN: true, min: -1e3, max: 1e3 }))

  it('keep the order of the values, and zero apart, in no more bins than were asked for', () => {
    fc.assert(
      fc.property(fc.array(value, { maxLength: 80 }), fc.integer({ min: 3, max: 20 }), (column, bins) => {
        const stored = [...column.keys()].filter((row) => row % 3 > 0)
        const x: SparseRows = {
          ...{ rows: column.length, columns: 1, indices: new Uint32Array(stored.length) },
          starts: Uint32Array.from(
            { length: column.length + 1 },
            (_, row) => stored.filter((r) => r < row).length,
          ),
          values: Float64Array.from(stored, (row) => column[row]),
        }
        const { codes, firstBin, zeroBin, lower, upper } = binColumns(x, bins)
        const dense = column.map((each, row) => (row % 3 > 0 ? each : 0))
        expect(firstBin[1]).toBeLessThanOrEqual(bins)
        dense.forEach((each, row) => {
          expect(each).toBeGreaterThanOrEqual(lower[codes[row]])
          expect(each).toBeLessThanOrEqual(upper[codes[row]])
          expect(codes[row] === zeroBin[0]).toBe(each === 0)
        })
        for (let bin = 1; bin < lower.length; bin++) expect(upper[bin - 1]).toBeLessThan(lower[bin])
        const distinct = new Set(dense.filter((each) => each !== 0)).size
        if (distinct <= bins - 2) expect(lower).toEqual(upper)
      }),
    )
  })
})

import { describe, expect, it } from 'vitest'
import { randomRows } from '../../../test/sparse-rows.ts'
import { seededRandom } from '../../core/index.ts'
import { solveSvm, svmSolver } from './linear-svm.ts'
import { reference, type SvmSettings } from './reference.ts'

const SETTINGS: SvmSettings = { costs: [1, 1], tolerance: 1e-4, maxPasses: 1000, seed: 7 }

function problem(rows: number, columns: number, density: number, binary: boolean, seed = 1) {
  const random = seededRandom(seed)
  const x = randomRows(
    random,
    rows,
    columns,
    () => density,
    () => random.unit() * 4 - 2,
    binary,
  )
  const y = Int8Array.from({ length: rows }, () => (random.unit() < 0.4 ? 1 : -1))
  return { x, y }
}

describe('the linear SVM kernel', () => {
  it.each([
    [1, 1, 1, true],
    [1, 1, 1, false],
    [7, 3, 0.5, true],
    [40, 9, 0.3, false],
    [200, 50, 0.1, true],
    [200, 50, 0.1, false],
    [60, 300, 0.2, false],
    [5, 4, 0, true],
    [0, 4, 0, true],
  ])(
    'gives the bytes of the reference for [%i, %i] of density %d, binary %s',
    (rows, columns, density, binary) => {
      const { x, y } = problem(rows, columns, density, binary)
      for (const settings of [
        SETTINGS,
        { ...SETTINGS, costs: [0.05, 3] as const, tolerance: 1e-2, seed: 0xffffffff },
      ]) {
        expect(solveSvm(x, y, settings)).toEqual(reference(x, y, settings))
      }
    },
  )

  it('is solved by hand: one row each side of the origin', () => {
    // Rows ±1 in one column: w = 4c/(1+4c) by symmetry, no intercept; c = 1 gives 0.8.
    const x = {
      rows: 2,
      columns: 1,
      starts: Uint32Array.of(0, 1, 2),
      indices: Uint32Array.of(0, 0),
      values: Float64Array.of(1, -1),
    }
    const { weights } = solveSvm(x, Int8Array.of(1, -1), { ...SETTINGS, tolerance: 1e-12 })
    expect(weights[0]).toBeCloseTo(0.8, 10)
    expect(weights[1]).toBeCloseTo(0, 10)
  })

  it('solves again on the same rows as if it were the first time', () => {
    const { x, y } = problem(80, 30, 0.3, false)
    const solve = svmSolver(x)
    const first = solve(y, SETTINGS)
    solve(y.map((side) => -side) as Int8Array, SETTINGS)
    expect(solve(y, SETTINGS)).toEqual(first)
  })

  it('stops after the passes it is given', () => {
    const { x, y } = problem(200, 50, 0.1, false)
    expect(solveSvm(x, y, { ...SETTINGS, tolerance: 0, maxPasses: 3 }).passes).toBe(3)
  })
})

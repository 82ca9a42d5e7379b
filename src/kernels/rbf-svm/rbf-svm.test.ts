import { describe, expect, it } from 'vitest'
import { randomRows } from '../../../test/sparse-rows.ts'
import { exp, seededRandom } from '../../core/index.ts'
import type { SparseRows } from '../sparse-rows.ts'
import { makeRbfKernel, rbfKernel } from './rbf-svm.ts'
import { type RbfSettings, reference } from './reference.ts'

const SETTINGS: RbfSettings = { gamma: 0.1, costs: [1, 1], tolerance: 1e-3, maxSteps: 100_000 }

function problem(rows: number, columns: number, density: number, binary: boolean, seed = 1) {
  const random = seededRandom(seed)
  const y = Int8Array.from({ length: rows }, (_, row) => (row === 0 || random.unit() < 0.4 ? 1 : -1))
  if (rows > 1) y[1] = -1
  const lean = (row: number, column: number) => density * (1 + (column % 2 === 0 ? 0.3 * y[row] : 0))
  const x = randomRows(random, rows, columns, lean, () => random.unit() * 4 - 2, binary)
  return { x, y }
}

const all = ({ rows }: SparseRows) => Uint32Array.from({ length: rows }, (_, row) => row)

describe('the Gaussian kernel', () => {
  it.each([
    [2, 1, 1, true],
    [2, 1, 1, false],
    [7, 3, 0.5, true],
    [40, 9, 0.3, false],
    [150, 50, 0.1, true],
    [150, 50, 0.2, false],
    [60, 300, 0.2, false],
    [5, 4, 0, true],
  ])(
    'has the bytes of the reference for [%i, %i] of density %d, binary %s',
    (rows, columns, density, binary) => {
      const { x, y } = problem(rows, columns, density, binary)
      const [fast, slow] = [makeRbfKernel(x), reference(x)]
      for (const gamma of [0.01, 0.3, 40, 1000]) {
        const settings = { ...SETTINGS, gamma }
        expect(fast.similarities(x, rows - 1, gamma)).toEqual(slow.similarities(x, rows - 1, gamma))
        for (const each of [settings, { ...settings, costs: [50, 3] as const, tolerance: 1e-6 }]) {
          expect(fast.solve(all(x), y, each)).toEqual(slow.solve(all(x), y, each))
        }
        const some = all(x).filter((row) => row < 2 || row % 3 > 0)
        const sides = y.filter((_, row) => some.includes(row))
        expect(fast.solve(some, sides, settings)).toEqual(slow.solve(some, sides, settings))
      }
    },
  )

  it('is exp as `core` has it, from 1 down to the smallest number and to 0', () => {
    const squares = Array.from({ length: 2000 }, (_, i) => (i < 1000 ? i / 100 : (i - 1000) * 0.76))
    const x: SparseRows = {
      rows: squares.length,
      columns: 1,
      starts: Uint32Array.from({ length: squares.length + 1 }, (_, i) => i),
      indices: new Uint32Array(squares.length),
      values: Float64Array.from(squares, Math.sqrt),
    }
    const origin: SparseRows = { ...x, rows: 1, starts: Uint32Array.of(0, 0) }
    const found = makeRbfKernel(x).similarities(origin, 0, 1)
    expect(found).toEqual(Float64Array.from(x.values!, (value) => exp(-(value * value))))
    expect([found[0], found.at(-1)]).toEqual([1, 0])
  })

  it('takes rows whose columns are ones beside rows that have values', () => {
    const { x } = problem(20, 9, 0.4, false)
    const { x: ones } = problem(20, 9, 0.4, true, 2)
    expect(makeRbfKernel(x).similarities(ones, 3, 0.1)).toEqual(reference(x).similarities(ones, 3, 0.1))
    expect(makeRbfKernel(ones).similarities(x, 3, 0.1)).toEqual(reference(ones).similarities(x, 3, 0.1))
  })

  it('is solved by hand: one row each side', () => {
    // α is the same on both sides; the dual 2α - α²(1 - K) is highest at 1 / (1 - K), or at the cost.
    const x: SparseRows = {
      rows: 2,
      columns: 1,
      starts: Uint32Array.of(0, 1, 2),
      indices: Uint32Array.of(0, 0),
      values: Float64Array.of(1, -1),
    }
    const y = Int8Array.of(1, -1)
    const k = Math.fround(exp(-4 * 0.3))
    const { alpha, intercept } = makeRbfKernel(x).solve(all(x), y, { ...SETTINGS, gamma: 0.3, costs: [9, 9] })
    expect(alpha[0]).toBeCloseTo(1 / (1 - k), 12)
    expect(alpha[1]).toBe(alpha[0])
    expect(intercept).toBeCloseTo(0, 12)
    expect(makeRbfKernel(x).solve(all(x), y, { ...SETTINGS, gamma: 0.3 }).alpha).toEqual(
      Float64Array.of(1, 1),
    )
  })

  it('gives the same bytes however few rows of the kernel it may keep, and again on the same rows', () => {
    const { x, y } = problem(90, 30, 0.3, false)
    const whole = rbfKernel(x)
    const wanted = whole.solve(all(x), y, SETTINGS)
    whole.solve(all(x), y.map((side) => -side) as Int8Array, { ...SETTINGS, costs: [7, 7] })
    expect(whole.solve(all(x), y, SETTINGS)).toEqual(wanted)
    for (const bytes of [0, 3 * 4 * 90, 40 * 4 * 90]) {
      expect(rbfKernel(x, bytes).solve(all(x), y, SETTINGS)).toEqual(wanted)
    }
  })

  it('keeps to the conditions of an optimum', () => {
    const { x, y } = problem(120, 30, 0.3, false)
    const { alpha, intercept } = makeRbfKernel(x).solve(all(x), y, {
      ...SETTINGS,
      gamma: 0.05,
      tolerance: 1e-6,
    })
    expect(alpha.reduce((sum, each, k) => sum + each * y[k], 0)).toBeCloseTo(0, 9)
    const kernel = reference(x)
    for (let row = 0; row < x.rows; row++) {
      const own = kernel.similarities(x, row, 0.05)
      const margin = y[row] * alpha.reduce((sum, each, k) => sum + each * y[k] * own[k], intercept)
      if (alpha[row] < 1) expect(margin).toBeGreaterThan(1 - 1e-5)
      if (alpha[row] > 0) expect(margin).toBeLessThan(1 + 1e-5)
    }
  })

  it('stops after the steps it is given', () => {
    const { x, y } = problem(100, 50, 0.1, false)
    expect(makeRbfKernel(x).solve(all(x), y, { ...SETTINGS, tolerance: 0, maxSteps: 3 }).steps).toBe(3)
  })
})

import { describe, expect, it } from 'vitest'
import { seededRandom } from '../core/index.ts'
import type { SparseMatrix } from '../features/index.ts'
import { classifierOf } from './classifier-kind.ts'
import { classifiers } from './classifiers.ts'

const SETTINGS = { value: 1, tolerance: 1e-4, balanced: false, seed: 3 }

/** Rows whose class shows in some of the columns; `binary` leaves the values out. */
function labelled(rows: number, columns: number, classes: number, binary: boolean, seed = 1) {
  const random = seededRandom(seed)
  const y = Uint32Array.from({ length: rows }, (_, row) => row % classes)
  const starts = new Uint32Array(rows + 1)
  const indices: number[] = []
  const values: number[] = []
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      if (random.unit() > (column % classes === y[row] ? 0.8 : 0.15)) continue
      indices.push(column)
      values.push(1 + random.below(4))
    }
    starts[row + 1] = indices.length
  }
  const x: SparseMatrix = {
    rows,
    columns,
    starts,
    indices: Uint32Array.from(indices),
    values: binary ? null : Float64Array.from(values),
  }
  return { x, y }
}

const largest = (row: Float64Array) => row.indexOf(Math.max(...row))

describe.each(classifiers.map((kind) => [kind.name, kind] as const))('%s', (_, kind) => {
  describe.each([
    [2, true],
    [2, false],
    [5, true],
    [5, false],
  ])('with %i classes, binary %s', (classes, binary) => {
    const { x, y } = labelled(200, 30, classes, binary)
    const model = classifierOf(kind, SETTINGS).fit(x, y, classes)
    const decisions = model.decide(x)
    const rowOf = (row: number) => decisions.subarray(row * classes, (row + 1) * classes)

    it('learns classes that differ', () => {
      const right = y.filter((own, row) => largest(rowOf(row)) === own).length
      expect(right / y.length).toBeGreaterThan(0.9)
      expect(decisions.every(Number.isFinite)).toBe(true)
    })

    it('learns the same twice, and leaves its input as it was', () => {
      const before = structuredClone({ x, y })
      const again = classifierOf(kind, SETTINGS).fit(x, y, classes)
      expect(again.tensors).toEqual(model.tensors)
      again.decide(x)
      again.contributions(x, 0, 0)
      expect({ x, y }).toEqual(before)
    })

    it('comes back from its tensors', () => {
      const loaded = kind.load(model.tensors, x.columns, classes)
      expect(loaded?.decide(x)).toEqual(decisions)
      expect(kind.load(model.tensors, x.columns + 1, classes)).toBeNull()
      expect(kind.load({}, x.columns, classes)).toBeNull()
      expect(
        kind.load({ ...model.tensors, more: { shape: [1], data: new Float64Array(1) } }, x.columns, classes),
      ).toBeNull()
    })

    it('decides a row the same alone and among others', () => {
      const alone: SparseMatrix = {
        ...x,
        rows: 1,
        starts: Uint32Array.of(0, x.starts[8] - x.starts[7]),
        indices: x.indices.slice(x.starts[7], x.starts[8]),
        values: x.values?.slice(x.starts[7], x.starts[8]) ?? null,
      }
      expect(model.decide(alone)).toEqual(rowOf(7).slice())
    })

    it('gives contributions whose sum is the decision but for what an empty row gets', () => {
      const empty = model.decide({ ...x, rows: 1, starts: Uint32Array.of(0, 0) })
      for (let target = 0; target < classes; target++) {
        const shares = model.contributions(x, 5, target)
        expect(shares).toHaveLength(x.starts[6] - x.starts[5])
        const sum = shares.reduce((total, share) => total + share, 0)
        const own = rowOf(5)
        let rival = -1
        for (let k = 0; k < classes; k++) {
          if (k !== target && (rival < 0 || own[k] > own[rival])) rival = k
        }
        // A margin stands alone, a log posterior is compared with the best rival's.
        const margin = own[target] - empty[target]
        const lead = own[target] - own[rival] - (empty[target] - empty[rival])
        expect(sum).toBeCloseTo(kind.name === 'linear-svm' ? margin : lead, 9)
      }
    })
  })

  it('takes rows of a single class', () => {
    const { x } = labelled(20, 6, 2, true)
    const model = classifierOf(kind, SETTINGS).fit(x, new Uint32Array(20), 2)
    const decisions = model.decide(x)
    expect(decisions.every(Number.isFinite)).toBe(true)
    for (let row = 0; row < 20; row++) expect(decisions[2 * row]).toBeGreaterThan(decisions[2 * row + 1])
  })

  it('takes a class that has no rows, and never chooses it', () => {
    const { x, y } = labelled(60, 9, 2, true)
    const decisions = classifierOf(kind, SETTINGS).fit(x, y, 3).decide(x)
    for (let row = 0; row < 60; row++) expect(largest(decisions.subarray(3 * row, 3 * row + 3))).not.toBe(2)
  })

  it('takes empty rows, no columns and no rows', () => {
    const starts = new Uint32Array(5)
    const nothing: SparseMatrix = { rows: 4, columns: 3, starts, indices: new Uint32Array(0), values: null }
    const y = Uint32Array.of(0, 1, 1, 1)
    const decide = (x: SparseMatrix, labels: Uint32Array) =>
      classifierOf(kind, SETTINGS).fit(x, labels, 2).decide(x)
    expect(decide(nothing, y).every(Number.isFinite)).toBe(true)
    expect(decide({ ...nothing, columns: 0 }, y).every(Number.isFinite)).toBe(true)
    expect(decide({ ...nothing, rows: 0, starts: Uint32Array.of(0) }, new Uint32Array(0))).toHaveLength(0)
    // With nothing to see, the commoner class is chosen.
    expect(largest(decide(nothing, y).subarray(0, 2))).toBe(1)
  })
})

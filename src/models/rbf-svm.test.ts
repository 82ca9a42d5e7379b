import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { pythonWith, runPython } from '../../test/python.ts'
import { randomRows } from '../../test/sparse-rows.ts'
import { exp, seededRandom } from '../core/index.ts'
import type { SparseMatrix } from '../features/index.ts'
import type { Tensor } from './classifier.ts'
import { classifierOf, type FitSettings } from './classifier-kind.ts'
import { gaussianShares } from './gaussian-shares.ts'
import { rbfSvm } from './rbf-svm.ts'

const SETTINGS: FitSettings = { value: 1, tolerance: 1e-6, balanced: false, seed: 1, own: { C: 3 } }

/** Rows whose class shows in some of the columns, not without doubt. */
function labelled(rows: number, columns: number, classes: number, binary: boolean, seed = 1) {
  const random = seededRandom(seed)
  const y = Uint32Array.from({ length: rows }, () => Math.min(random.below(classes + 1), classes - 1))
  const lean = (row: number, column: number) => (column % classes === y[row] ? 0.5 : 0.3)
  const x = randomRows(random, rows, columns, lean, () => random.unit() * 3, binary)
  return { x, y }
}

const SCRIPT = `
import json, sys
import numpy, scipy.sparse
from sklearn.svm import SVC
out = []
for given in json.load(sys.stdin):
    def matrix(x):
        return scipy.sparse.csr_matrix((x['values'], x['indices'], x['starts']), (x['rows'], x['columns']))
    svm = SVC(C=given['C'], gamma='scale', tol=1e-6, break_ties=True, class_weight='balanced' if given['balanced'] else None)
    svm.fit(matrix(given['train']), given['y'])
    out.append({
        'decisions': svm.decision_function(matrix(given['test'])).ravel().tolist(),
        'objective': float(numpy.abs(svm.dual_coef_).sum()),
        'support': int(len(svm.support_)),
        'predictions': svm.predict(matrix(given['test'])).tolist(),
    })
print(json.dumps(out))`

interface Answer {
  readonly decisions: number[]
  readonly objective: number
  readonly support: number
  readonly predictions: number[]
}

const plain = ({ rows, columns, starts, indices, values }: SparseMatrix) => {
  const stored = values ? [...values] : Array.from(indices, () => 1)
  return { rows, columns, starts: [...starts], indices: [...indices], values: stored }
}

const python = pythonWith('sklearn')

describe.skipIf(!python)('against scikit-learn’s SVC', () => {
  const cases = [
    { classes: 2, binary: true, C: 3, balanced: false },
    { classes: 2, binary: false, C: 0.5, balanced: true },
    { classes: 4, binary: true, C: 3, balanced: true },
    { classes: 4, binary: false, C: 20, balanced: false },
  ].map((each, i) => {
    const train = labelled(300, 40, each.classes, each.binary, i + 1)
    return { ...each, ...train, test: labelled(100, 40, each.classes, each.binary, i + 11).x }
  })
  const given = cases.map(({ x, y, test, C, balanced }) => {
    return { train: plain(x), y: [...y], test: plain(test), C, balanced }
  })
  const answers = python ? (runPython(python, SCRIPT, given) as Answer[]) : []

  it.each(cases.map((each, i) => [each.classes, each.binary, i] as const))(
    'the decisions for %i classes, binary %s, are the same',
    (classes, _, i) => {
      const { x, y, test, C, balanced } = cases[i]
      const model = classifierOf(rbfSvm, { ...SETTINGS, own: { C }, balanced }).fit(x, y, classes)
      const decisions = model.decide(test)
      const own = classes === 2 ? decisions.filter((_, at) => at % 2 === 1) : decisions
      expect(own).toHaveLength(answers[i].decisions.length)
      const furthest = Math.max(...own.map((value, at) => Math.abs(value - answers[i].decisions[at])))
      expect(furthest).toBeLessThan(1e-4)
      const rows = Array.from({ length: test.rows }, (_, row) => [
        ...decisions.slice(row * classes, (row + 1) * classes),
      ])
      expect(rows.map((row) => row.indexOf(Math.max(...row)))).toEqual(answers[i].predictions)
      const objective = Array.from(model.tensors.coefficients.data).reduce(
        (sum, each) => sum + Math.abs(each),
        0,
      )
      expect(Math.abs(objective / answers[i].objective - 1)).toBeLessThan(1e-4)
      expect(model.tensors['support.shape'].data[0]).toBe(answers[i].support)
    },
  )
})

describe('the shares of a Gaussian decision', () => {
  const { x } = labelled(30, 12, 2, false)
  const support = labelled(9, 12, 2, false, 5).x
  const coefficients = Float64Array.from({ length: 9 }, (_, s) => (s % 2 === 0 ? 1 : -1) * (s + 1))

  const denseRow = (of: SparseMatrix, row: number) => {
    const dense = new Float64Array(of.columns)
    for (let i = of.starts[row]; i < of.starts[row + 1]; i++) dense[of.indices[i]] = of.values?.[i] ?? 1
    return dense
  }
  const decide = (at: Float64Array, gamma: number) => {
    let sum = 0
    for (let s = 0; s < support.rows; s++) {
      const distance = denseRow(support, s).reduce(
        (all, value, j) => all + (value - at[j]) * (value - at[j]),
        0,
      )
      sum += coefficients[s] * exp(-gamma * distance)
    }
    return sum
  }

  it.each([0.01, 0.1, 1, 20])('are what a fine sum of small steps gives, γ %d', (gamma) => {
    const own = denseRow(x, 3)
    const shares = gaussianShares(x, 3, support, gamma, coefficients)
    const steps = 2000
    const summed = new Float64Array(x.columns)
    for (let step = 0; step < steps; step++) {
      const t = (step + 0.5) / steps
      for (let j = 0; j < x.columns; j++) {
        const beside = (by: number) =>
          decide(
            Float64Array.from(own, (value, k) => t * value + (k === j ? by : 0)),
            gamma,
          )
        if (own[j] !== 0) summed[j] += (own[j] * (beside(1e-5) - beside(-1e-5))) / 2e-5 / steps
      }
    }
    const columns = x.indices.subarray(x.starts[3], x.starts[4])
    columns.forEach((column, i) => {
      expect(shares[i]).toBeCloseTo(summed[column], 4)
    })
    const sum = shares.reduce((all, share) => all + share, 0)
    expect(sum).toBeCloseTo(decide(own, gamma) - decide(new Float64Array(x.columns), gamma), 9)
  })

  it('leave, of two classes, what the empty row is given as the base', () => {
    const { x: rows, y } = labelled(60, 12, 2, false)
    const model = classifierOf(rbfSvm, SETTINGS).fit(rows, y, 2)
    const empty = { ...rows, rows: 1, starts: Uint32Array.of(0, 0), indices: new Uint32Array(0) }
    const given = model.decide(empty)
    for (const target of [0, 1]) {
      for (const row of [0, 7, 31]) {
        expect(model.contributions(rows, row, target).base).toBeCloseTo(given[target], 9)
      }
    }
  })

  it('are nothing for an empty row', () => {
    const empty = { ...x, rows: 1, starts: Uint32Array.of(0, 0) }
    expect(gaussianShares(empty, 0, support, 1, coefficients)).toEqual(new Float64Array(0))
  })
})

describe('the tensors of an RBF model', () => {
  const { x, y } = labelled(40, 9, 3, false)
  const { tensors } = classifierOf(rbfSvm, SETTINGS).fit(x, y, 3)
  const starts = tensors['support.starts'].data
  const indices = tensors['support.indices'].data
  const broken: [string, string, Tensor][] = [
    ['a γ of 0', 'gamma', { shape: [1], data: Float64Array.of(0) }],
    ['a γ of another type', 'gamma', { shape: [1], data: Float32Array.of(1) }],
    ['another count', 'perClass', { shape: [3], data: Uint32Array.of(1, 1, 1) }],
    ['another shape', 'support.shape', { shape: [2], data: Uint32Array.of(1, 9) }],
    ['one intercept', 'intercepts', { shape: [1], data: new Float64Array(1) }],
    ['coefficients of two classes', 'coefficients', { shape: [1, 1], data: new Float64Array(1) }],
    [
      'a column too far',
      'support.indices',
      { shape: [indices.length], data: indices.map((j) => j + 1) as Uint32Array },
    ],
    [
      'columns that fall',
      'support.indices',
      { shape: [indices.length], data: indices.slice().reverse() as Uint32Array },
    ],
    [
      'rows that end early',
      'support.starts',
      { shape: [starts.length], data: starts.map((at) => at >> 1) as Uint32Array },
    ],
    ['no rows at all', 'support.starts', { shape: [0], data: new Uint32Array(0) }],
    ['a value too few', 'support.values', { shape: [1], data: new Float64Array(1) }],
  ]

  it.each(broken)('with %s are refused', (_, name, tensor) => {
    expect(rbfSvm.load(tensors, 9, 3)).not.toBeNull()
    expect(rbfSvm.load({ ...tensors, [name]: tensor }, 9, 3)).toBeNull()
  })

  it('give a model that decides, or none, whatever words stand in them', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('perClass', 'support.shape', 'support.starts', 'support.indices'),
        fc.nat(),
        fc.nat(2 ** 32 - 1),
        (name, at, word) => {
          const data = tensors[name].data.slice() as Uint32Array
          data[at % data.length] = word
          const model = rbfSvm.load({ ...tensors, [name]: { ...tensors[name], data } }, 9, 3)
          if (model) expect(model.decide(x)).toHaveLength(3 * x.rows)
        },
      ),
      { numRuns: 500 },
    )
  })
})

describe('the scale rule', () => {
  it.each([true, false])('counts the zeros, binary %s', (binary) => {
    const { x, y } = labelled(30, 8, 2, binary)
    const cells = new Float64Array(240)
    for (let row = 0; row < 30; row++) {
      for (let i = x.starts[row]; i < x.starts[row + 1]; i++)
        cells[8 * row + x.indices[i]] = x.values?.[i] ?? 1
    }
    const mean = cells.reduce((sum, cell) => sum + cell, 0) / 240
    const variance = cells.reduce((sum, cell) => sum + (cell - mean) * (cell - mean), 0) / 240
    const { gamma } = classifierOf(rbfSvm, { ...SETTINGS, value: 2 }).fit(x, y, 2).tensors
    expect(gamma.data[0]).toBeCloseTo(2 / (8 * variance), 10)
  })
})

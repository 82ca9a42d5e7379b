import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { beforeAll, describe, expect, it } from 'vitest'
import { pythonWith, runPython } from '../../test/python.ts'
import { sharedData } from '../../test/shared-data.ts'
import { traceOf } from '../../test/traces.ts'
import { stratifiedGroupFolds } from '../corpus/index.ts'
import { DEFAULT_FEATURES, type FeatureSettings, fitEncoder, type SparseMatrix } from '../features/index.ts'
import { classifierOf } from './classifier-kind.ts'
import { linearSvm } from './linear-svm.ts'
import { bernoulli, multinomial } from './naive-bayes.ts'
import { findRecipe } from './recipe-list.ts'

const file = sharedData('malbehavd-v1.jsonl.gz')
const python = file && pythonWith('sklearn')

/** Solves the same problems, with values, to the end: weights and intercept, and predictions of the test rows. */
const SVM_SCRIPT = `
import json, sys, warnings
import scipy.sparse
from sklearn.svm import LinearSVC
warnings.filterwarnings('error')
def matrix(x):
    return scipy.sparse.csr_matrix((x['values'], x['indices'], x['starts']), (x['rows'], x['columns']))
given, out = json.load(sys.stdin), []
for C in given['costs']:
    svm = LinearSVC(C=C, tol=1e-6, max_iter=1000000, random_state=0).fit(matrix(given['train']), given['y'])
    out.append({'weights': svm.coef_[0].tolist() + svm.intercept_.tolist(), 'svm': svm.predict(matrix(given['test'])).tolist()})
print(json.dumps(out))`

/** Fits scikit-learn on the same rows: [weights, intercept, decisions or predictions of the test rows] of each fold. */
const SCRIPT = `
import json, sys, warnings
import numpy, scipy.sparse
from sklearn.naive_bayes import BernoulliNB, MultinomialNB
from sklearn.svm import LinearSVC
warnings.filterwarnings('error')
def matrix(rows, columns):
    starts = numpy.cumsum([0] + [len(row) for row in rows])
    return scipy.sparse.csr_matrix((numpy.ones(starts[-1]), numpy.concatenate(rows).astype(int), starts), (len(rows), columns))
out = []
for fold in json.load(sys.stdin):
    x, test = matrix(fold['train'], fold['columns']), matrix(fold['test'], fold['columns'])
    svm = LinearSVC(C=fold['C'], dual=True, loss='squared_hinge', tol=1e-6, max_iter=1000000, random_state=0).fit(x, fold['y'])
    out.append({
        'weights': svm.coef_[0].tolist() + svm.intercept_.tolist(),
        'svm': svm.predict(test).tolist(),
        'multinomial': MultinomialNB(alpha=1).fit(x, fold['y']).predict(test).tolist(),
        'bernoulli': BernoulliNB(alpha=1).fit(x, fold['y']).predict(test).tolist(),
    })
print(json.dumps(out))`

interface Fold {
  readonly train: SparseMatrix
  readonly test: SparseMatrix
  readonly y: Uint32Array
}

interface Answer {
  readonly weights: number[]
  readonly svm: number[]
  readonly multinomial: number[]
  readonly bernoulli: number[]
}

function makeFolds(path: string, settings: FeatureSettings, folds = 5): Fold[] {
  const rows = gunzipSync(readFileSync(path))
    .toString()
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
  const traces = rows.map((row: { calls: string[] }) => traceOf([...row.calls].sort().join(' '), 'set'))
  const groups = rows.map((row: { calls: string[] }) => [...row.calls].sort().join(' '))
  const y = Uint32Array.from(rows, (row: { label: number }) => row.label)
  const foldOf = stratifiedGroupFolds(y, groups, 5, 0)
  const pick = (wanted: (fold: number) => boolean) => [...y.keys()].filter((row) => wanted(foldOf[row]))
  return Array.from({ length: folds }, (_, fold) => {
    const [train, test] = [pick((each) => each !== fold), pick((each) => each === fold)]
    const labels = Uint32Array.from(train, (row) => y[row])
    const encoder = fitEncoder(
      settings,
      train.map((row) => traces[row]),
      labels,
      2,
    )
    return {
      train: encoder.encode(train.map((row) => traces[row])),
      test: encoder.encode(test.map((row) => traces[row])),
      y: labels,
    }
  })
}

const listed = (x: SparseMatrix) =>
  Array.from({ length: x.rows }, (_, row) => [...x.indices.subarray(x.starts[row], x.starts[row + 1])])

/** ½‖w‖² + C Σ max(0, 1 - y·(w·x))², the intercept in w. */
function objective(x: SparseMatrix, y: Uint32Array, w: ArrayLike<number>, c: number): number {
  let sum = 0
  for (let j = 0; j < w.length; j++) sum += (w[j] * w[j]) / 2
  for (let row = 0; row < x.rows; row++) {
    let margin = w[x.columns]
    for (let i = x.starts[row]; i < x.starts[row + 1]; i++) margin += w[x.indices[i]] * (x.values?.[i] ?? 1)
    sum += c * Math.max(0, 1 - (y[row] === 1 ? margin : -margin)) ** 2
  }
  return sum
}

const predictions = (decisions: Float64Array) =>
  Array.from({ length: decisions.length / 2 }, (_, row) =>
    Number(decisions[2 * row + 1] > decisions[2 * row]),
  )

describe.skipIf(!python)('against scikit-learn on malbehavd-v1, presence, five grouped folds', () => {
  const costs = [0.1, 1]
  let folds: Fold[]
  let answers: Answer[][]

  beforeAll(() => {
    folds = makeFolds(file!, DEFAULT_FEATURES)
    answers = costs.map((C) => {
      const given = folds.map(({ train, test, y }) => {
        return { C, columns: train.columns, train: listed(train), test: listed(test), y: [...y] }
      })
      return runPython(python!, SCRIPT, given) as Answer[]
    })
  }, 120_000)

  it.each([
    [0, 1e-4],
    [1, 1e-4],
    [0, 1e-6],
    [1, 1e-6],
  ])('the linear SVM reaches the same objective and decisions (cost %i, tolerance %d)', (c, tolerance) => {
    let otherwise = 0
    folds.forEach(({ train, test, y }, fold) => {
      const settings = { value: costs[c], tolerance, balanced: false, seed: 1, own: {} }
      const model = classifierOf(linearSvm, settings).fit(train, y, 2)
      const { weights, intercepts } = model.tensors
      const ours = objective(train, y, [...weights.data, ...intercepts.data], costs[c])
      const theirs = objective(train, y, answers[c][fold].weights, costs[c])
      expect(Math.abs(ours - theirs) / theirs).toBeLessThan(1e-3)
      const predicted = predictions(model.decide(test))
      otherwise += predicted.filter((label, row) => label !== answers[c][fold].svm[row]).length
    })
    expect(otherwise).toBeLessThanOrEqual(2)
  })

  it.each([multinomial, bernoulli])('naive Bayes ($name) decides every row the same', (kind) => {
    folds.forEach(({ train, test, y }, fold) => {
      const model = classifierOf(kind, { value: 1, tolerance: 0.1, balanced: false, seed: 1, own: {} }).fit(
        train,
        y,
        2,
      )
      expect(predictions(model.decide(test))).toEqual(
        answers[0][fold][kind.name as 'bernoulli' | 'multinomial'],
      )
    })
  })
})

describe.skipIf(!python)('against scikit-learn on malbehavd-v1, as recipes have it', () => {
  const plain = ({ rows, columns, starts, indices, values }: SparseMatrix) => {
    return { rows, columns, starts: [...starts], indices: [...indices], values: [...values!] }
  }

  it.each(['svm', 'calls-detect'])(
    'the features, tolerance and grid of %s reach the same objective and decisions',
    (name) => {
      const { features, model } = findRecipe(name)!
      const [{ train, test, y }] = makeFolds(file!, features, 1)
      const costs = [model.grid[0], 1, model.grid.at(-1)!]
      const given = { costs, train: plain(train), test: plain(test), y: [...y] }
      const solved = runPython(python!, SVM_SCRIPT, given) as Pick<Answer, 'weights' | 'svm'>[]
      costs.forEach((value, i) => {
        const settings = { ...model, value, seed: 1 }
        const found = classifierOf(linearSvm, settings).fit(train, y, 2)
        const { weights, intercepts } = found.tensors
        const ours = objective(train, y, [...weights.data, ...intercepts.data], value)
        const theirs = objective(train, y, solved[i].weights, value)
        expect(Math.abs(ours - theirs) / theirs).toBeLessThan(1e-4)
        const predicted = predictions(found.decide(test))
        const otherwise = predicted.filter((label, row) => label !== solved[i].svm[row]).length
        expect(otherwise).toBeLessThanOrEqual(1)
      })
    },
    120_000,
  )
})

import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { pythonWith, runPython } from '../../test/python.ts'
import { labelledRows, sparseRows } from '../../test/sparse-rows.ts'
import { log, logSumExp, seededRandom } from '../core/index.ts'
import { boosting } from './boosting.ts'
import { gradients } from './boosting-loss.ts'
import type { Tensor } from './classifier.ts'
import { classifierOf, type FitSettings, ownDefaults } from './classifier-kind.ts'

const python = pythonWith('sklearn')

const settings = (own: Record<string, number>, more: Partial<FitSettings> = {}): FitSettings => {
  return {
    value: 0.1,
    tolerance: 1,
    balanced: false,
    seed: 1,
    own: { ...ownDefaults(boosting), ...own },
    ...more,
  }
}

/** Mean of -ln P(own class), P the softmax of the decisions: so boosting means them. */
function lossOf(decisions: Float64Array, y: Uint32Array, classes: number): number {
  let sum = 0
  y.forEach((own, row) => {
    const of = decisions.subarray(row * classes, (row + 1) * classes)
    sum += logSumExp(of) - of[own]
  })
  return sum / y.length
}

const PEER = `
import json, os, sys
os.environ['OMP_NUM_THREADS'] = '1'  # threads that wait for each other starve where the cores are taken
import numpy
from sklearn.ensemble import HistGradientBoostingClassifier
def probabilities(given):
    x, y = numpy.array(given['x']), numpy.array(given['y'])
    return HistGradientBoostingClassifier(
        max_iter=30, max_depth=3, max_leaf_nodes=None, min_samples_leaf=1, l2_regularization=1, early_stopping=False,
    ).fit(x, y).predict_proba(x).tolist()
print(json.dumps([probabilities(given) for given in json.load(sys.stdin)]))`

describe.skipIf(!python)('boosting against scikit-learn', () => {
  const problems = [2, 4].map((classes) => ({ classes, ...labelledRows(seededRandom(3), 500, 6, classes) }))
  let answers: number[][][]

  beforeAll(() => {
    const given = problems.map(({ dense, y }) => ({ x: dense, y: [...y] }))
    answers = runPython(python!, PEER, given) as number[][][]
  }, 120_000)

  it.each([0, 1])('gives nearly the probabilities that it gives (problem %i)', (problem) => {
    const { classes, dense, y } = problems[problem]
    const theirs = Float64Array.from(answers[problem].flat(), (p) => log(p))
    const own = { rounds: 30, depth: 3, l2: 1, minWeight: 1e-3, rowShare: 1, columnShare: 1, bins: 256 }
    const ours = classifierOf(boosting, settings(own))
      .fit(sparseRows(dense), y, classes)
      .decide(sparseRows(dense))
    // Its gradients are float32, which turns a few splits that are all but even; all others are the same.
    expect(Math.abs(lossOf(ours, y, classes) / lossOf(theirs, y, classes) - 1)).toBeLessThan(0.005)
    const apart = ours.map((each, i) => {
      const row = ours.subarray(classes * Math.floor(i / classes), classes * (Math.floor(i / classes) + 1))
      return Math.abs(each - logSumExp(row) - theirs[i])
    })
    expect([...apart].sort((a, b) => a - b)[ours.length >> 1]).toBeLessThan(0.02)
  })
})

describe('boosting', () => {
  const { dense, y } = labelledRows(seededRandom(7), 300, 6, 3)
  const x = sparseRows(dense)

  it.each([2, 3])('lowers the loss with every round (%i classes)', (classes) => {
    const own = y.map((each) => each % classes)
    const losses = [1, 2, 4, 8, 16, 32].map((rounds) => {
      const all = settings({ rounds, rowShare: 1, columnShare: 1 })
      return lossOf(classifierOf(boosting, all).fit(x, own, classes).decide(x), own, classes)
    })
    for (let i = 1; i < losses.length; i++) expect(losses[i]).toBeLessThan(losses[i - 1])
  })

  it.each([2, 3])('has the gradients and curvatures of its loss (%i classes)', (classes) => {
    const outputs = classes === 2 ? 1 : classes
    const random = seededRandom(4)
    const own = Uint32Array.of(0, 1, classes - 1, 1)
    const weights = Float64Array.of(1, 2, 0.5)
    const scores = Float64Array.from({ length: 4 * outputs }, () => random.unit() * 4 - 2)
    const loss = (row: number, of: Float64Array) => {
      const all = classes === 2 ? Float64Array.of(0, of[row]) : of.subarray(3 * row, 3 * row + 3)
      return weights[own[row]] * (logSumExp(all) - all[own[row]])
    }
    const pairs = gradients(scores, own, classes, weights, Uint8Array.of(1, 1, 1, 0))
    const step = 1e-4
    for (let row = 0; row < 4; row++) {
      for (let k = 0; k < outputs; k++) {
        const moved = (by: number) =>
          loss(
            row,
            scores.map((s, i) => (i === row * outputs + k ? s + by : s)),
          )
        const [gradient, curvature] = [pairs[k][2 * row], pairs[k][2 * row + 1]]
        const isDrawn = row < 3 ? 1 : 0
        expect(gradient).toBeCloseTo((isDrawn * (moved(step) - moved(-step))) / (2 * step), 6)
        const second = (moved(step) + moved(-step) - 2 * moved(0)) / (step * step)
        expect(curvature).toBeCloseTo(isDrawn * second, 5)
      }
    }
  })

  it('learns otherwise from other draws, and from classes that weigh the same', () => {
    const learn = (more: Partial<FitSettings>) =>
      classifierOf(boosting, settings({ rounds: 5 }, more)).fit(x, y, 3).tensors
    expect(learn({ seed: 2 })).not.toEqual(learn({}))
    expect(learn({ balanced: true }).base.data).not.toEqual(learn({}).base.data)
    const [first, ...others] = learn({ balanced: true }).base.data
    for (const other of others) expect(other).toBeCloseTo(first, 12)
  })

  const model = classifierOf(boosting, settings({ rounds: 4 })).fit(x, y, 3)
  const changed = (change: (tensors: Record<string, Tensor>) => void) => {
    const tensors = structuredClone(model.tensors) as Record<string, Tensor>
    change(tensors)
    return boosting.load(tensors, 6, 3)
  }
  const cut = ({ data }: Tensor, by: number): Tensor => {
    const shorter = data.slice(0, data.length - by)
    return { shape: [shorter.length], data: shorter }
  }

  it('comes back from its own tensors', () => {
    expect(changed(() => {})?.decide(x)).toEqual(model.decide(x))
  })

  it.each<[string, (tensors: Record<string, Tensor>) => void]>([
    ['a column that is not there', ({ nodes }) => nodes.data.fill(7, 0, 1)],
    [
      'a last tree without end',
      (t) => Object.assign(t, { nodes: cut(t.nodes, 1), values: cut(t.values, 1) }),
    ],
    ['a threshold too few', (t) => Object.assign(t, { thresholds: cut(t.thresholds, 1) })],
    ['a value too few', (t) => Object.assign(t, { values: cut(t.values, 1) })],
    ['an output too few', (t) => Object.assign(t, { base: cut(t.base, 1) })],
    [
      'a value of another type',
      (t) => Object.assign(t, { values: { ...t.values, data: Float64Array.from(t.values.data) } }),
    ],
    [
      'a tree that belongs to no round',
      ({ nodes, values }) => {
        const more = Uint32Array.from([...nodes.data, 6])
        Object.assign(nodes, { shape: [more.length], data: more })
        const given = Float32Array.from([...values.data, 0])
        Object.assign(values, { shape: [given.length], data: given })
      },
    ],
  ])('is refused with %s', (_, change) => {
    expect(changed(change)).toBeNull()
  })

  it('is refused or decides, whatever its tensors hold', () => {
    let taken = 0
    const node = fc.oneof({ weight: 2, arbitrary: fc.constant(6) }, fc.nat(7))
    fc.assert(
      fc.property(
        fc.array(node, { maxLength: 30 }),
        fc.float({ noNaN: true, noDefaultInfinity: true }),
        (nodes, value) => {
          const thresholds = new Float64Array(nodes.filter((each) => each < 6).length).fill(value)
          const loaded = boosting.load(
            {
              nodes: { shape: [nodes.length], data: Uint32Array.from(nodes) },
              thresholds: { shape: [thresholds.length], data: thresholds },
              values: { shape: [nodes.length], data: new Float32Array(nodes.length).fill(value) },
              base: { shape: [1], data: Float64Array.of(value) },
            },
            6,
            2,
          )
          if (!loaded) return
          taken++
          expect(loaded.decide(sparseRows(dense.slice(0, 3))).every(Number.isFinite)).toBe(true)
          loaded.contributions(sparseRows(dense.slice(0, 1)), 0, 1)
        },
      ),
      { numRuns: 2000 },
    )
    expect(taken).toBeGreaterThan(50)
  })
})

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { pythonWith, runPython } from '../../test/python.ts'
import { labelledRows, sparseRows } from '../../test/sparse-rows.ts'
import { madeUpExamples } from '../../test/traces.ts'
import { seededRandom } from '../core/index.ts'
import type { Tensor } from './classifier.ts'
import { classifierOf, type FitSettings, ownDefaults } from './classifier-kind.ts'
import { fitRecipe } from './fit-recipe.ts'
import { forest } from './forest.ts'
import { findRecipe } from './recipe-list.ts'

const python = pythonWith('sklearn')

const settings = (own: Record<string, number>, more: Partial<FitSettings> = {}): FitSettings => {
  return {
    value: 1,
    tolerance: 1,
    balanced: false,
    seed: 1,
    own: { ...ownDefaults(forest), ...own },
    ...more,
  }
}

const TREES = `
import json, sys
import numpy
from sklearn.tree import DecisionTreeClassifier
def nodes(given):
    x, y = numpy.array(given['x']), numpy.array(given['y'])
    fit = DecisionTreeClassifier(min_weight_fraction_leaf=given['share'], random_state=0).fit(x, y, sample_weight=given['draws'])
    t, out = fit.tree_, []
    def walk(node):
        if t.children_left[node] < 0:
            out.append([-1] + t.value[node][0].tolist())
            return
        out.append([int(t.feature[node]), float(t.threshold[node])])
        walk(t.children_left[node])
        walk(t.children_right[node])
    walk(0)
    return out
print(json.dumps([nodes(given) for given in json.load(sys.stdin)]))`

const FORESTS = `
import json, sys
import numpy
from sklearn.ensemble import ExtraTreesClassifier, RandomForestClassifier
given = json.load(sys.stdin)
x, y, test = numpy.array(given['x']), numpy.array(given['y']), numpy.array(given['test'])
print(json.dumps([
    kind(n_estimators=300, random_state=0).fit(x, y).predict_proba(test).tolist()
    for kind in (RandomForestClassifier, ExtraTreesClassifier)
]))`

/** The nodes in preorder: column and threshold, or -1 and the draws of each class. */
function nodesOf(tensors: Readonly<Record<string, Tensor>>, columns: number, classes: number) {
  let [inner, leaf, entry] = [0, 0, 0]
  return Array.from(tensors.nodes.data, (column) => {
    if (column < columns) return [column, tensors.thresholds.data[inner++]]
    const draws = new Array<number>(classes).fill(0)
    for (const end = entry + tensors.sizes.data[leaf++]; entry < end; entry++) {
      draws[tensors.members.data[entry]] = tensors.draws.data[entry]
    }
    return [-1, ...draws]
  })
}

describe.skipIf(!python)('a forest against scikit-learn', () => {
  it('grows the very tree that it grows of the same draws, of two classes and of four', () => {
    const minLeaf = 25
    // The first tree's draws, as the kernel makes them: its seed is the fit's by the forest's rule.
    const random = seededRandom(1_000_003)
    const draws = new Array<number>(600).fill(0)
    for (let i = 0; i < 600; i++) draws[Math.floor(random.unit() * 600)]++
    // Half a draw below, so that rounding refuses no leaf of exactly as many.
    const share = (minLeaf - 0.5) / 600
    const problems = [2, 4].map((classes) => ({ classes, ...labelledRows(seededRandom(3), 600, 8, classes) }))
    const given = problems.map(({ dense, y }) => ({ x: dense, y: [...y], draws, share }))
    const theirs = runPython(python!, TREES, given) as number[][][]
    problems.forEach(({ classes, dense, y }, i) => {
      const one = settings({ trees: 1, minLeaf }, { value: 100 })
      const { tensors } = classifierOf(forest, one).fit(sparseRows(dense), y, classes)
      expect(theirs[i].length).toBeGreaterThan(15)
      expect(nodesOf(tensors, 8, classes)).toEqual(theirs[i])
    })
  })

  it('gives the same probabilities but for chance, and is right as often', () => {
    const { dense, y } = labelledRows(seededRandom(5), 900, 12, 3)
    const given = { x: dense.slice(0, 600), y: [...y.slice(0, 600)], test: dense.slice(600) }
    const theirs = runPython(python!, FORESTS, given) as number[][][]
    for (const extra of [0, 1]) {
      const model = classifierOf(forest, settings({ extra })).fit(sparseRows(given.x), y.slice(0, 600), 3)
      const ours = model.decide(sparseRows(given.test))
      const flat = Float64Array.from(theirs[extra].flat())
      // The mean of 300 trees strays by √(p(1-p)/300), .03 at most, on either side.
      const apart =
        ours.map((p, i) => Math.abs(p - flat[i])).reduce((sum, each) => sum + each, 0) / ours.length
      expect(apart).toBeLessThan(0.03)
      const right = (of: Float64Array) =>
        [...y.slice(600)].filter((own, row) => {
          const p = of.subarray(3 * row, 3 * row + 3)
          return p.indexOf(Math.max(...p)) === own
        }).length / 300
      expect(Math.abs(right(ours) - right(flat))).toBeLessThan(0.025)
      expect(right(ours)).toBeGreaterThan(0.5)
    }
  })
})

describe('a forest', () => {
  const { dense, y } = labelledRows(seededRandom(7), 200, 6, 3)
  const model = classifierOf(forest, settings({ trees: 5, minLeaf: 3 })).fit(sparseRows(dense), y, 3)

  it('learns anew where the same rows have other labels', () => {
    const x = sparseRows(dense)
    const [few, turned] = [settings({ trees: 3 }), y.map((own) => 2 - own)]
    classifierOf(forest, few).fit(x, y, 3)
    for (const [labels, classes] of [[turned, 3] as const, [y, 4] as const]) {
      const again = classifierOf(forest, few).fit(x, labels, classes).tensors
      expect(again).toEqual(classifierOf(forest, few).fit({ ...x }, labels, classes).tensors)
    }
  })

  it('gives classes of few rows their weight where it is asked to', () => {
    const random = seededRandom(2)
    const rare = Uint32Array.from({ length: 300 }, () => Number(random.below(10) === 0))
    const rows = Array.from(rare, (own) => [random.unit() + own / 4, random.unit()])
    const chosen = (balanced: boolean) => {
      const decisions = classifierOf(forest, settings({ trees: 50, minLeaf: 20 }, { balanced }))
        .fit(sparseRows(rows), rare, 2)
        .decide(sparseRows(rows))
      return rare.filter((own, row) => own === 1 && decisions[2 * row + 1] > decisions[2 * row]).length
    }
    expect(chosen(true)).toBeGreaterThan(2 * chosen(false))
  })

  it('is sure of what all trees say, also where a recipe has no folds to calibrate by', async () => {
    const examples = madeUpExamples(150, 2, 'set')
    const recipe = findRecipe('forest')!
    const { score } = await fitRecipe({ ...recipe, model: { ...recipe.model, folds: 0 } }, examples, {
      seed: 1,
    })
    const { decisions, probabilities } = score(examples.traces)
    decisions.forEach((share, i) => {
      if (share > 0.95) expect(probabilities[i]).toBeGreaterThan(0.95)
      if (share < 0.05) expect(probabilities[i]).toBeLessThan(0.05)
      expect(probabilities[i] > 0.5).toBe(share > 0.5)
    })
  })

  it('names what a sample lacks where its absence counted', async () => {
    const examples = madeUpExamples(150, 2, 'set')
    const trained = await fitRecipe({ ...findRecipe('forest')! }, examples, { seed: 1 })
    const has = new Set(examples.traces[0].vocabulary)
    const shares = trained.explain(examples.traces[0], 1, { features: Number.POSITIVE_INFINITY })
    expect(shares.some(({ absent }) => absent)).toBe(true)
    for (const { feature, absent } of shares) expect(absent ?? false).toBe(!has.has(feature))
  })

  const changed = (change: (tensors: Record<string, Tensor>) => void) => {
    const tensors = structuredClone(model.tensors) as Record<string, Tensor>
    change(tensors)
    return forest.load(tensors, 6, 3)
  }
  const cut = ({ data }: Tensor, by: number): Tensor => {
    const shorter = data.slice(0, data.length - by)
    return { shape: [shorter.length], data: shorter }
  }

  it('comes back from its own tensors', () => {
    expect(changed(() => {})).not.toBeNull()
  })

  it.each<[string, (tensors: Record<string, Tensor>) => void]>([
    ['a column that is not there', ({ nodes }) => nodes.data.fill(7, 0, 1)],
    ['a leaf in place of a root', ({ nodes }) => nodes.data.fill(6, 0, 1)],
    ['a last tree without end', (t) => Object.assign(t, { nodes: cut(t.nodes, 1) })],
    ['no nodes', (t) => Object.assign(t, { nodes: cut(t.nodes, t.nodes.data.length) })],
    ['a threshold too few', (t) => Object.assign(t, { thresholds: cut(t.thresholds, 1) })],
    ['a leaf too few', (t) => Object.assign(t, { sizes: cut(t.sizes, 1) })],
    ['a leaf of more classes than are left', ({ sizes }) => sizes.data.fill(4e9, 0, 1)],
    ['a leaf of fewer classes than are told', ({ sizes }) => sizes.data.fill(0, 0, 1)],
    ['a class that is not there', ({ members }) => members.data.fill(3, 0, 1)],
    ['a class twice at a leaf', ({ members }) => members.data.fill(0)],
    ['a class that nobody drew', ({ draws }) => draws.data.fill(0, 0, 1)],
    ['a weight of nothing', ({ weights }) => weights.data.fill(0)],
    ['a weight that overflows', ({ weights }) => weights.data.fill(1e300)],
    ['a weight below nothing', ({ weights }) => weights.data.fill(-1, 0, 1)],
    ['a weight too few', (t) => Object.assign(t, { weights: cut(t.weights, 1) })],
    [
      'columns of another type',
      (t) => Object.assign(t, { nodes: { ...t.nodes, data: Float64Array.from(t.nodes.data) } }),
    ],
    ['a shape of two sides', (t) => Object.assign(t, { weights: { ...t.weights, shape: [1, 3] } })],
  ])('is refused with %s', (_, change) => {
    expect(changed(change)).toBeNull()
  })

  it('is refused or decides, whatever its tensors hold', () => {
    // Mostly leaves, classes and draws that can be, so that many forests are taken.
    const nodeList = fc.array(fc.oneof({ weight: 3, arbitrary: fc.constant(6) }, fc.nat(7)), {
      maxLength: 12,
    })
    const words = fc.array(fc.oneof({ weight: 9, arbitrary: fc.integer({ min: 1, max: 2 }) }, fc.nat(7)))
    const vector = (data: Uint32Array | Float64Array): Tensor => ({ shape: [data.length], data })
    let taken = 0
    fc.assert(
      fc.property(
        nodeList,
        words,
        words,
        fc.array(fc.double({ noNaN: true }), { maxLength: 8 }),
        (nodes, a, b, t) => {
          const inner = nodes.filter((node) => node < 6).length
          const leaves = nodes.filter((node) => node === 6).length
          const tensors = {
            nodes: vector(Uint32Array.from(nodes)),
            thresholds: vector(
              Float64Array.from({ length: inner }, (_, i) => t[i % Math.max(1, t.length)] ?? 0),
            ),
            sizes: vector(new Uint32Array(leaves).fill(1)),
            members: vector(Uint32Array.from({ length: leaves }, (_, i) => a[i] ?? 0)),
            draws: vector(Uint32Array.from({ length: leaves }, (_, i) => b[i] ?? 1)),
            weights: vector(new Float64Array(3).fill(1)),
          }
          const loaded = forest.load(tensors, 6, 3)
          if (!loaded) return
          taken++
          const decisions = loaded.decide(sparseRows(dense.slice(0, 3)))
          expect(decisions.every((p) => p >= 0 && p <= 1 + 1e-9)).toBe(true)
          loaded.contributions(sparseRows(dense.slice(0, 1)), 0, 1)
        },
      ),
      { numRuns: 2000 },
    )
    expect(taken).toBeGreaterThan(50)
  })
})

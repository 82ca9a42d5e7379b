import { beforeAll, describe, expect, it } from 'vitest'
import { largestDifference, onnxInputs, runOnnx } from '../../../test/onnx-runtime.ts'
import { quickRecipe } from '../../../test/quick-recipe.ts'
import { madeUpExamples, traceOf } from '../../../test/traces.ts'
import type { Trace } from '../../samples/index.ts'
import { type BlendMember, blendKind } from '../blend.ts'
import { type ClassifierKind, ownDefaults } from '../classifier-kind.ts'
import { fitRecipe } from '../fit-recipe.ts'
import { forest } from '../forest.ts'
import { linearSvm } from '../linear-svm.ts'
import { bernoulli, multinomial } from '../naive-bayes.ts'
import { nearestNeighbours } from '../nearest-neighbours.ts'
import { findRecipe } from '../recipe-list.ts'
import type { Trained } from '../trained.ts'
import { blendGraph } from './blend-graph.ts'
import { exportOnnx } from './export-onnx.ts'
import { forestGraph } from './forest-graph.ts'
import { makeGraph } from './graph.ts'
import { bernoulliGraph, linearSvmGraph, multinomialGraph } from './linear-graph.ts'
import { neighboursGraph } from './neighbours-graph.ts'
import { onnxFile } from './onnx-file.ts'
import { inputRows, type ModelGraph } from './ports.ts'

const GRAPHS = new Map<string, ModelGraph>([
  [forest.name, forestGraph],
  [linearSvm.name, linearSvmGraph],
  [multinomial.name, multinomialGraph],
  [bernoulli.name, bernoulliGraph],
  [nearestNeighbours.name, neighboursGraph],
])

const recipe = quickRecipe(findRecipe('cnn-lstm-plus')!)

/** A small blend with that share for its network. */
async function learn(share: number, examples: ReturnType<typeof madeUpExamples>): Promise<Trained> {
  const model = { ...recipe.model, grid: [share], folds: 0, own: { ...recipe.model.own, horizon: 2 } }
  return await fitRecipe({ ...recipe, model }, examples, { seed: 1 })
}

async function expectAgreement(trained: Trained, traces: readonly Trace[]): Promise<void> {
  const model = exportOnnx(trained, '')
  const found = await runOnnx(model, onnxInputs(model, trained.encoder.encode(traces)))
  const wanted = trained.score(traces)
  expect(largestDifference(found.decisions!, wanted.decisions)).toBeLessThan(1e-5)
  expect(largestDifference(found.probabilities!, wanted.probabilities)).toBeLessThan(1e-5)
}

const inputsOf = (trained: Trained) => exportOnnx(trained, '').inputs.map(({ name, type }) => [name, type])

describe('the ONNX form of a blend', () => {
  it.each([2, 5])('agrees with the model on %i classes', async (classes) => {
    const examples = madeUpExamples(80, classes, 'sequence')
    await expectAgreement(await learn(0.3, examples), [traceOf(''), traceOf('Unknown'), ...examples.traces])
  })

  it('agrees where a class has no rows, is the only one, or there are no columns', async () => {
    const { traces, y, ...examples } = madeUpExamples(40, 2, 'sequence')
    const more = { ...examples, traces, y, classes: ['a', 'b', 'none'] }
    await expectAgreement(await learn(0.3, more), traces)
    const alone = { ...examples, traces, y: new Uint32Array(y.length), classes: ['a'] }
    await expectAgreement(await learn(0.3, alone), traces)
    const strange = traces.map((_, i) => traceOf(`Call${i}`))
    await expectAgreement(await learn(0.3, { ...examples, y, traces: strange }), strange)
  })

  it('reads columns in float64, and nothing for members without weight', async () => {
    const examples = madeUpExamples(40, 3, 'sequence')
    const columns = ['columns', 'float64']
    const sequences = [
      ['tokens', 'int64'],
      ['lengths', 'int64'],
    ]
    const [all, columnsAlone, sequencesAlone] = [0.3, 0, 1].map((share) => learn(share, examples))
    expect(inputsOf(await all!)).toEqual([...sequences, columns])
    expect(inputsOf(await columnsAlone!)).toEqual([columns])
    expect(inputsOf(await sequencesAlone!)).toEqual(sequences)
    await expectAgreement(await columnsAlone!, examples.traces)
    await expectAgreement(await sequencesAlone!, examples.traces)
  })
})

describe('blendGraph', () => {
  let trained: Trained
  let examples: ReturnType<typeof madeUpExamples>

  beforeAll(async () => {
    examples = madeUpExamples(60, 3, 'sequence')
    trained = await learn(0, examples)
  })

  const member = (
    name: string,
    kind: ClassifierKind,
    slope: number,
    weight: number,
    own = {},
  ): BlendMember => ({
    ...{ name, kind, slope, weight: () => weight },
    settings: (given) => ({ ...given, value: 1, own: { ...ownDefaults(kind), ...own } }),
  })

  it.each<[string, BlendMember[]]>([
    ['one', [member('a', linearSvm, 2, 1)]],
    ['two of a kind', [member('a', linearSvm, 1, 0.25), member('b', linearSvm, 3, 0.75)]],
    [
      'one of each',
      [
        member('a', bernoulli, 0.5, 0.125),
        member('b', nearestNeighbours, 0, 0.25, { sharpness: 3 }),
        member('c', forest, 0, 0.5, { trees: 20 }),
        member('d', multinomial, 1, 0.125),
      ],
    ],
  ])('agrees with blends that hold %s', async (_, members) => {
    const kind = blendKind({
      ...{ name: 'blend', gridName: 'none', defaultGrid: [1], settings: [] },
      ...{ members: () => members, folds: () => 1, steps: () => 1 },
    })
    const given = { value: 1, tolerance: 0.01, balanced: false, seed: 1, own: {} }
    const x = trained.encoder.encode(examples.traces)
    const parts = members.map((_, part) => kind.fitPart(x, examples.y, 3, part, given))
    const { tensors, decide } = kind.join(parts, x, 3, given)
    const graph = makeGraph('blend')
    const rows = inputRows(graph, trained.encoder)
    const decisions = blendGraph(
      graph,
      { tensors, classes: 3, own: {}, rows },
      members,
      (kind) => GRAPHS.get(kind)!,
    )
    graph.output('decisions', ['rows', 3], decisions)
    const { inputs, outputs } = graph.parts()
    const model = { parts: onnxFile(graph.parts(), {}), inputs, outputs }
    const found = await runOnnx(model, onnxInputs(model, x))
    expect(largestDifference(found.decisions!, decide(x))).toBeLessThan(1e-6)
  })
})

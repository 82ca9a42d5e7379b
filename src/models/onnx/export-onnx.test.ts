import fc from 'fast-check'
import { Tensor } from 'onnxruntime-node'
import { beforeAll, describe, expect, it } from 'vitest'
import { anyText } from '../../../test/corpus-rows.ts'
import { largestDifference, onnxInputs, runOnnx } from '../../../test/onnx-runtime.ts'
import { madeUpExamples, traceOf } from '../../../test/traces.ts'
import { UsageError } from '../../core/index.ts'
import { makeEncoder } from '../../features/index.ts'
import type { Trace } from '../../samples/index.ts'
import { fitRecipe } from '../fit-recipe.ts'
import type { Recipe } from '../recipe.ts'
import { findRecipe } from '../recipe-list.ts'
import type { Trained } from '../trained.ts'
import { exportOnnx } from './export-onnx.ts'

const DIGEST = 'd'.repeat(64)
const RECIPES = ['svm', 'svm-rbf', 'forest', 'boosting', 'naive-bayes', 'bernoulli', 'neighbours']

/** A recipe that learns in no time. */
const small = (name: string, folds: number, features: Partial<Recipe['features']> = {}): Recipe => {
  const recipe = findRecipe(name)!
  const { trees, rounds } = recipe.model.own
  return {
    ...recipe,
    features: { ...recipe.features, pairs: Math.min(5, recipe.features.pairs), minDocuments: 2, ...features },
    model: {
      ...recipe.model,
      folds,
      grid: [1],
      own: { ...recipe.model.own, ...(trees && { trees: 40 }), ...(rounds && { rounds: 20 }) },
    },
  }
}

/** Holds what onnxruntime makes of the rows of some traces to what taxon makes of the traces. */
async function expectAgreement(trained: Trained, traces: readonly Trace[]): Promise<void> {
  const model = exportOnnx(trained, DIGEST)
  const found = await runOnnx(model, onnxInputs(model, trained.encoder.encode(traces)))
  const wanted = trained.score(traces)
  // Nothing but the rows and the results is rounded to float32.
  expect(largestDifference(found.decisions!, wanted.decisions)).toBeLessThan(1e-6)
  expect(largestDifference(found.probabilities!, wanted.probabilities)).toBeLessThan(1e-6)
}

describe.each(RECIPES)('the ONNX form of %s', (name) => {
  it.each([
    [2, 'sequence'],
    [2, 'set'],
    [5, 'sequence'],
    [5, 'counts'],
  ] as const)('agrees with the model on %i classes, %s', async (classes, kind) => {
    const examples = madeUpExamples(80, classes, kind)
    const trained = await fitRecipe(small(name, 2), examples, { seed: 1 })
    await expectAgreement(trained, [traceOf('', kind), ...examples.traces])
    await expectAgreement(trained, [])
  })

  it('agrees where rows are scaled and normalised', async () => {
    const examples = madeUpExamples(80, 3, 'sequence')
    const scaled = small(name, 0, { scale: 'idf', normalise: true })
    await expectAgreement(await fitRecipe(scaled, examples, { seed: 1 }), examples.traces)
  })

  it('agrees where a class has no rows, or is the only one', async () => {
    const { traces, y, ...examples } = madeUpExamples(40, 2, 'sequence')
    const more = { ...examples, traces, y, classes: ['a', 'b', 'none'] }
    await expectAgreement(await fitRecipe(small(name, 0), more, { seed: 1 }), traces)
    const alone = { ...examples, traces, y: new Uint32Array(y.length), classes: ['a'] }
    await expectAgreement(await fitRecipe(small(name, 0), alone, { seed: 1 }), traces)
  })

  it('agrees where there are no columns', async () => {
    const examples = madeUpExamples(20, 3, 'sequence')
    const traces = examples.traces.map((_, i) => traceOf(`Call${i}`))
    await expectAgreement(await fitRecipe(small(name, 0), { ...examples, traces }, { seed: 1 }), traces)
  })

  it('is the same, byte for byte, when it is written again', async () => {
    const examples = madeUpExamples(40, 3, 'sequence')
    const write = async () => exportOnnx(await fitRecipe(small(name, 0), examples, { seed: 1 }), DIGEST)
    expect(Buffer.concat((await write()).parts)).toEqual(Buffer.concat((await write()).parts))
  })
})

describe('an ONNX model', () => {
  let trained: Trained

  beforeAll(async () => {
    trained = await fitRecipe(small('svm', 0), madeUpExamples(40, 2, 'set'), { seed: 1 })
  })

  it('says what goes in and out', () => {
    const width = trained.encoder.names.length
    const { inputs, outputs } = exportOnnx(trained, DIGEST)
    expect(inputs).toEqual([{ name: 'columns', type: 'float32', shape: ['rows', width] }])
    expect(outputs).toEqual([
      { name: 'decisions', type: 'float32', shape: ['rows', 2] },
      { name: 'probabilities', type: 'float32', shape: ['rows', 2] },
    ])
  })

  it('names its maker, but no time and no machine', () => {
    const text = Buffer.concat(exportOnnx(trained, DIGEST).parts).toString('latin1')
    // ModelProto: ir_version (field 1) 8, producer_name (field 2).
    expect(text.startsWith('\x08\x08\x12\x05taxon')).toBe(true)
    expect(text).not.toContain(String(new Date().getFullYear()))
  })

  it('carries any names as JSON, unchanged', async () => {
    const { table, settings } = trained.encoder
    const size = table.tokens.length
    const names = fc.uniqueArray(anyText, { minLength: size, maxLength: size })
    await fc.assert(
      fc.asyncProperty(names, fc.tuple(anyText, anyText), async (tokens, classes) => {
        const encoder = makeEncoder(settings, { ...table, tokens })
        const model = exportOnnx({ ...trained, encoder, classes }, DIGEST)
        const file = Buffer.concat(model.parts)
        for (const value of [encoder.names, classes]) expect(file.includes(JSON.stringify(value))).toBe(true)
        const width = encoder.names.length
        const columns = new Tensor('float32', new Float32Array(width), [1, width])
        expect((await runOnnx(model, { columns })).probabilities).toHaveLength(2)
      }),
      { numRuns: 50 },
    )
  })

  it('carries the digest, the recipe and the scale', () => {
    const file = Buffer.concat(exportOnnx(trained, DIGEST).parts)
    expect(file.includes(DIGEST)).toBe(true)
    expect(file.includes('"type":"linear-svm"')).toBe(true)
    expect(file.includes(JSON.stringify([...trained.encoder.table.scale!]))).toBe(true)
  })

  it('of a network says which token each id is', async () => {
    const { model, ...recipe } = findRecipe('cnn')!
    const own = { ...model.own, maps1: 2, maps2: 2 }
    const quick = { ...recipe, model: { ...model, own, grid: [1], folds: 0 } }
    const network = await fitRecipe(quick, madeUpExamples(40, 2, 'sequence'), { seed: 1 })
    const { inputs, parts } = exportOnnx(network, DIGEST)
    expect(inputs).toEqual([
      { name: 'tokens', type: 'int64', shape: ['rows', 'steps'] },
      { name: 'lengths', type: 'int64', shape: ['rows'] },
    ])
    const { tokens, sequence } = network.encoder.table
    const names = Array.from(sequence!, (token) => tokens[token])
    expect(Buffer.concat(parts).includes(JSON.stringify([null, ...names]))).toBe(true)
    expect(Buffer.concat(parts).includes(JSON.stringify(network.encoder.names))).toBe(false)
  })

  it('is refused of a kind of model that has no such form', () => {
    const model = { ...trained.model, name: 'oracle' }
    expect(() => exportOnnx({ ...trained, model }, DIGEST)).toThrow(UsageError)
    expect(() => exportOnnx({ ...trained, model }, DIGEST)).toThrow('oracle has no ONNX form')
  })
})

import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { quickRecipe } from '../../test/quick-recipe.ts'
import { madeUpExamples } from '../../test/traces.ts'
import { KnownError, sha256 } from '../core/index.ts'
import { KINDS } from '../samples/index.ts'
import { NEVER_SURE, OUTSPOKEN } from './abstention.ts'
import { fitSettings } from './choose-value.ts'
import { fitRecipe } from './fit-recipe.ts'
import { linearSvm } from './linear-svm.ts'
import { loadModel, ModelFileError, modelDigest, saveModel } from './model-file.ts'
import type { Recipe } from './recipe.ts'
import { findRecipe, recipes } from './recipe-list.ts'
import { readTensors, type TensorFile, writeTensors } from './safetensors.ts'
import type { Trained } from './trained.ts'
import { withCard } from './trained.ts'

const examples = madeUpExamples(60, 2, 'set')
const small = (recipe: Recipe): Recipe => ({
  ...recipe,
  view: 'any',
  kinds: recipe.features.steps > 0 ? recipe.kinds : KINDS,
  features: { ...recipe.features, pairs: 5, minDocuments: 5 },
  model: { ...recipe.model, folds: 2, grid: recipe.model.grid.slice(0, 2) },
})

describe('a model file', () => {
  let trained: Trained
  let file: Uint8Array

  beforeAll(async () => {
    trained = await fitRecipe(small(findRecipe('svm')!), examples, { seed: 1 })
    file = saveModel(trained)
  })

  it.each(recipes.map((recipe) => [recipe.name, recipe] as const))(
    'holds all of a %s model',
    async (_, recipe) => {
      const examples = madeUpExamples(60, 2, recipe.features.steps > 0 ? 'sequence' : 'set')
      const model = await fitRecipe(small(quickRecipe({ ...recipe, target: 'auto' })), examples, { seed: 1 })
      const loaded = loadModel(saveModel(model))
      expect(loaded.score(examples.traces)).toEqual(model.score(examples.traces))
      expect(loaded.explain(examples.traces[0], 1)).toEqual(model.explain(examples.traces[0], 1))
      expect(loaded.encoder.names).toEqual(model.encoder.names)
      expect([loaded.card, loaded.recipe, loaded.classes]).toEqual([model.card, model.recipe, model.classes])
    },
  )

  it('is the same, byte for byte, when training is done again', async () => {
    expect(saveModel(await fitRecipe(trained.recipe, examples, { seed: 1 }))).toEqual(file)
    expect(saveModel(await fitRecipe(trained.recipe, examples, { seed: 2 }))).not.toEqual(file)
  })

  it('is the safetensors format, readable without taxon', () => {
    const headerBytes = Number(new DataView(file.buffer).getBigUint64(0, true))
    const header = JSON.parse(new TextDecoder().decode(file.subarray(8, 8 + headerBytes)))
    expect(headerBytes % 8).toBe(0)
    const {
      dtype,
      shape,
      data_offsets: [from, to],
    } = header['model.weights']
    expect([dtype, shape]).toEqual(['F64', [1, trained.encoder.names.length]])
    const bytes = file.slice(8 + headerBytes + from, 8 + headerBytes + to)
    expect(new Float64Array(bytes.buffer)).toEqual(trained.model.tensors.weights.data)
  })

  it('states its digest', () => {
    const text = new TextDecoder('latin1').decode(file)
    const blank = text.replace(modelDigest(file), '0'.repeat(64))
    expect(sha256(Buffer.from(blank, 'latin1'))).toBe(modelDigest(file))
  })

  it('is refused with any one byte changed', () => {
    const changed = file.slice()
    for (let at = 0; at < changed.length; at++) {
      const flip = 1 << (at % 8)
      changed[at] ^= flip
      expect(() => loadModel(changed), `byte ${at}`).toThrow(ModelFileError)
      changed[at] ^= flip
    }
  })

  it('is refused when cut or longer', () => {
    for (let length = 0; length < file.length; length += 97) {
      expect(() => loadModel(file.subarray(0, length))).toThrow(ModelFileError)
    }
    expect(() => loadModel(Uint8Array.of(...file, 0))).toThrow(ModelFileError)
  })

  it('never fails otherwise than by a named error, even where the digest is right', () => {
    const digestAt = new TextDecoder('latin1').decode(file).indexOf(modelDigest(file))
    const edit = fc.record({ at: fc.nat(file.length - 1), byte: fc.nat(255) })
    fc.assert(
      fc.property(fc.array(edit, { minLength: 1, maxLength: 4 }), fc.nat(3), (edits, cut) => {
        const changed = file.slice(0, file.length - cut * 8)
        for (const { at, byte } of edits) if (at < changed.length) changed[at] = byte
        changed.fill(0x30, digestAt, digestAt + 64)
        changed.set(new TextEncoder().encode(sha256(changed)), digestAt)
        try {
          const loaded = loadModel(changed)
          // Changed numbers are another model; it must still score.
          expect(loaded.score(examples.traces).probabilities.every((p) => p >= 0 && p <= 1)).toBe(true)
        } catch (error) {
          expect(error).toBeInstanceOf(KnownError)
        }
      }),
      { numRuns: 3000 },
    )
  })

  it('is not written of what could not be read again', () => {
    expect(() => saveModel(withCard(trained, { figures: { accuracy: Number.NaN } }))).toThrow(ModelFileError)
    const weights = { shape: [1, 1], data: Float64Array.of(Number.POSITIVE_INFINITY) }
    expect(() => saveModel({ ...trained, model: { ...trained.model, tensors: { weights } } })).toThrow(
      'not finite',
    )
  })

  /** A file of a model with such columns: right in all else, and with the right digest. */
  function fileOf(columns: readonly (readonly number[])[], firstPair: number, tokens = 4): Uint8Array {
    const starts = Uint32Array.from(
      { length: columns.length + 1 },
      (_, i) => columns.slice(0, i).flat().length,
    )
    const table = {
      ...trained.encoder.table,
      tokens: Array.from({ length: tokens }, (_, i) => `t${String(i).padStart(5, '0')}`),
      columns: { tokens: Uint32Array.from(columns.flat()), starts },
      firstPair,
      scale: null,
    }
    const x = { ...trained.encoder.encode([]), columns: columns.length }
    const settings = fitSettings(trained.recipe, 1, 1)
    const model = linearSvm.join([new Float64Array(columns.length + 1)], x, 2, settings)
    return saveModel({ ...trained, model, encoder: { ...trained.encoder, table } })
  }

  it('takes columns that an encoder could have learned', () => {
    expect(loadModel(fileOf([[0], [2], [3], [0, 2], [2, 3]], 3)).encoder.names).toHaveLength(5)
    expect(loadModel(fileOf([], 0)).encoder.names).toEqual([])
  })

  it.each<[string, number[][], number]>([
    ['an unknown token', [[0], [4]], 2],
    ['a column twice', [[0], [0]], 2],
    ['columns out of order', [[1], [0]], 2],
    ['an empty column', [[0], []], 2],
    ['n-grams of sets', [[0], [0, 1]], 2],
    ['a pair of three', [[0], [1], [2], [0, 1, 2]], 3],
    ['a pair without columns', [[0], [1], [0, 2]], 2],
    ['a pair with itself', [[0], [1], [1, 1]], 2],
    ['pairs out of order', [[0], [1], [2], [1, 2], [0, 1]], 3],
    ['more pairs than columns', [[0], [1]], 3],
  ])('is refused with %s', (_, columns, firstPair) => {
    expect(() => loadModel(fileOf(columns, firstPair))).toThrow(ModelFileError)
  })

  it('is refused with pairs of so many tokens that their table would fill the memory', () => {
    const singles = Array.from({ length: 3000 }, (_, token) => [token])
    const pairs = Array.from({ length: 2999 }, (_, token) => [token, token + 1])
    expect(() => loadModel(fileOf([...singles, ...pairs], 3000, 3000))).toThrow('pairs have too many tokens')
  })

  describe('of a recipe that gives models the order of tokens', () => {
    const ordered = (features: Partial<Recipe['features']>) => {
      const recipe = small(findRecipe('svm')!)
      const rows = madeUpExamples(60, 2, 'sequence')
      const how = { ...recipe.features, ngrams: [1, 1] as const, ...features }
      return fitRecipe({ ...recipe, features: how }, rows, { seed: 1 })
    }

    it('holds the ids of tokens', async () => {
      const model = await ordered({ steps: 9, vocabulary: 4 })
      const { encoder } = loadModel(saveModel(model))
      const { traces } = madeUpExamples(5, 2, 'sequence', 3)
      expect(encoder.table.sequence).toHaveLength(3)
      expect(encoder.encode(traces)).toEqual(model.encoder.encode(traces))
    })

    it.each<[string, Partial<Recipe['features']>, readonly number[] | null]>([
      ['without them', { steps: 9 }, null],
      ['that nobody asked for', {}, [0]],
      ['out of order', { steps: 9 }, [2, 1]],
      ['twice', { steps: 9 }, [1, 1]],
      ['of unknown tokens', { steps: 9 }, [0, 30]],
      ['more than the recipe allows', { steps: 9, vocabulary: 3 }, [0, 1, 2]],
    ])('is refused with ids %s', async (_, features, ids) => {
      const model = await ordered(features)
      const sequence = ids && Uint32Array.from(ids)
      const table = { ...model.encoder.table, sequence }
      expect(() => loadModel(saveModel({ ...model, encoder: { ...model.encoder, table } }))).toThrow(
        'sequences',
      )
    })
  })

  it('keeps what is written on its card', () => {
    const card = {
      figures: { accuracy: 0.9, 'tpr at 0.001': null },
      abstention: { minTokens: 5, minKnown: 0.9, benignBelow: 0.1, maliciousAbove: 0.8 },
      source: 'a set of 10 “runs”',
    }
    expect(loadModel(saveModel(withCard(trained, card))).card).toEqual({ ...trained.card, ...card })
    for (const minProbability of [0, 0.61, 1, NEVER_SURE]) {
      const abstention = { ...card.abstention, minDecision: -1, minProbability }
      expect(loadModel(saveModel(withCard(trained, { abstention }))).card.abstention).toEqual(abstention)
    }
  })

  it.each([-0.1, 1.5, 3, Number.NaN, '1', null])('has no card with a least probability of %s', (value) => {
    const abstention = { ...OUTSPOKEN, minProbability: value as number }
    expect(() => saveModel(withCard(trained, { abstention }))).toThrow('its card is not a card')
  })

  describe('calibrated by a temperature', () => {
    const save = (temperature: number) => saveModel({ ...trained, calibration: { temperature } })

    /** The file with other tensors, and the digest that fits them. */
    function withTensors(change: (tensors: TensorFile['tensors']) => TensorFile['tensors']): Uint8Array {
      const from = save(2)
      const read = readTensors(from) as TensorFile
      const metadata = { ...read.metadata, sha256: '0'.repeat(64) }
      const changed = writeTensors({ metadata, tensors: change(read.tensors) })
      const at = new TextDecoder('latin1').decode(changed).indexOf('0'.repeat(64))
      changed.set(new TextEncoder().encode(sha256(changed)), at)
      return changed
    }

    it('comes back as it was', () => {
      const loaded = loadModel(save(2.5))
      expect(loaded.calibration).toEqual({ temperature: 2.5 })
      const { decisions, probabilities } = loaded.score(examples.traces)
      expect(probabilities[0]).toBeCloseTo(1 / (1 + Math.exp((decisions[1] - decisions[0]) / 2.5)), 12)
      expect(withTensors((tensors) => tensors)).toEqual(save(2))
    })

    it.each([0, -0, -1])('is refused at %d', (temperature) => {
      expect(() => loadModel(save(temperature))).toThrow('its temperature is not positive')
    })

    it.each([Number.NaN, Number.POSITIVE_INFINITY])('is not written at %d', (temperature) => {
      expect(() => save(temperature)).toThrow('not finite')
    })

    const two = { shape: [2], data: new Float64Array(2).fill(1) }
    it.each<[string, TensorFile['tensors'], string]>([
      ['slopes beside it', { 'calibration.slopes': two }, 'calibrated in two ways'],
      ['offsets beside it', { 'calibration.offsets': two }, 'calibrated in two ways'],
      ['a temperature for each class', { 'calibration.temperature': two }, 'is not 1 float64'],
      [
        'a temperature of less precision',
        { 'calibration.temperature': { shape: [1], data: Float32Array.of(1) } },
        'is not 1 float64',
      ],
      [
        'a temperature in a table',
        { 'calibration.temperature': { shape: [1, 1], data: Float64Array.of(1) } },
        'is not 1 float64',
      ],
    ])('is refused with %s', (_, more, message) => {
      const file = withTensors((tensors) => ({ ...tensors, ...more }))
      expect(() => loadModel(file)).toThrow(ModelFileError)
      expect(() => loadModel(file)).toThrow(message)
    })

    it('is refused without any calibration', () => {
      const none = withTensors(({ 'calibration.temperature': _, ...tensors }) => tensors)
      expect(() => loadModel(none)).toThrow('calibration.slopes is not 2 float64')
    })
  })
})

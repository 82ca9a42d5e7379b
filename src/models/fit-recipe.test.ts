import { describe, expect, it } from 'vitest'
import { quickRecipe } from '../../test/quick-recipe.ts'
import { madeUpExamples, traceOf } from '../../test/traces.ts'
import { UsageError } from '../core/index.ts'
import { countTraces, DEFAULT_FEATURES, encoderOf } from '../features/index.ts'
import { KINDS } from '../samples/index.ts'
import { innerFolds } from './choose-value.ts'
import { fitCounted } from './fit-counted.ts'
import { fitRecipe } from './fit-recipe.ts'
import { saveModel } from './model-file.ts'
import type { Recipe } from './recipe.ts'
import { findRecipe, recipes } from './recipe-list.ts'
import { makeTrained } from './trained.ts'

/** A built-in recipe of any view and, where it needs no order, any kind, with fewer folds. */
const quick = (name: string, model: Partial<Recipe['model']> = {}): Recipe => {
  const recipe = quickRecipe(findRecipe(name)!)
  const kinds = recipe.features.steps > 0 ? recipe.kinds : KINDS
  return { ...recipe, view: 'any', kinds, model: { ...recipe.model, folds: 3, ...model } }
}

const accuracy = (probabilities: Float64Array, y: Uint32Array, classes: number) => {
  const right = y.filter((own, row) => {
    const of = probabilities.subarray(row * classes, (row + 1) * classes)
    return of.indexOf(Math.max(...of)) === own
  })
  return right.length / y.length
}

describe('fitRecipe', () => {
  it.each(
    recipes.flatMap(({ name }) =>
      (['set', 'counts', 'sequence'] as const)
        .filter((kind) => quick(name).kinds.includes(kind))
        .map((kind) => [name, kind] as const),
    ),
  )('learns with %s from a %s what helps on rows it has not seen', async (name, kind) => {
    const recipe = quick(name)
    const trained = await fitRecipe(recipe, madeUpExamples(240, 2, kind, 1), { seed: 1 })
    const unseen = madeUpExamples(240, 2, kind, 2)
    const { probabilities, decisions } = trained.score(unseen.traces)
    expect(accuracy(probabilities, unseen.y, 2)).toBeGreaterThan(0.75)
    expect(accuracy(decisions, unseen.y, 2)).toBeGreaterThan(0.75)
    for (let row = 0; row < 240; row++) {
      expect(probabilities[2 * row] + probabilities[2 * row + 1]).toBeCloseTo(1, 12)
    }
  })

  it('learns from the n-grams that are selected what it learns from a table of all n-grams', async () => {
    const examples = madeUpExamples(90, 3, 'sequence', 4)
    const { traces, y, classes, groups } = examples
    const recipe = quick('svm')
    for (const select of [1, 40, 500]) {
      const features = { ...recipe.features, ngrams: [1, 5] as const, limit: 60, select }
      const chosen: Recipe = { ...recipe, features }
      const trained = await fitRecipe(chosen, examples, { seed: 3 })
      const counted = countTraces(features, traces, traces[0].view, 'sequence')
      const rows = { counted, rows: Uint32Array.from(y.keys()), y, classes: classes.length }
      const folds = innerFolds(y, groups, 3, 3)
      const { columns, model, choice } = await fitCounted(chosen, rows, folds, { seed: 3 })
      const { card } = trained
      const whole = makeTrained(chosen, classes, encoderOf(counted, columns), model, choice.calibration, card)
      expect(card.chosen).toMatchObject({ value: choice.value, scores: choice.scores })
      expect(saveModel(trained)).toEqual(saveModel(whole))
    }
  })

  it('gives probabilities that are neither too sure nor too shy', async () => {
    const trained = await fitRecipe(quick('svm'), madeUpExamples(400, 2, 'counts', 1), { seed: 1 })
    const unseen = madeUpExamples(1000, 2, 'counts', 3)
    const { probabilities } = trained.score(unseen.traces)
    const mean =
      unseen.y.reduce(
        (sum, _, row) => sum + Math.max(probabilities[2 * row], probabilities[2 * row + 1]),
        0,
      ) / 1000
    expect(Math.abs(mean - accuracy(probabilities, unseen.y, 2))).toBeLessThan(0.05)
  })

  it.each([
    ['hmm', 0.1, 'states takes whole numbers from 1 to 64'],
    ['cnn-lstm', 2.5, 'epochs takes whole numbers from 1 to 10000'],
    ['neighbours', 0, 'neighbours takes whole numbers from 1 to 1000000'],
    ['svm', Number.NaN, 'C takes numbers from 1e-9 to 1000000000'],
  ])('refuses %s with the value %d', async (name, value, message) => {
    const fit = fitRecipe(quick(name, { grid: [value] }), madeUpExamples(60, 2, 'sequence'), { seed: 1 })
    await expect(fit).rejects.toThrow(message)
  })

  it('tells how far it is', async () => {
    const seen: [number, number][] = []
    const onProgress = (done: number, total: number) => void seen.push([done, total])
    await fitRecipe(quick('svm', { grid: [0.1, 1] }), madeUpExamples(60, 3, 'set'), { seed: 1, onProgress })
    expect(seen.map(([done]) => done)).toEqual(seen.map((_, i) => i + 1))
    expect(seen.at(-1)).toEqual([21, 21])
  })

  it('writes on the card what it was trained on and what it chose', async () => {
    const examples = madeUpExamples(90, 3, 'set')
    const { card } = await fitRecipe(
      quick('bernoulli', { grid: [0.5, 1] }),
      { ...examples, groups: examples.groups.map((_, i) => `${i >> 1}`) },
      { seed: 9 },
    )
    expect(card).toMatchObject({
      name: 'bernoulli',
      view: 'calls',
      rows: 90,
      groups: 45,
      seed: 9,
      kinds: ['set'],
      dialects: ['unknown'],
    })
    expect(card.rowsPerClass.reduce((sum, n) => sum + n, 0)).toBe(90)
    expect(card.chosen.value).toBe(
      card.chosen.grid[card.chosen.scores.indexOf(Math.min(...card.chosen.scores))],
    )
  })

  it('learns when to say nothing where its recipe asks for it', async () => {
    const examples = { ...madeUpExamples(200, 2, 'set'), classes: ['benign', 'malicious'] }
    const abstain = { minTokens: 4, minKnown: 0.8, misses: 0.05, falseAlarms: 0.05 }
    const { card } = await fitRecipe({ ...quick('calls-detect'), abstain }, examples, { seed: 1 })
    expect(card.abstention).toMatchObject({ minTokens: 4, minKnown: 0.8 })
    const { benignBelow, maliciousAbove } = card.abstention!
    expect(benignBelow).toBeLessThanOrEqual(0.5)
    expect(maliciousAbove).toBeGreaterThanOrEqual(0.5)
    const silent = await fitRecipe({ ...quick('calls-detect'), abstain: null }, examples, { seed: 1 })
    expect(silent.card.abstention).toBeNull()
  })

  it('learns from where on what it names is like none of its classes', async () => {
    const abstain = { minTokens: 1, minKnown: 0.5, misses: 0.05, falseAlarms: 0 }
    const recipe = { ...quick('svm'), target: 'family' as const, abstain }
    const { card } = await fitRecipe(recipe, madeUpExamples(120, 3, 'sequence'), { seed: 1 })
    const { card: stricter } = await fitRecipe(
      { ...recipe, abstain: { ...abstain, misses: 0.5 } },
      madeUpExamples(120, 3, 'sequence'),
      { seed: 1 },
    )
    expect(stricter.abstention!.minDecision!).toBeGreaterThan(card.abstention!.minDecision!)
  })

  it('learns how sure it has to be to name with no more errors than wanted', async () => {
    const abstain = { minTokens: 1, minKnown: 0.5, misses: 0, falseAlarms: 0 }
    const learned = async (errors?: number) => {
      const settings = { ...abstain, ...(errors === undefined ? {} : { errors }) }
      const recipe = { ...quick('bernoulli'), target: 'family' as const, abstain: settings }
      const trained = await fitRecipe(recipe, madeUpExamples(240, 3, 'set'), { seed: 1 })
      return { ...trained.card.abstention!, trained }
    }
    expect(await learned()).not.toHaveProperty('minProbability')
    const [loose, strict] = [await learned(0.3), await learned(0.02)]
    expect(strict.minProbability!).toBeGreaterThan(loose.minProbability!)
    expect(strict.minDecision).toBe(loose.minDecision)
    // On rows it has not seen it keeps about what was wanted.
    const unseen = madeUpExamples(600, 3, 'set', 2)
    const { probabilities } = strict.trained.score(unseen.traces)
    const named = [...unseen.y.keys()].flatMap((row) => {
      const own = probabilities.subarray(3 * row, 3 * row + 3)
      const best = Math.max(...own)
      return best >= strict.minProbability! ? own.indexOf(best) === unseen.y[row] : []
    })
    expect(named.length).toBeGreaterThan(60)
    expect(named.filter((right) => !right).length / named.length).toBeLessThan(0.08)
  })

  it('gives every class a score where classes have few rows, or none', async () => {
    const examples = madeUpExamples(40, 2, 'set')
    for (const name of ['svm', 'naive-bayes', 'bernoulli']) {
      const trained = await fitRecipe(
        quick(name),
        { ...examples, classes: ['a', 'b', 'nobody'] },
        { seed: 1 },
      )
      const { probabilities } = trained.score(examples.traces)
      expect(probabilities).toHaveLength(120)
      expect(probabilities.every((p) => p >= 0 && p <= 1)).toBe(true)
      expect(accuracy(probabilities, examples.y, 3)).toBeGreaterThan(0.6)
    }
  })

  it('learns from one class, one group or one row without failing', async () => {
    const examples = madeUpExamples(20, 2, 'set')
    const cases = [
      { ...examples, y: new Uint32Array(20) },
      { ...examples, groups: examples.groups.map(() => 'same') },
      { traces: [traceOf('a b')], y: Uint32Array.of(1), classes: ['no', 'yes'], groups: ['g'] },
      { ...examples, traces: examples.traces.map(() => traceOf('', 'set')) },
    ]
    for (const some of cases) {
      const trained = await fitRecipe(quick('svm'), some, { seed: 1 })
      expect(trained.score(some.traces).probabilities.every((p) => p >= 0 && p <= 1)).toBe(true)
      expect(saveModel(trained).length).toBeGreaterThan(0)
    }
  })

  it.each([
    ['no rows', { traces: [], y: new Uint32Array(0), classes: ['a'], groups: [] }, {}],
    [
      'two views',
      {
        traces: [traceOf('a'), { ...traceOf('b'), view: 'opcodes' as const }],
        y: new Uint32Array(2),
        classes: ['a'],
        groups: ['1', '2'],
      },
      {},
    ],
    [
      'a view that the recipe does not read',
      { traces: [traceOf('a')], y: new Uint32Array(1), classes: ['a'], groups: ['1'] },
      { view: 'opcodes' as const },
    ],
    [
      'a kind that the recipe does not take',
      { traces: [traceOf('a')], y: new Uint32Array(1), classes: ['a'], groups: ['1'] },
      { kinds: ['set' as const] },
    ],
  ])('refuses %s', async (_, examples, some) => {
    await expect(fitRecipe({ ...quick('svm'), ...some }, examples, { seed: 1 })).rejects.toThrow(UsageError)
  })
})

describe('a trained recipe', () => {
  it.each(recipes.flatMap(({ name }) => [2, 4].map((classes) => [name, classes] as const)))(
    'explains all of a decision but for what stands before any feature (%s, %i classes)',
    async (name, classes) => {
      const { traces, ...examples } = madeUpExamples(120, classes, 'sequence')
      const trained = await fitRecipe(quick(name), { traces, ...examples }, { seed: 2 })
      const empty = trained.score([traceOf('')])
      // In a sequence a token that nobody knows still takes its place.
      if (trained.recipe.features.steps === 0) {
        expect(trained.score([traceOf('NeverSeen NorThis')])).toEqual(empty)
      }
      for (const trace of madeUpExamples(30, classes, 'sequence', 7).traces) {
        const own = trained.score([trace]).decisions
        const row = trained.encoder.encode([trace])
        for (let target = 0; target < classes; target++) {
          const shares = trained.explain(trace, target, { features: Number.POSITIVE_INFINITY, places: 0 })
          const sum = shares.reduce((total, { contribution }) => total + contribution, 0)
          const { base, rival } = trained.model.contributions(row, 0, target)
          expect(base + sum).toBeCloseTo(own[target] - (rival < 0 ? 0 : own[rival]), 9)
        }
      }
    },
  )

  it('explains a decision by the features that carried it and where they stand', async () => {
    const texts = ['open read close', 'open read read close', 'open inject close', 'inject open'].flatMap(
      (text) => Array(6).fill(text),
    )
    const y = Uint32Array.from(texts, (text: string) => Number(text.includes('inject')))
    const recipe: Recipe = {
      ...quick('svm', { grid: [1] }),
      features: { ...DEFAULT_FEATURES, ngrams: [1, 2] },
    }
    const examples = {
      traces: texts.map((text: string) => traceOf(text)),
      y,
      classes: ['benign', 'malicious'],
      groups: texts.map((_, i) => `${i}`),
    }
    const trained = await fitRecipe(recipe, examples, { seed: 1 })
    const trace = {
      ...traceOf('close inject close inject'),
      places: {
        process: Uint32Array.of(0, 0, 1, 1),
        call: Uint32Array.of(0, 1, 0, 1),
        time: Float64Array.of(5, 6, Number.NaN, 8),
        address: null,
      },
    }
    const [first, ...rest] = trained.explain(trace, 1, { places: 2 })
    expect(first.feature).toBe('inject')
    expect(first.contribution).toBeGreaterThan(0)
    expect(first.places).toMatchObject([
      { process: 0, call: 1, time: 6 },
      { process: 1, call: 1, time: 8 },
    ])
    expect(rest.find(({ feature }) => feature === 'inject close')?.places).toMatchObject([
      { process: 0, call: 1, time: 6 },
    ])
    expect(trained.explain(trace, 0, { features: 1 })).toEqual([
      { ...first, contribution: -first.contribution, places: first.places },
    ])
    const addresses = { process: null, call: null, time: null, address: Float64Array.of(16, 255, 256, 257) }
    expect(trained.explain({ ...trace, places: addresses }, 1)[0].places).toEqual([
      { address: '0xff' },
      { address: '0x101' },
    ])
    expect(trained.explain({ ...trace, places: null }, 1)[0].places).toEqual([])
  })
})

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { UsageError } from '../core/index.ts'
import { DEFAULT_FEATURES } from '../features/index.ts'
import { recipes } from './recipe-list.ts'
import { parseRecipe, recipeFrom, recipeSettings } from './recipe-reading.ts'
import { recipeToml } from './recipe-toml.ts'

const FULL = `
name = "trial"
summary = "for a test"
view = "calls"
kinds = ["sequence", "counts"]
target = "family"
[features]
ngrams = [1, 2]
weight = "log-count"
drop = ["invalid"]
select = 500
[model]
type = "linear-svm"
C = [0.1, 1]
balanced = true
`

describe('parseRecipe', () => {
  it('reads every setting, and takes the default of what is not said', () => {
    expect(parseRecipe(FULL, 'file')).toEqual({
      name: 'trial',
      summary: 'for a test',
      view: 'calls',
      kinds: ['sequence', 'counts'],
      target: 'family',
      features: { ...DEFAULT_FEATURES, ngrams: [1, 2], weight: 'log-count', drop: ['invalid'], select: 500 },
      abstain: null,
      model: { type: 'linear-svm', grid: [0.1, 1], tolerance: 0.01, balanced: true, folds: 5, own: {} },
    })
    expect(parseRecipe('', 'file').name).toBe('file')
    expect(parseRecipe('[model]\ntype = "multinomial"\nsmoothing = 0.5', 'file').model.grid).toEqual([0.5])
  })

  it.each(recipes.map((recipe) => [recipe.name, recipe] as const))(
    'reads the built-in %s from what is written of it',
    (_, recipe) => {
      expect(recipeFrom(recipeSettings(recipe), 'other')).toEqual(recipe)
      expect(parseRecipe(recipeToml(recipe), 'other')).toEqual(recipe)
    },
  )

  it.each([
    ['nonsense = 1', 'no setting is called "nonsense"; there are name'],
    ['__proto__ = 1', 'no setting is called "__proto__"'],
    ['[features]\nngram = [1, 2]', 'recipe file: features: no setting is called "ngram"'],
    ['[model]\nsmoothing = 1', 'no setting is called "smoothing"; there are type, C'],
    ['view = "bytes"', 'view must be any or opcodes or calls, got "bytes"'],
    ['kinds = []', 'kinds must be a list of some of'],
    ['name = 7', 'name must be text'],
    ['features = 3', 'features: not a table'],
    ['[features]\nngrams = [2, 1]', 'ngrams must be'],
    ['[features]\nngrams = [1, 11]', 'ngrams must be'],
    ['[features]\nngrams = 2', 'ngrams must be'],
    ['[features]\nselect = -1', 'select must be a whole number from 0, got -1'],
    ['[features]\nlimit = 1.5', 'limit must be a whole number'],
    ['[features]\ndrop = [1]', 'drop must be a list'],
    ['[features]\nsteps = -1', 'steps must be a whole number from 0'],
    ['[features]\nsteps = 9\nvocabulary = 1', 'vocabulary must be at least 2, or 0 for every token, got 1'],
    ['[features]\nvocabulary = 9', 'vocabulary must be 0 where no steps are given to the model, got 9'],
    ['[features]\nprocess = "first"', 'process must be merged or main, got "first"'],
    [
      '[model]\ntype = "hmm"',
      'recipe file: hmm learns from the order of tokens, which takes kinds = ["sequence"]',
    ],
    ['[features]\nsteps = 9\n[model]\ntype = "hmm"', 'hmm learns from the order of tokens'],
    [
      'kinds = ["sequence"]\n[features]\nsteps = 9\nkind = "set"\n[model]\ntype = "hmm"',
      'hmm learns from the order of tokens',
    ],
    ['[model]\ntype = "hmm"\nstates = 2.5', 'states must be whole numbers from 1 to 64, got 2.5'],
    [
      '[model]\ntype = "cnn-lstm"\nepochs = [5, 7.5]',
      'epochs must be whole numbers from 1 to 10000, got [5,7.5]',
    ],
    [
      '[model]\ntype = "cnn-lstm-plus"\nnetworkShare = 1.5',
      'networkShare must be numbers from 0 to 1, got 1.5',
    ],
    ['[model]\ntype = "hmm"\nstates = [8, 65]', 'states must be whole numbers from 1 to 64, got [8,65]'],
    ['[model]\ntype = "oracle"', 'type must be linear-svm or '],
    ['[model]\nC = []', 'C must be'],
    ['[model]\nC = [0]', 'C must be'],
    ['[model]\nC = nan', 'C must be'],
    ['[model]\nfolds = 2.5', 'folds must be a whole number'],
    ['[model]\nfolds = 1', 'folds must be a whole number from 2, or 0 for none'],
    ['[model]\nfolds = 0', 'C must be one number where there are no folds'],
    ['[model]\ntolerance = 0', 'tolerance must be'],
    ['[model]\nbalanced = "yes"', 'balanced must be true or false, got "yes"'],
    ['[abstain]\nerrors = 1.5', 'errors must be a number from 0 to 1, got 1.5'],
    ['name = "', 'not TOML'],
  ])('refuses %j and says why', (toml, message) => {
    expect(() => parseRecipe(toml, 'file')).toThrow(UsageError)
    expect(() => parseRecipe(toml, 'file')).toThrow(message)
  })

  it('states younger settings only where they are no default, so that older model files stay as they are', () => {
    const young = { unknown: 'drop', prefixes: 'only', steps: 200, vocabulary: 50, process: 'main' }
    const stated = (features: unknown) =>
      Object.keys(recipeSettings(recipeFrom({ features }, 'file')).features as object)
    for (const name of Object.keys(young)) expect(stated({})).not.toContain(name)
    expect(stated(young)).toEqual(expect.arrayContaining(Object.keys(young)))
    const again = recipeFrom(recipeSettings(recipeFrom({ features: young }, 'file')), 'file')
    expect(again.features).toMatchObject(young)
  })

  it('reads how many names may be wrong, and states it only where it was', () => {
    const { abstain } = parseRecipe('[abstain]\nerrors = 0.05', 'file')
    expect(abstain).toEqual({ minTokens: 1, minKnown: 0.5, misses: 0.02, falseAlarms: 0.01, errors: 0.05 })
    expect(parseRecipe(recipeToml({ ...parseRecipe('', 'file'), abstain }), 'file').abstain).toEqual(abstain)
    expect(parseRecipe('[abstain]', 'file').abstain).not.toHaveProperty('errors')
  })

  it('fails by no other error, whatever it is given', () => {
    const attempt = (read: () => unknown) => {
      try {
        read()
      } catch (error) {
        expect(error).toBeInstanceOf(UsageError)
      }
    }
    fc.assert(
      fc.property(fc.string(), (text) => attempt(() => parseRecipe(text, 'file'))),
      { numRuns: 500 },
    )
    fc.assert(
      fc.property(fc.jsonValue(), (value) => attempt(() => recipeFrom(value, 'file'))),
      { numRuns: 500 },
    )
    const keys = fc.constantFrom(
      'name',
      'view',
      'kinds',
      'target',
      'features',
      'model',
      'C',
      'ngrams',
      'drop',
      'type',
    )
    const settings = fc.dictionary(keys, fc.oneof(fc.jsonValue(), fc.dictionary(keys, fc.jsonValue())))
    fc.assert(
      fc.property(settings, (value) => attempt(() => recipeFrom(value, 'file'))),
      { numRuns: 2000 },
    )
    const lines = fc.array(fc.constantFrom(...FULL.split('\n')), { maxLength: 15 })
    fc.assert(
      fc.property(lines, (some) => attempt(() => parseRecipe(some.join('\n'), 'file'))),
      { numRuns: 500 },
    )
    expect(() => parseRecipe('#'.repeat(2_000_000), 'file')).toThrow('longer than')
  })
})

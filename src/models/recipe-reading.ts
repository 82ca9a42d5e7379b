import { parse } from 'smol-toml'
import { type SettingsTable, settingsTable, UsageError } from '../core/index.ts'
import { DEFAULT_FEATURES, type FeatureSettings, MAX_N } from '../features/index.ts'
import { KINDS, VIEWS } from '../samples/index.ts'
import type { AbstainSettings } from './abstention.ts'
import { gridFault, type KindSetting } from './classifier-kind.ts'
import { classifiers, findClassifier } from './classifiers.ts'
import type { ModelSettings, Recipe } from './recipe.ts'
import { DEFAULT_MODEL } from './recipe-defaults.ts'

/** Longest recipe file that is read, in characters. */
const MAX_RECIPE_LENGTH = 1 << 20

/** Most values of a grid: each is a fit in every inner fold. */
const MAX_GRID = 64

/**
 * A recipe from TOML: the fields of `Recipe` with `[features]`, `[model]` and perhaps `[abstain]`. In `[model]` the values
 * to choose from are called `C` or `smoothing`. What is not stated has its default. @throws UsageError naming the setting that is unknown or wrong
 */
export function parseRecipe(toml: string, name: string): Recipe {
  if (toml.length > MAX_RECIPE_LENGTH)
    throw new UsageError(`recipe ${name}: longer than ${MAX_RECIPE_LENGTH} characters`)
  let read: unknown
  try {
    read = parse(toml)
  } catch (error) {
    const [problem] = (error instanceof Error ? error.message : String(error)).split('\n')
    throw new UsageError(`recipe ${name}: not TOML, ${problem}`, { cause: error })
  }
  return recipeFrom(read, name)
}

/** A recipe from plain settings, as TOML or a model file holds them. @throws UsageError naming the setting that is wrong */
export function recipeFrom(read: unknown, name: string): Recipe {
  const top = settingsTable(read, `recipe ${name}`)
  const recipe = {
    name: top.text('name', name, 100),
    summary: top.text('summary', '', 1000),
    view: top.oneOf('view', ['any', ...VIEWS], 'any'),
    kinds: top.someOf('kinds', KINDS, KINDS),
    target: top.oneOf('target', ['auto', 'malicious', 'family', 'category'], 'auto'),
    features: readFeatures(settingsTable(top.take('features') ?? {}, `recipe ${name}: features`)),
    model: readModel(settingsTable(top.take('model') ?? {}, `recipe ${name}: model`)),
    abstain: readAbstain(top.take('abstain'), `recipe ${name}: abstain`),
  }
  top.end()
  checkOrder(recipe)
  return recipe
}

/** A model of the order of tokens needs a recipe that gives it one, of whatever it takes. */
function checkOrder({ name, kinds, features, model }: Recipe): void {
  if (!findClassifier(model.type)?.readsSequences) return
  if (features.steps > 0 && features.kind === 'sequence' && kinds.every((kind) => kind === 'sequence')) return
  throw new UsageError(
    `recipe ${name}: ${model.type} learns from the order of tokens, which takes kinds = ["sequence"] and steps above 0`,
  )
}

/** The settings of a recipe, in one order, such that `recipeFrom` makes an equal recipe of them. */
export function recipeSettings({
  name,
  summary,
  view,
  kinds,
  target,
  features,
  model,
  abstain,
}: Recipe): Record<string, unknown> {
  const { type, grid, tolerance, balanced, folds, own } = model
  const { gridName = 'grid', settings = [] } = findClassifier(type) ?? {}
  const names = (Object.keys(DEFAULT_FEATURES) as (keyof FeatureSettings)[]).filter(
    (each) => !UNSTATED_DEFAULTS.has(each) || features[each] !== DEFAULT_FEATURES[each],
  )
  return {
    ...{ name, summary, view, kinds, target },
    features: Object.fromEntries(names.map((each) => [each, features[each]])),
    model: {
      ...{ type, [gridName]: grid, tolerance, balanced, folds },
      ...Object.fromEntries(settings.map((each) => [each.name, stated(each, own[each.name])])),
    },
    ...(abstain ? { abstain } : {}),
  }
}

/** Settings that are younger than models in use: stated only where they are no default, so that those stay as they are. */
const UNSTATED_DEFAULTS: ReadonlySet<keyof FeatureSettings> = new Set([
  'unknown',
  'prefixes',
  'steps',
  'vocabulary',
  'process',
])

function readFeatures(from: SettingsTable): FeatureSettings {
  const [shortest, longest] = from.numbers('ngrams', DEFAULT_FEATURES.ngrams, 1, MAX_N, 2)
  if (
    longest === undefined ||
    !Number.isInteger(shortest) ||
    !Number.isInteger(longest) ||
    shortest > longest
  ) {
    throw from.wrong('ngrams', `a list of the shortest and the longest, whole numbers from 1 to ${MAX_N}`)
  }
  const features: FeatureSettings = {
    kind: from.oneOf('kind', KINDS, DEFAULT_FEATURES.kind),
    ngrams: [shortest, longest],
    weight: from.oneOf('weight', ['presence', 'count', 'log-count', 'share'], DEFAULT_FEATURES.weight),
    scale: from.oneOf('scale', ['none', 'idf', 'max-abs', 'rarity'], DEFAULT_FEATURES.scale),
    normalise: from.flag('normalise', DEFAULT_FEATURES.normalise),
    select: from.whole('select', DEFAULT_FEATURES.select),
    minDocuments: from.whole('minDocuments', DEFAULT_FEATURES.minDocuments),
    collapse: from.whole('collapse', DEFAULT_FEATURES.collapse),
    limit: from.whole('limit', DEFAULT_FEATURES.limit),
    drop: from.texts('drop', DEFAULT_FEATURES.drop),
    unknown: from.oneOf('unknown', ['keep', 'drop'], DEFAULT_FEATURES.unknown),
    prefixes: from.oneOf('prefixes', ['keep', 'drop', 'only'], DEFAULT_FEATURES.prefixes),
    pairs: from.whole('pairs', DEFAULT_FEATURES.pairs),
    steps: from.whole('steps', DEFAULT_FEATURES.steps),
    vocabulary: from.whole('vocabulary', DEFAULT_FEATURES.vocabulary),
    process: from.oneOf('process', ['merged', 'main'], DEFAULT_FEATURES.process),
  }
  if (features.vocabulary === 1) throw from.wrong('vocabulary', 'at least 2, or 0 for every token')
  if (features.vocabulary > 0 && features.steps === 0) {
    throw from.wrong('vocabulary', '0 where no steps are given to the model')
  }
  from.end()
  return features
}

function readModel(from: SettingsTable): ModelSettings {
  const names = classifiers.map((kind) => kind.name)
  const kind = findClassifier(from.oneOf('type', names, 'linear-svm'))!
  const model: ModelSettings = {
    type: kind.name,
    grid: from.numbers(kind.gridName, kind.defaultGrid, 1e-9, 1e9, MAX_GRID),
    tolerance: from.number('tolerance', DEFAULT_MODEL.tolerance, 1e-12, 1),
    balanced: from.flag('balanced', DEFAULT_MODEL.balanced),
    folds: from.number('folds', DEFAULT_MODEL.folds, 0, 100),
    own: Object.fromEntries(kind.settings.map((each) => [each.name, readOwn(from, each)])),
  }
  const fault = gridFault(kind, model.grid)
  if (fault) throw from.wrong(kind.gridName, fault)
  if (!Number.isInteger(model.folds) || model.folds === 1) {
    throw from.wrong('folds', 'a whole number from 2, or 0 for none')
  }
  if (model.folds === 0 && model.grid.length > 1) {
    throw from.wrong(kind.gridName, 'one number where there are no folds to choose by')
  }
  from.end()
  return model
}

function readOwn(from: SettingsTable, { name, type, otherwise, least, most }: KindSetting): number {
  if (type === 'flag') return Number(from.flag(name, otherwise === 1))
  const value = from.number(name, otherwise, least, most)
  if (type === 'whole' && !Number.isInteger(value)) throw from.wrong(name, 'a whole number')
  return value
}

/** A kind's own setting as a recipe states it. */
function stated({ type }: KindSetting, value: number): number | boolean {
  return type === 'flag' ? value === 1 : value
}

function readAbstain(value: unknown, subject: string): AbstainSettings | null {
  if (value === undefined) return null
  const from = settingsTable(value, subject)
  const errors = from.number('errors', Number.NaN, 0, 1)
  const abstain: AbstainSettings = {
    minTokens: from.whole('minTokens', 1),
    minKnown: from.number('minKnown', 0.5, 0, 1),
    misses: from.number('misses', 0.02, 0, 1),
    falseAlarms: from.number('falseAlarms', 0.01, 0, 1),
    ...(Number.isNaN(errors) ? {} : { errors }),
  }
  from.end()
  return abstain
}

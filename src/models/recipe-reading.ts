import { parse } from 'smol-toml'
import { UsageError } from '../core/index.ts'
import { DEFAULT_FEATURES, type FeatureSettings } from '../features/index.ts'
import { KINDS, VIEWS } from '../samples/index.ts'
import type { AbstainSettings } from './abstention.ts'
import { classifiers, findClassifier } from './classifiers.ts'
import type { ModelSettings, Recipe } from './recipe.ts'
import { DEFAULT_MODEL } from './recipe-list.ts'
import { type SettingsTable, settingsTable } from './settings-table.ts'

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
  return recipe
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
  const { type, grid, tolerance, balanced, folds } = model
  const gridName = findClassifier(type)?.gridName ?? 'grid'
  const names = Object.keys(DEFAULT_FEATURES) as (keyof FeatureSettings)[]
  return {
    ...{ name, summary, view, kinds, target },
    features: Object.fromEntries(names.map((each) => [each, features[each]])),
    model: { type, [gridName]: grid, tolerance, balanced, folds },
    ...(abstain ? { abstain } : {}),
  }
}

function readFeatures(from: SettingsTable): FeatureSettings {
  const [shortest, longest] = from.numbers('ngrams', DEFAULT_FEATURES.ngrams, 1, 4, 2)
  if (
    longest === undefined ||
    !Number.isInteger(shortest) ||
    !Number.isInteger(longest) ||
    shortest > longest
  ) {
    throw from.wrong('ngrams', 'a list of the shortest and the longest, whole numbers from 1 to 4')
  }
  const features: FeatureSettings = {
    kind: from.oneOf('kind', KINDS, DEFAULT_FEATURES.kind),
    ngrams: [shortest, longest],
    weight: from.oneOf('weight', ['presence', 'count', 'log-count'], DEFAULT_FEATURES.weight),
    scale: from.oneOf('scale', ['none', 'idf', 'max-abs', 'rarity'], DEFAULT_FEATURES.scale),
    normalise: from.flag('normalise', DEFAULT_FEATURES.normalise),
    select: from.whole('select', DEFAULT_FEATURES.select),
    minDocuments: from.whole('minDocuments', DEFAULT_FEATURES.minDocuments),
    collapse: from.whole('collapse', DEFAULT_FEATURES.collapse),
    limit: from.whole('limit', DEFAULT_FEATURES.limit),
    drop: from.texts('drop', DEFAULT_FEATURES.drop),
    pairs: from.whole('pairs', DEFAULT_FEATURES.pairs),
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
    folds: from.number('folds', DEFAULT_MODEL.folds, 2, 100),
  }
  if (!Number.isInteger(model.folds)) throw from.wrong('folds', 'a whole number')
  from.end()
  return model
}

function readAbstain(value: unknown, subject: string): AbstainSettings | null {
  if (value === undefined) return null
  const from = settingsTable(value, subject)
  const abstain: AbstainSettings = {
    minTokens: from.whole('minTokens', 1),
    minKnown: from.number('minKnown', 0.5, 0, 1),
    misses: from.number('misses', 0.02, 0, 1),
    falseAlarms: from.number('falseAlarms', 0.01, 0, 1),
  }
  from.end()
  return abstain
}

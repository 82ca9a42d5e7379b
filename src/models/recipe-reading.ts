import { parse } from 'smol-toml'
import { UsageError } from '../core/index.ts'
import { DEFAULT_FEATURES, type FeatureSettings } from '../features/index.ts'
import { KINDS } from '../samples/index.ts'
import type { AbstainSettings } from './abstention.ts'
import { classifiers, findClassifier } from './classifiers.ts'
import type { ModelSettings, Recipe } from './recipe.ts'
import { DEFAULT_MODEL } from './recipe-list.ts'

/** Longest recipe file that is read, in characters. */
const MAX_RECIPE_LENGTH = 1 << 20

/** Most values of a grid: each is a fit in every inner fold. */
const MAX_GRID = 64

/** Most tokens to drop. */
const MAX_DROPPED = 10_000

/**
 * A recipe from TOML: the fields of `Recipe` with `[features]`, `[model]` and perhaps `[abstain]`, where the values to choose from are called
 * `C` or `smoothing`. What is not stated has its default. @throws UsageError naming the setting that is unknown or wrong
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
  const top = table(read, `recipe ${name}`)
  const recipe = {
    name: top.text('name', name, 100),
    summary: top.text('summary', '', 1000),
    view: top.oneOf('view', ['any', 'opcodes', 'calls'], 'any'),
    kinds: top.someOf('kinds', KINDS, KINDS),
    target: top.oneOf('target', ['auto', 'malicious', 'family', 'category'], 'auto'),
    features: readFeatures(table(top.take('features') ?? {}, `recipe ${name}: features`)),
    model: readModel(table(top.take('model') ?? {}, `recipe ${name}: model`)),
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

function readFeatures(from: Table): FeatureSettings {
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

function readModel(from: Table): ModelSettings {
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
  const from = table(value, subject)
  const abstain: AbstainSettings = {
    minTokens: from.whole('minTokens', 1),
    minKnown: from.number('minKnown', 0.5, 0, 1),
    misses: from.number('misses', 0.02, 0, 1),
    falseAlarms: from.number('falseAlarms', 0.01, 0, 1),
  }
  from.end()
  return abstain
}

/** Settings read by name, each checked; `end` complains of those that nobody asked for. */
interface Table {
  take(key: string): unknown
  text(key: string, otherwise: string, maxLength: number): string
  texts(key: string, otherwise: readonly string[]): readonly string[]
  oneOf<T extends string>(key: string, choices: readonly T[], otherwise: T): T
  someOf<T extends string>(key: string, choices: readonly T[], otherwise: readonly T[]): readonly T[]
  number(key: string, otherwise: number, least: number, most: number): number
  whole(key: string, otherwise: number): number
  /** A number or a list of at least one; a setting that stands for one value may be a plain number. */
  numbers(
    key: string,
    otherwise: readonly number[],
    least: number,
    most: number,
    maxLength: number,
  ): readonly number[]
  flag(key: string, otherwise: boolean): boolean
  wrong(key: string, want: string): UsageError
  end(): void
}

function table(read: unknown, subject: string): Table {
  if (typeof read !== 'object' || read === null || Array.isArray(read))
    throw new UsageError(`${subject}: not a table`)
  // Outside keys may be called `__proto__`.
  const values = new Map<string, unknown>(Object.entries(read))
  const asked = new Map<string, unknown>()
  const take = (key: string) => {
    const value = values.get(key)
    asked.set(key, value)
    values.delete(key)
    return value
  }
  const wrong = (key: string, want: string) =>
    new UsageError(`${subject}: ${key} must be ${want}, got ${shown(asked.get(key))}`)
  function checked<T>(key: string, otherwise: T, want: string, accepts: (value: unknown) => value is T): T {
    const value = take(key)
    if (value === undefined) return otherwise
    if (!accepts(value)) throw wrong(key, want)
    return value
  }
  const within = (value: unknown, least: number, most: number): value is number =>
    typeof value === 'number' && value >= least && value <= most
  return {
    take,
    wrong,
    text: (key, otherwise, maxLength) =>
      checked(key, otherwise, `text of at most ${maxLength} characters`, (value): value is string => {
        return typeof value === 'string' && value.length <= maxLength
      }),
    texts: (key, otherwise) =>
      checked(
        key,
        otherwise,
        `a list of at most ${MAX_DROPPED} texts`,
        (value): value is readonly string[] => {
          return (
            Array.isArray(value) &&
            value.length <= MAX_DROPPED &&
            value.every((one) => typeof one === 'string')
          )
        },
      ),
    oneOf: <T extends string>(key: string, choices: readonly T[], otherwise: T) =>
      checked(key, otherwise, choices.join(' or '), (value): value is T => choices.includes(value as T)),
    someOf: <T extends string>(key: string, choices: readonly T[], otherwise: readonly T[]) =>
      checked(key, otherwise, `a list of some of ${choices.join(', ')}`, (value): value is readonly T[] => {
        return Array.isArray(value) && value.length > 0 && value.every((one) => choices.includes(one))
      }),
    number: (key, otherwise, least, most) =>
      checked(key, otherwise, `a number from ${least} to ${most}`, (value): value is number => {
        return within(value, least, most)
      }),
    whole: (key, otherwise) =>
      checked(key, otherwise, 'a whole number from 0', (value): value is number => {
        return within(value, 0, 2 ** 31) && Number.isInteger(value)
      }),
    numbers: (key, otherwise, least, most, maxLength) => {
      const value = take(key)
      if (value === undefined) return otherwise
      const list: unknown[] = Array.isArray(value) ? value : [value]
      if (list.length === 0 || list.length > maxLength || !list.every((one) => within(one, least, most))) {
        throw wrong(key, `a number from ${least} to ${most}, or a list of at most ${maxLength}`)
      }
      return list as number[]
    },
    flag: (key, otherwise) =>
      checked(key, otherwise, 'true or false', (value): value is boolean => typeof value === 'boolean'),
    end() {
      const [unknown] = values.keys()
      if (unknown !== undefined) {
        throw new UsageError(
          `${subject}: no setting is called ${shown(unknown)}; there are ${[...asked.keys()].join(', ')}`,
        )
      }
    },
  }
}

function shown(value: unknown): string {
  const text = typeof value === 'bigint' ? String(value) : (JSON.stringify(value) ?? String(value))
  return text.length > 60 ? `${text.slice(0, 60)}…` : text
}

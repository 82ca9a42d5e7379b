import { KINDS, type Kind, VIEWS, type View } from '../samples/index.ts'
import { type Abstention, NEVER_SURE } from './abstention.ts'

/** What is to be known of a model before it is trusted; stands in the model file as JSON. */
export interface Card {
  readonly name: string
  readonly classes: readonly string[]
  readonly view: View
  /** Dialects and kinds of the training rows, sorted. */
  readonly dialects: readonly string[]
  readonly kinds: readonly Kind[]
  readonly rows: number
  /** Training rows of each class, in the order of `classes`. */
  readonly rowsPerClass: readonly number[]
  /** Distinct groups among the training rows. */
  readonly groups: number
  readonly seed: number
  /** What was chosen from the grid inside the training part; `scores` are the mean log losses of those tried, in the grid's order. */
  readonly chosen: {
    readonly value: number
    readonly grid: readonly number[]
    readonly scores: readonly number[]
  }
  /** `Corpus.digest()` of what it was trained on; null when not known. */
  readonly corpus: string | null
  /** Where the data came from and under which terms, for people. */
  readonly source: string | null
  readonly licence: string | null
  /** Figures of the grouped evaluation, as the pipeline writes them, null where not estimable; null when there was none. */
  readonly figures: Readonly<Record<string, number | null>> | null
  /** When the model is to say nothing; null leaves it to the caller. */
  readonly abstention: Abstention | null
}

type Check = (value: unknown) => boolean

const isText: Check = (value) => typeof value === 'string'
const isNumber: Check = (value) => typeof value === 'number' && Number.isFinite(value)
const isCount: Check = (value) => Number.isSafeInteger(value) && (value as number) >= 0
const listOf =
  (check: Check): Check =>
  (value) =>
    Array.isArray(value) && value.every(check)
const orNull =
  (check: Check): Check =>
  (value) =>
    value === null || check(value)
const isKind: Check = (value) => KINDS.includes(value as Kind)
const isShare: Check = (value) => isNumber(value) && (value as number) >= 0 && (value as number) <= 1
const isAbstention: Check = (value) => {
  if (!isObject(value)) return false
  const { minTokens, minKnown, benignBelow, maliciousAbove, minDecision, minProbability, ...others } =
    value as Record<string, unknown>
  return (
    isCount(minTokens) &&
    [minKnown, benignBelow, maliciousAbove].every(isShare) &&
    (minDecision === undefined || isNumber(minDecision)) &&
    (minProbability === undefined || isShare(minProbability) || minProbability === NEVER_SURE) &&
    isEmpty(others)
  )
}
const isFigures: Check = (value) => isObject(value) && Object.values(value).every(orNull(isNumber))

const CHECKS: Readonly<Record<keyof Card, Check>> = {
  name: isText,
  classes: listOf(isText),
  view: (value) => VIEWS.includes(value as View),
  dialects: listOf(isText),
  kinds: listOf(isKind),
  rows: isCount,
  rowsPerClass: listOf(isCount),
  groups: isCount,
  seed: isCount,
  chosen: (value) => {
    if (!isObject(value) || Object.keys(value).sort().join() !== 'grid,scores,value') return false
    const { grid, scores, value: chosen } = value as Record<string, unknown>
    return isNumber(chosen) && listOf(isNumber)(grid) && listOf(isNumber)(scores)
  },
  corpus: orNull(isText),
  source: orNull(isText),
  licence: orNull(isText),
  figures: orNull(isFigures),
  abstention: orNull(isAbstention),
}

/** Whether an outside value is a card: every field there and of its type, and no other. */
export function isCard(value: unknown): value is Card {
  if (!isObject(value)) return false
  const fields = new Map(Object.entries(value))
  for (const [name, check] of Object.entries(CHECKS)) {
    if (!check(fields.get(name))) return false
    fields.delete(name)
  }
  return fields.size === 0
}

/** The card with its fields in one order, so that equal cards give equal text. */
export function orderedCard(card: Card): Card {
  return Object.fromEntries(
    Object.keys(CHECKS).map((name) => [name, card[name as keyof Card]]),
  ) as unknown as Card
}

function isEmpty(value: object): boolean {
  return Object.keys(value).length === 0
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

import { UsageError } from './errors.ts'

/** Most texts of a list. */
const MAX_TEXTS = 10_000

/** Settings read by name, each checked; `end` complains of those that nobody asked for. */
export interface SettingsTable {
  take(key: string): unknown
  text(key: string, otherwise: string, maxLength: number): string
  texts(key: string, otherwise: readonly string[]): readonly string[]
  oneOf<T extends string>(key: string, choices: readonly T[], otherwise: T): T
  someOf<T extends string>(key: string, choices: readonly T[], otherwise: readonly T[]): readonly T[]
  number(key: string, otherwise: number, least: number, most: number): number
  whole(key: string, otherwise: number): number
  /** A list of at least one number; a list of one may be a plain number. */
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

const isText = (value: unknown): value is string => typeof value === 'string'
const isFlag = (value: unknown): value is boolean => typeof value === 'boolean'
const isNumber = (value: unknown, least: number, most: number): value is number =>
  typeof value === 'number' && value >= least && value <= most

/** The settings of an outside value. @throws UsageError when it is no table, and for every setting that is wrong */
export function settingsTable(read: unknown, subject: string): SettingsTable {
  if (typeof read !== 'object' || read === null || Array.isArray(read)) {
    throw new UsageError(`${subject}: not a table`)
  }
  // Outside keys may be called `__proto__`.
  const values = new Map<string, unknown>(Object.entries(read))
  const asked = new Map<string, unknown>()
  const take = (key: string) => {
    const value = values.get(key)
    asked.set(key, value)
    values.delete(key)
    return value
  }
  const wrong = (key: string, want: string) => {
    const value = asked.get(key)
    const [unknown] = values.keys()
    if (value !== undefined) return new UsageError(`${subject}: ${key} must be ${want}, got ${shown(value)}`)
    const other = unknown === undefined ? '' : `; is ${shown(unknown)} a slip?`
    return new UsageError(`${subject}: ${key} must be ${want}, and is missing${other}`)
  }
  function checked<T>(key: string, otherwise: T, want: string, accepts: (value: unknown) => boolean): T {
    const value = take(key)
    if (value === undefined) return otherwise
    if (!accepts(value)) throw wrong(key, want)
    return value as T
  }
  const listed = (value: unknown, accepts: (one: unknown) => boolean, most: number) =>
    Array.isArray(value) && value.length <= most && value.every(accepts)
  return {
    take,
    wrong,
    text: (key, otherwise, most) =>
      checked(
        key,
        otherwise,
        `text of at most ${most} characters`,
        (value) => isText(value) && value.length <= most,
      ),
    texts: (key, otherwise) =>
      checked(key, otherwise, `a list of at most ${MAX_TEXTS} texts`, (value) =>
        listed(value, isText, MAX_TEXTS),
      ),
    oneOf: <T extends string>(key: string, choices: readonly T[], otherwise: T) =>
      checked(key, otherwise, choices.join(' or '), (value) => choices.includes(value as T)),
    someOf: <T extends string>(key: string, choices: readonly T[], otherwise: readonly T[]) =>
      checked(key, otherwise, `a list of some of ${choices.join(', ')}`, (value) => {
        const isChoice = (one: unknown) => choices.includes(one as T)
        return listed(value, isChoice, choices.length) && (value as T[]).length > 0
      }),
    number: (key, otherwise, least, most) =>
      checked(key, otherwise, `a number from ${least} to ${most}`, (value) => isNumber(value, least, most)),
    whole: (key, otherwise) =>
      checked(
        key,
        otherwise,
        'a whole number from 0',
        (value) => isNumber(value, 0, 2 ** 31) && Number.isInteger(value),
      ),
    numbers(key, otherwise, least, most, maxLength) {
      const value = take(key)
      if (value === undefined) return otherwise
      const list: number[] = Array.isArray(value) ? value : [value]
      if (list.length > 0 && listed(list, (one) => isNumber(one, least, most), maxLength)) return list
      throw wrong(key, `a number from ${least} to ${most}, or a list of at most ${maxLength}`)
    },
    flag: (key, otherwise) => checked(key, otherwise, 'true or false', isFlag),
    end() {
      const [unknown] = values.keys()
      if (unknown === undefined) return
      const known = [...asked.keys()].join(', ')
      throw new UsageError(`${subject}: no setting is called ${shown(unknown)}; there are ${known}`)
    },
  }
}

function shown(value: unknown): string {
  const text = typeof value === 'bigint' ? String(value) : (JSON.stringify(value) ?? String(value))
  return text.length > 60 ? `${text.slice(0, 60)}…` : text
}

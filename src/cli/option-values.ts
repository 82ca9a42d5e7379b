import { availableParallelism } from 'node:os'
import { UsageError } from '../core/index.ts'
import type { Target } from '../models/index.ts'

/** What `--target` takes. */
export const TARGETS: readonly Target[] = ['auto', 'malicious', 'family', 'category']

/** One of a few words given as an option, null where it was not given. @throws UsageError for any other */
export function oneOf<Word extends string>(
  option: string,
  text: string | undefined,
  words: readonly Word[],
): Word | null {
  if (text === undefined) return null
  const found = words.find((word) => word === text)
  if (found !== undefined) return found
  throw new UsageError(`--${option}: ${words.join(' or ')} is wanted, got ${JSON.stringify(text)}`)
}

/** A whole number given as an option. @throws UsageError unless it is one in the range */
export function wholeNumber(option: string, text: string, from = 0, to = Number.MAX_SAFE_INTEGER): number {
  const value = Number(text)
  if (text.trim() !== '' && Number.isInteger(value) && value >= from && value <= to) return value
  throw new UsageError(
    `--${option}: a whole number from ${from} to ${to} is wanted, got ${JSON.stringify(text)}`,
  )
}

/** A number given as an option. @throws UsageError unless it is one in the range */
export function numberBetween(option: string, text: string, from: number, to: number): number {
  const value = Number(text)
  if (text.trim() !== '' && value >= from && value <= to) return value
  throw new UsageError(`--${option}: a number from ${from} to ${to} is wanted, got ${JSON.stringify(text)}`)
}

/** The value of `--threads`, all cores by default. @throws UsageError */
export function threadCount(text: string | undefined): number {
  return text === undefined ? availableParallelism() : wholeNumber('threads', text, 1, MAX_THREADS)
}

const MAX_THREADS = 256

/** The value of `--seed`. @throws UsageError */
export function seedOf(text: string): number {
  return wholeNumber('seed', text, 0, 2 ** 31)
}

const UNITS: readonly string[] = ['', 'k', 'm', 'g', 't']

/** A size such as `500MB` or `2GB`, in bytes; of a thousand each, of 1,024 as `GiB`. @throws UsageError */
export function sizeInBytes(option: string, text: string): number {
  const {
    number,
    unit = '',
    binary,
  } = /^(?<number>\d+(?:\.\d+)?) ?(?<unit>[kmgt]?)(?<binary>i?)b?$/i.exec(text)?.groups ?? {}
  if (number === undefined || (binary && unit === '')) {
    throw new UsageError(`--${option}: a size such as 500MB or 2GB is wanted, got ${JSON.stringify(text)}`)
  }
  const base = binary ? 1024 : 1000
  return Math.floor(Number(number) * base ** UNITS.indexOf(unit.toLowerCase()))
}

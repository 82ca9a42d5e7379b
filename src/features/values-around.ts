import { weigh } from './columns.ts'
import type { Encoder } from './encoder.ts'

/** Larger counts are not told apart. */
const MAX_COUNT = 2 ** 25

/**
 * Of the values that a column can have, the largest at or below a bound and the smallest above it, infinite where there
 * is none. Null where a value depends on more than how often the column's tokens occur, and where that would be beyond
 * `MAX_COUNT`.
 */
export function valuesAround(encoder: Encoder, column: number, bound: number): [number, number] | null {
  const { settings, table } = encoder
  const scale = table.scale ? table.scale[column] : 1
  const isPresence = table.kind === 'set' || column >= table.firstPair || settings.weight === 'presence'
  const weight = isPresence ? 'presence' : settings.weight
  if (settings.normalise || weight === 'share') return null
  const valueAt = (count: number) => (count === 0 ? 0 : weigh(weight, count, 0) * scale)
  if (bound < 0) return [Number.NEGATIVE_INFINITY, 0]
  if (isPresence) return valueAt(1) <= bound ? [valueAt(1), Number.POSITIVE_INFINITY] : [0, valueAt(1)]
  let [low, high] = [0, MAX_COUNT]
  if (valueAt(high) <= bound) return null
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2)
    if (valueAt(middle) <= bound) low = middle
    else high = middle
  }
  return [valueAt(low), valueAt(high)]
}

import type { Interval } from '../evaluation/index.ts'
import { wholeText } from './number-text.ts'

/** What stands where a figure is not known. */
export const DASH = '–'

/** A share with three decimals, without the leading zero: `.947`. */
export function figure(value: number | null): string {
  return value === null ? DASH : value.toFixed(3).replace(/^(-?)0\./, '$1.')
}

/** Half of an interval's width, `.012`; nothing where there is none. */
export function halfOf(interval: Interval | null): string | undefined {
  return interval ? figure((interval[1] - interval[0]) / 2) : undefined
}

/** A figure with half its interval, `.947 ± .012`; a dash where there is none. */
export function within(value: number | null, interval: Interval | null): string {
  if (value === null || !interval) return figure(value)
  return `${figure(value)} ± ${halfOf(interval)}`
}

/** A figure with its sign, `+.012`; `.000` has none. */
export function signed(value: number): string {
  const text = figure(Math.abs(value))
  return text === '.000' ? text : `${value < 0 ? '−' : '+'}${text}`
}

/** A share in per cent, to three digits: `97.4 %`. */
export function percent(share: number): string {
  return `${Number((share * 100).toPrecision(3))} %`
}

/** A number of things: `1,950 rows`. @param what one of them */
export function count(value: number, what: string): string {
  return `${wholeText(value)} ${what}${value === 1 ? '' : 's'}`
}

/** How long something took, to three digits: `45.6 ms`, `12.3 s`, `4.2 min`, `1.31 h`. */
export function secondsText(seconds: number): string {
  const digits = (value: number, unit: string) => `${Number(value.toPrecision(3))} ${unit}`
  if (seconds < 0.9995) return digits(seconds * 1000, 'ms')
  if (seconds < 99.95) return digits(seconds, 's')
  if (seconds < 5997) return digits(seconds / 60, 'min')
  return digits(seconds / 3600, 'h')
}

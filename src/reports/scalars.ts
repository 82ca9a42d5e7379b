/** The text between two addresses; bytes that are not UTF-8 become U+FFFD. */
export function textAt(bytes: Uint8Array, start: number, end: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('utf8')
}

/** The string that a JSON string's inside spells; unknown escapes stand for themselves, lone surrogates become U+FFFD. */
export function decodeText(bytes: Uint8Array, start: number, end: number): string {
  const decoded = textAt(bytes, start, end).replace(/\\(?:u([0-9a-fA-F]{4})|([\s\S]))/g, (_, unit, letter) =>
    unit ? String.fromCharCode(Number.parseInt(unit, 16)) : (ESCAPES[letter] ?? letter),
  )
  return Buffer.from(decoded, 'utf8').toString('utf8')
}

const ESCAPES: Readonly<Record<string, string>> = Object.assign(Object.create(null), {
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
})

const ZERO = 48
const DOT = 46
const MINUS = 45
/** Digits of which every number is exact in a double. */
const EXACT_DIGITS = 15
const TENS = Float64Array.from({ length: EXACT_DIGITS + 1 }, (_, index) => Number(`1e${index}`))

/** The number that a literal or a string spells, correctly rounded; NaN when it spells none. */
export function numberAt(bytes: Uint8Array, start: number, end: number): number {
  let at = start
  const negative = bytes[at] === MINUS
  if (negative) at++
  // The first nine digits and the rest are summed apart: whole numbers below 2^31 are quicker than doubles.
  let head = 0
  let tail = 0
  let digits = 0
  let scale = 0
  for (; at < end; at++) {
    const digit = bytes[at]! - ZERO
    if (digit >= 0 && digit <= 9) {
      if (digits < 9) head = (head * 10 + digit) | 0
      else if (digits < 18) tail = (tail * 10 + digit) | 0
      digits++
    } else if (bytes[at] === DOT && scale === 0 && digits > 0) {
      scale = digits
    } else {
      return slowNumber(bytes, start, end)
    }
  }
  // 16 digits below 2^53 are exact too: microseconds since 1970 have as many.
  let value = digits > 9 && digits <= 18 ? head * TENS[digits - 9]! + tail : head
  if (digits === 0 || digits > EXACT_DIGITS + 1 || value > Number.MAX_SAFE_INTEGER || digits === scale) {
    return slowNumber(bytes, start, end)
  }
  if (scale > 0) value /= TENS[digits - scale]!
  return negative ? -value : value
}

const LONGEST_NUMBER = 400

function slowNumber(bytes: Uint8Array, start: number, end: number): number {
  if (end - start > LONGEST_NUMBER) return Number.NaN
  const text = textAt(bytes, start, end).trim()
  return /^[-+]?(\d|\.\d|Infinity$)/.test(text) ? Number(text) : Number.NaN
}

/** Reads the times of a report; remembers the day it saw last, since most calls share it. */
export function timeReader(): (bytes: Uint8Array, start: number, end: number) => number {
  const day = new Uint8Array(10)
  let daySeconds = Number.NaN
  const sameDay = (bytes: Uint8Array, start: number) => {
    for (let at = 0; at < 10; at++) if (bytes[start + at] !== day[at]) return false
    return true
  }
  /** Seconds since 1970 of `2021-01-28 02:14:04,697` (comma or point, blank or T) or of a plain number; else NaN. */
  return (bytes, start, end) => {
    if (end - start < 19 || bytes[start + 4] !== MINUS) return numberAt(bytes, start, end)
    if (!sameDay(bytes, start)) {
      day.set(bytes.subarray(start, start + 10))
      const text = textAt(day, 0, 10)
      daySeconds = /^\d{4}-\d\d-\d\d$/.test(text) ? Date.parse(`${text}T00:00:00Z`) / 1000 : Number.NaN
    }
    const [hours, minutes] = [twoDigits(bytes, start + 11), twoDigits(bytes, start + 14)]
    const seconds = daySeconds + hours * 3600 + minutes * 60 + twoDigits(bytes, start + 17)
    let fraction = 0
    let digits = 0
    for (let at = start + 20; at < end && digits < EXACT_DIGITS; at++, digits++) {
      const digit = bytes[at]! - ZERO
      if (digit < 0 || digit > 9) break
      fraction = fraction * 10 + digit
    }
    const scale = TENS[digits]!
    const whole = seconds * scale + fraction
    return Math.abs(whole) <= Number.MAX_SAFE_INTEGER ? whole / scale : seconds + fraction / scale
  }
}

function twoDigits(bytes: Uint8Array, at: number): number {
  const [tens, ones] = [bytes[at]! - ZERO, bytes[at + 1]! - ZERO]
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : Number.NaN
}

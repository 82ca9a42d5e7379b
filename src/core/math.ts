/**
 * Exponential and logarithm in float64 from +, −, × and ÷ only. `Math.exp` and `Math.log` may differ in the last bit
 * between engines; these cannot, so whatever is learned or scored with them is the same on every machine.
 */

/** ln 2 in two parts: the first has 21 trailing zero bits, so that k × LN2_HIGH is exact for every exponent k. */
export const LN2_HIGH = 0.6931471803691238
/** What of ln 2 is left. */
export const LN2_LOW = 1.9082149292705877e-10
const LOG2_E = Math.LOG2E

const bits = new DataView(new ArrayBuffer(8))

/** 2 to a whole power in -1022 … 1023, exact. */
export function powerOfTwo(exponent: number): number {
  bits.setUint32(0, (exponent + 1023) << 20)
  bits.setUint32(4, 0)
  return bits.getFloat64(0)
}

/**
 * e to the power of x. Cody & Waite, "Software Manual for the Elementary Functions", 1980: x = k·ln 2 + r,
 * |r| ≤ ln 2 / 2, then the Taylor series of eʳ to degree 13 (remainder below 2⁻⁵⁷). Error within 2 units in the last place.
 */
export function exp(x: number): number {
  if (Number.isNaN(x)) return x
  if (x > 709.782712893384) return Number.POSITIVE_INFINITY
  if (x < -745.1332191019412) return 0
  const k = Math.round(x * LOG2_E)
  const high = x - k * LN2_HIGH
  const low = k * LN2_LOW
  const r = high - low
  let sum = 0
  for (let i = TAYLOR.length - 1; i >= 2; i--) sum = (sum + TAYLOR[i]!) * r
  // sum = Σ rⁱ⁻¹/i! for i ≥ 2; adding `high - r - low` restores what r lost in rounding.
  const value = 1 + (r + (r * sum + (high - r - low)))
  if (k > 1023) return value * powerOfTwo(1023) * powerOfTwo(k - 1023)
  if (k < -1022) return value * powerOfTwo(k + 1022) * powerOfTwo(-1022)
  return value * powerOfTwo(k)
}

/** 1 / i! for i from 0 to 13. */
export const TAYLOR = inverseFactorials(14)

function inverseFactorials(count: number): Float64Array {
  const values = new Float64Array(count)
  for (let i = 0, factorial = 1; i < count; i++, factorial *= i) values[i] = 1 / factorial
  return values
}

/**
 * Natural logarithm. x = 2ᵏ·m with m in [√½, √2); with s = (m-1)/(m+1), ln m = 2·(s + s³/3 + s⁵/5 + …),
 * |s| ≤ 0.1716, to s²¹ (remainder below 2⁻⁵⁷). Error within 2 units in the last place. Below 0 it is NaN, at 0 -∞.
 */
export function log(x: number): number {
  if (!(x > 0)) return x === 0 ? Number.NEGATIVE_INFINITY : Number.NaN
  if (x === Number.POSITIVE_INFINITY) return x
  let k = 0
  let m = x
  if (m < 2.2250738585072014e-308) {
    m *= 2 ** 54
    k = -54
  }
  bits.setFloat64(0, m)
  const top = bits.getUint32(0)
  k += (top >>> 20) - 1023
  bits.setUint32(0, (top & 0x000fffff) | 0x3ff00000)
  m = bits.getFloat64(0)
  if (m > Math.SQRT2) {
    m /= 2
    k += 1
  }
  const f = m - 1
  const s = f / (m + 1)
  const z = s * s
  let series = 0
  for (let i = 21; i >= 3; i -= 2) series = (series + 1 / i) * z
  // 2s = f − s·f, kept apart so that the leading term f is exact.
  return k * LN2_HIGH + (f - (s * (f - 2 * series) - k * LN2_LOW))
}

/** 1 / (1 + e^-x), in 0 … 1. */
export function sigmoid(x: number): number {
  if (x >= 0) return 1 / (1 + exp(-x))
  const e = exp(x)
  return e / (1 + e)
}

/** ln Σ e^values[i], the stable way; -∞ for no values. */
export function logSumExp(values: ArrayLike<number>): number {
  let top = Number.NEGATIVE_INFINITY
  for (let i = 0; i < values.length; i++) top = Math.max(top, values[i]!)
  if (top === Number.NEGATIVE_INFINITY) return top
  let sum = 0
  for (let i = 0; i < values.length; i++) sum += exp(values[i]! - top)
  return top + log(sum)
}

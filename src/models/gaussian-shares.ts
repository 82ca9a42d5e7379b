import { exp } from '../core/index.ts'
import type { SparseMatrix } from '../features/index.ts'

// Gauss and Legendre's 8 points on [-1, 1], symmetric about 0.
const NODES = [0.1834346424956498, 0.525532409916329, 0.7966664774136267, 0.9602898564975363]
const WEIGHTS = [0.362683783378362, 0.3137066458778873, 0.2223810344533745, 0.1012285362903763]

/** Most panels of 8 points; from γ‖x‖² = 65,536 on a share may be rough. The sum of the shares is exact always. */
const MAX_PANELS = 256

/**
 * What each stored value of a row x adds to f = Σ coefficientₛ·exp(-γ‖x - s‖²), s the rows of `support`: integrated
 * gradients (Sundararajan, Taly & Yan, "Axiomatic Attribution for Deep Networks", 2017) along the straight line from the
 * empty row. The share of column j is xⱼ ∫₀¹ ∂f/∂xⱼ(t·x) dt, and the shares add up to f(x) - f(0). With K(t) the kernel
 * of t·x and s, I = ∫K dt and T = ∫t·K dt = ((K(0) - K(1)) / 2γ + x·s·I) / ‖x‖², s adds -2γ·coefficientₛ·xⱼ·(xⱼ·T - sⱼ·I).
 */
export function gaussianShares(
  x: SparseMatrix,
  row: number,
  support: SparseMatrix,
  gamma: number,
  coefficients: Float64Array,
): Float64Array {
  const [from, to] = [x.starts[row], x.starts[row + 1]]
  const own = Float64Array.from({ length: to - from }, (_, i) => (x.values ? x.values[from + i] : 1))
  const dense = new Float64Array(x.columns)
  for (let i = from; i < to; i++) dense[x.indices[i]] = own[i - from]
  const square = own.reduce((sum, value) => sum + value * value, 0)
  // Σ coefficientₛ·T, and Σ coefficientₛ·I·s, of which only the row's columns are wanted.
  let outward = 0
  const inward = new Float64Array(x.columns)
  for (let s = 0; s < support.rows; s++) {
    if (coefficients[s] === 0) continue
    let [product, length] = [0, 0]
    for (let i = support.starts[s]; i < support.starts[s + 1]; i++) {
      const value = support.values ? support.values[i] : 1
      product += value * dense[support.indices[i]]
      length += value * value
    }
    const kernel = (t: number) => exp(-gamma * Math.max(0, t * t * square - 2 * t * product + length))
    const whole = integrate(kernel, Math.ceil(Math.sqrt(gamma * square)))
    if (square > 0) {
      outward += (coefficients[s] * ((kernel(0) - kernel(1)) / (2 * gamma) + product * whole)) / square
    }
    for (let i = support.starts[s]; i < support.starts[s + 1]; i++) {
      inward[support.indices[i]] += coefficients[s] * whole * (support.values ? support.values[i] : 1)
    }
  }
  return own.map((value, i) => -2 * gamma * value * (value * outward - inward[x.indices[from + i]]))
}

/** ∫₀¹ f by panels of equal width, at least one. */
function integrate(f: (t: number) => number, wanted: number): number {
  const panels = Math.max(1, Math.min(wanted, MAX_PANELS))
  const half = 0.5 / panels
  let sum = 0
  for (let panel = 0; panel < panels; panel++) {
    const middle = (2 * panel + 1) * half
    for (let i = 0; i < NODES.length; i++) {
      sum += WEIGHTS[i] * (f(middle - half * NODES[i]) + f(middle + half * NODES[i]))
    }
  }
  return sum * half
}

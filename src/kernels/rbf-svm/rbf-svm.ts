import type { SparseRows } from '../sparse-rows.ts'
import { instantiate, type Kernel, memoryPlan } from '../wasm.ts'
import { wasm } from './rbf-svm.wasm.ts'
import type { MakeRbfKernel, RbfKernel } from './reference.ts'

interface Exports {
  prepare(
    rows: number,
    columnStarts: number,
    columnRows: number,
    columnValues: number,
    starts: number,
    indices: number,
    values: number,
    squares: number,
    out: number,
  ): void
  prepareCache(slots: number, rows: number, slotOf: number, ownerOf: number, usedAt: number): void
  setGamma(gamma: number): void
  similarities(length: number, indices: number, values: number, square: number): void
  solve(
    n: number,
    rows: number,
    y: number,
    costPositive: number,
    costNegative: number,
    tolerance: number,
    maxSteps: number,
    alpha: number,
    slope: number,
    status: number,
    intercept: number,
  ): number
}

/** Most bytes of kernel rows that one matrix keeps; rows past it are computed again. 8,192 rows fit as a whole. */
export const CACHE_BYTES = 256 << 20

/**
 * The fast path: a row's products with all others go by the columns that it has, which costs the stored values of those
 * columns and not those of the matrix. Rows of the kernel are computed when first wanted and kept for later
 * solutions with the same γ.
 * @param cacheBytes most bytes of rows kept, at least two rows
 */
export function rbfKernel(x: SparseRows, cacheBytes = CACHE_BYTES): RbfKernel {
  const kernel: Kernel<Exports> = instantiate(wasm)
  const { exports, memory } = kernel
  const plan = memoryPlan(kernel.base)
  const { place } = plan
  const slots = Math.min(x.rows, Math.max(2, Math.floor(cacheBytes / (4 * x.rows))))
  const at = {
    columnStarts: place(4 * (x.columns + 1)),
    columnRows: place(4 * x.indices.length),
    columnValues: x.values ? place(8 * x.values.length) : 0,
    starts: place(4 * (x.rows + 1)),
    indices: place(4 * x.indices.length),
    values: x.values ? place(8 * x.values.length) : 0,
    squares: place(8 * x.rows),
    out: place(8 * x.rows),
    otherIndices: place(4 * x.columns),
    otherValues: place(8 * x.columns),
    intercept: place(8),
    alpha: place(8 * x.rows),
    slope: place(8 * x.rows),
    status: place(x.rows),
    y: place(x.rows),
    wanted: place(4 * x.rows),
    slotOf: place(4 * x.rows),
    ownerOf: place(4 * slots),
    usedAt: place(4 * slots),
  }
  kernel.reserve(plan.end)
  copyMatrix(memory, at, x)
  exports.prepare(
    x.rows,
    at.columnStarts,
    at.columnRows,
    at.columnValues,
    at.starts,
    at.indices,
    at.values,
    at.squares,
    at.out,
  )
  // The rows of the kernel come last, and only for who solves.
  const reserveCache = () => {
    const rows = place(4 * x.rows * slots)
    kernel.reserve(plan.end)
    exports.prepareCache(slots, rows, at.slotOf, at.ownerOf, at.usedAt)
  }
  let hasCache = false
  let current = 0
  const use = (gamma: number) => {
    if (gamma !== current) exports.setGamma(gamma)
    current = gamma
  }
  return {
    similarities(other, row, gamma) {
      use(gamma)
      const [from, to] = [other.starts[row], other.starts[row + 1]]
      new Uint32Array(memory.buffer, at.otherIndices, x.columns).set(other.indices.subarray(from, to))
      const values = other.values?.subarray(from, to)
      if (values) new Float64Array(memory.buffer, at.otherValues, x.columns).set(values)
      const square = values ? values.reduce((sum, value) => sum + value * value, 0) : to - from
      exports.similarities(to - from, at.otherIndices, values ? at.otherValues : 0, square)
      return new Float64Array(memory.buffer, at.out, x.rows).slice()
    },
    solve(rows, y, { gamma, costs, tolerance, maxSteps }) {
      if (!hasCache) {
        reserveCache()
        hasCache = true
        current = 0
      }
      use(gamma)
      new Uint32Array(memory.buffer, at.wanted, x.rows).set(rows)
      new Int8Array(memory.buffer, at.y, x.rows).set(y)
      const steps = exports.solve(
        rows.length,
        at.wanted,
        at.y,
        costs[0],
        costs[1],
        tolerance,
        maxSteps,
        at.alpha,
        at.slope,
        at.status,
        at.intercept,
      )
      const alpha = new Float64Array(memory.buffer, at.alpha, rows.length).slice()
      return { alpha, intercept: new Float64Array(memory.buffer, at.intercept, 1)[0], steps }
    },
  }
}

/** The fast path with the cache that fits most. */
export const makeRbfKernel: MakeRbfKernel = (x) => rbfKernel(x)

interface MatrixPlaces {
  readonly columnStarts: number
  readonly columnRows: number
  readonly columnValues: number
  readonly starts: number
  readonly indices: number
  readonly values: number
  readonly squares: number
}

/** Puts a matrix into wasm memory by rows and by columns, and the squared length of each row. */
function copyMatrix({ buffer }: WebAssembly.Memory, at: MatrixPlaces, x: SparseRows): void {
  const stored = x.indices.length
  new Uint32Array(buffer, at.starts, x.rows + 1).set(x.starts)
  new Uint32Array(buffer, at.indices, stored).set(x.indices)
  if (x.values) new Float64Array(buffer, at.values, stored).set(x.values)
  const columnStarts = new Uint32Array(buffer, at.columnStarts, x.columns + 1)
  for (const column of x.indices) columnStarts[column + 1]++
  for (let column = 0; column < x.columns; column++) columnStarts[column + 1] += columnStarts[column]
  const next = columnStarts.slice()
  const columnRows = new Uint32Array(buffer, at.columnRows, stored)
  const columnValues = x.values && new Float64Array(buffer, at.columnValues, stored)
  const squares = new Float64Array(buffer, at.squares, x.rows)
  for (let row = 0; row < x.rows; row++) {
    for (let i = x.starts[row]; i < x.starts[row + 1]; i++) {
      const to = next[x.indices[i]]++
      columnRows[to] = row
      if (columnValues && x.values) columnValues[to] = x.values[i]
      squares[row] += x.values ? x.values[i] * x.values[i] : 1
    }
  }
}

import type { SparseRows } from '../sparse-rows.ts'
import { instantiate, type Kernel, memoryPlan } from '../wasm.ts'
import { wasm } from './linear-svm.wasm.ts'
import type { SolveSvm, SvmSettings, SvmSolution } from './reference.ts'

interface Exports {
  solve(
    rows: number,
    columns: number,
    starts: number,
    indices: number,
    values: number,
    y: number,
    w: number,
    alpha: number,
    curvature: number,
    order: number,
    costPositive: number,
    costNegative: number,
    tolerance: number,
    maxPasses: number,
    seed: number,
  ): number
}

/** The fast path: the rows are copied once to wasm memory, for as many labellings and costs as are wanted. */
export function svmSolver(x: SparseRows): (y: Int8Array, settings: SvmSettings) => SvmSolution {
  const kernel: Kernel<Exports> = instantiate(wasm)
  const plan = memoryPlan(kernel.base)
  const { place } = plan
  const at = {
    starts: place(4 * (x.rows + 1)),
    indices: place(4 * x.indices.length),
    values: x.values ? place(8 * x.values.length) : 0,
    y: place(x.rows),
    w: place(8 * (x.columns + 1)),
    alpha: place(8 * x.rows),
    curvature: place(8 * x.rows),
    order: place(4 * x.rows),
  }
  kernel.reserve(plan.end)
  const { buffer } = kernel.memory
  new Uint32Array(buffer, at.starts, x.rows + 1).set(x.starts)
  new Uint32Array(buffer, at.indices, x.indices.length).set(x.indices)
  if (x.values) new Float64Array(buffer, at.values, x.values.length).set(x.values)
  return (y, { costs, tolerance, maxPasses, seed }) => {
    new Int8Array(buffer, at.y, x.rows).set(y)
    const passes = kernel.exports.solve(
      x.rows,
      x.columns,
      at.starts,
      at.indices,
      at.values,
      at.y,
      at.w,
      at.alpha,
      at.curvature,
      at.order,
      costs[0],
      costs[1],
      tolerance,
      maxPasses,
      seed,
    )
    return { weights: new Float64Array(buffer, at.w, x.columns + 1).slice(), passes }
  }
}

/** One labelling of one matrix. */
export const solveSvm: SolveSvm = (x, y, settings) => svmSolver(x)(y, settings)

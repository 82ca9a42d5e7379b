import type { BinnedColumns } from '../bins.ts'
import { instantiate, type Kernel, memoryPlan } from '../wasm.ts'
import { wasm } from './forest.wasm.ts'
import type { ForestSettings, GrowTree } from './reference.ts'

/** Counters of each class that the kernel keeps apart. */
const LANES = 4

interface Exports {
  grow(rows: number, columns: number, classes: number, ...placesAndSettings: number[]): number
}

/** The fast path: the columns are copied once to wasm memory, for as many trees as are wanted. */
export function treeGrower(
  x: BinnedColumns,
  y: Uint32Array,
  classes: number,
): (settings: ForestSettings) => Float64Array {
  const kernel: Kernel<Exports> = instantiate(wasm)
  const plan = memoryPlan(kernel.base)
  const { place } = plan
  const { rows, columns } = x
  const at = {
    codes: place(x.codes.length),
    firstBin: place(4 * (columns + 1)),
    lower: place(8 * x.lower.length),
    upper: place(8 * x.upper.length),
    y: place(4 * rows),
    weights: place(8 * classes),
    samples: place(4 * rows),
    tags: place(4 * rows),
    features: place(4 * columns),
    stack: place(8 * (rows + 2)),
    counts: place(4 * 256 * classes),
    left: place(4 * LANES * classes),
    total: place(4 * classes),
    gathered: place(rows),
    // An inner node is two numbers, a leaf one and two for each of its classes, of which it has no more than rows.
    out: place(8 * (5 * rows + 4)),
  }
  kernel.reserve(plan.end)
  const { buffer } = kernel.memory
  new Uint8Array(buffer, at.codes, x.codes.length).set(x.codes)
  new Uint32Array(buffer, at.firstBin, columns + 1).set(x.firstBin)
  new Float64Array(buffer, at.lower, x.lower.length).set(x.lower)
  new Float64Array(buffer, at.upper, x.upper.length).set(x.upper)
  new Uint32Array(buffer, at.y, rows).set(y)
  return ({ maxFeatures, minLeaf, extra, weights, seed }) => {
    new Float64Array(buffer, at.weights, classes).set(weights)
    const places = Object.values(at)
    const length = kernel.exports.grow(
      ...([rows, columns, classes] as const),
      ...places,
      ...[maxFeatures, minLeaf, Number(extra), seed],
    )
    return new Float64Array(buffer, at.out, length).slice()
  }
}

/** One tree of one matrix. */
export const growTree: GrowTree = (x, y, classes, settings) => treeGrower(x, y, classes)(settings)

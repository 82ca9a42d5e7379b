import type { BinnedColumns } from '../bins.ts'
import type { SparseRows } from '../sparse-rows.ts'
import { instantiate, type Kernel, memoryPlan } from '../wasm.ts'
import { wasm } from './boosting.wasm.ts'
import {
  type BoostedTree,
  type BoostingSettings,
  type GrowBoosted,
  MIN_GAIN,
  type RowPairs,
} from './reference.ts'

interface Exports {
  choose(rows: number, starts: number, bins: number, wanted: number, keptStarts: number, kept: number): number
  grow(...placesAndSettings: number[]): number
}

/** Grows trees on one matrix. */
export interface BoostedGrower {
  /** Columns that the following trees may try, ascending. */
  choose(active: Uint32Array): void
  grow(pairs: RowPairs, settings: Omit<BoostingSettings, 'active'>): BoostedTree
}

/** The fast path: the rows are copied once to wasm memory, for as many trees as are wanted. @param depth the deepest of them */
export function boostedGrower(x: SparseRows, binned: BinnedColumns, depth: number): BoostedGrower {
  const kernel: Kernel<Exports> = instantiate(wasm)
  const { rows, columns, firstBin } = binned
  const allBins = firstBin[columns]
  // A path has a table for each pending sibling and one for the node itself.
  const slots = depth + 2
  const mostNodes = Math.min(2 ** depth, Math.max(1, rows))
  const plan = memoryPlan(kernel.base)
  const { place } = plan
  const at = {
    codes: place(binned.codes.length),
    firstBin: place(4 * (columns + 1)),
    zeroBin: place(columns),
    lower: place(8 * allBins),
    upper: place(8 * allBins),
    starts: place(4 * (rows + 1)),
    bins: place(4 * x.indices.length),
    keptStarts: place(4 * (rows + 1)),
    kept: place(4 * (x.indices.length + 1)),
    wanted: place(allBins),
    active: place(4 * columns),
    pairs: place(16 * rows),
    order: place(4 * rows),
    moved: place(4 * rows),
    tables: place(16 * allBins * slots),
    freeSlots: place(4 * slots),
    values: place(8 * rows),
    out: place(8 * 5 * mostNodes),
  }
  kernel.reserve(plan.end)
  const { buffer } = kernel.memory
  new Uint8Array(buffer, at.codes, binned.codes.length).set(binned.codes)
  new Uint32Array(buffer, at.firstBin, columns + 1).set(firstBin)
  new Uint8Array(buffer, at.zeroBin, columns).set(binned.zeroBin)
  new Float64Array(buffer, at.lower, allBins).set(binned.lower)
  new Float64Array(buffer, at.upper, allBins).set(binned.upper)
  new Uint32Array(buffer, at.starts, rows + 1).set(x.starts)
  const bins = new Uint32Array(buffer, at.bins, x.indices.length)
  for (let row = 0; row < rows; row++) {
    for (let i = x.starts[row]; i < x.starts[row + 1]; i++) {
      bins[i] = firstBin[x.indices[i]] + binned.codes[x.indices[i] * rows + row]
    }
  }
  let chosen = 0
  return {
    choose(active) {
      chosen = active.length
      new Uint32Array(buffer, at.active, chosen).set(active)
      const wanted = new Uint8Array(buffer, at.wanted, allBins).fill(0)
      for (const column of active) wanted.fill(1, firstBin[column], firstBin[column + 1])
      kernel.exports.choose(rows, at.starts, at.bins, at.wanted, at.keptStarts, at.kept)
    },
    grow(pairs, settings) {
      new Float64Array(buffer, at.pairs, 2 * rows).set(pairs)
      const length = kernel.exports.grow(
        ...[rows, columns, at.codes, at.firstBin, at.zeroBin, at.lower, at.upper],
        ...[at.keptStarts, at.kept, at.active, chosen, at.pairs, at.order, at.moved],
        ...[at.tables, at.freeSlots, slots, at.values, at.out],
        ...[settings.depth, settings.rate, settings.l2, settings.minWeight, MIN_GAIN],
      )
      return {
        nodes: new Float64Array(buffer, at.out, length).slice(),
        values: new Float64Array(buffer, at.values, rows).slice(),
      }
    },
  }
}

/** One tree of one matrix. */
export const growBoosted: GrowBoosted = (x, binned, pairs, { active, ...settings }) => {
  const grower = boostedGrower(x, binned, settings.depth)
  grower.choose(active)
  return grower.grow(pairs, settings)
}

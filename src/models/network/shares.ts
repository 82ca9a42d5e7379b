import type { SparseMatrix } from '../../features/index.ts'
import { chooseEngine, openEngine } from '../../kernels/network/engine.ts'
import { layOut } from './layout.ts'
import { openNetwork } from './network.ts'
import { type LearnedNetwork, networkSize, parametersOf } from './network-model.ts'
import { sizesOf } from './train-network.ts'

/** What each part of a row did for the lead of one class over another. */
export interface Shares {
  /** Columns of the row, ascending; none where the network reads none. */
  readonly columns: Uint32Array
  readonly columnShares: Float64Array
  /** One a step of the row's sequence. */
  readonly stepShares: Float64Array
}

/** Points of the path from a row of nothing to the row; more would change the third digit. */
const POINTS = 32

/**
 * Integrated gradients (Sundararajan, Taly & Yan, "Axiomatic Attribution for Deep Networks", 2017) from the row that has
 * no tokens and no columns: gradients with respect to the one-hot tokens and the columns, averaged along the straight
 * line (midpoint rule). Scaling the input is scaling the first layers' kernels. Members' shares are averaged.
 * @param x one row
 */
export function sharesOf(
  learned: LearnedNetwork,
  classes: number,
  x: SparseMatrix,
  target: number,
  rival: number,
): Shares {
  const { architecture, members } = learned
  const readsColumns = architecture.columns.length > 0
  const steps = architecture.sequence.length > 0 ? x.sequences!.tokens : new Uint32Array(0)
  const found: Shares = {
    columns: readsColumns ? x.indices : new Uint32Array(0),
    columnShares: new Float64Array(readsColumns ? x.indices.length : 0),
    stepShares: new Float64Array(steps.length),
  }
  const { steps: most, entries } = sizesOf(x)
  const size = { ...networkSize(learned, classes, most, entries), microBatches: 1 }
  const layout = layOut(size)
  const network = openNetwork(size, layout, openEngine(chooseEngine(), layout.bytes), 0)
  const { run } = network
  const { stages, logits, embedded, columnUnits } = layout.threads[0]
  const parameters = parametersOf(learned, classes)
  const kernelOf = (name: string) => parameters.find((each) => each.name === name)
  const [tokenKernel, columnKernel] = [kernelOf('sequence.0.kernel'), kernelOf('columns.0.kernel')]
  const viewAt = (address: number, count: number) =>
    run.floats.subarray(address / run.floatBytes, address / run.floatBytes + count)
  for (const weights of members) {
    for (let point = 0; point < POINTS; point++) {
      const part = (point + 0.5) / POINTS
      network.weights.set(weights)
      for (const kernel of [tokenKernel, columnKernel]) {
        if (!kernel) continue
        const count = kernel.shape.reduce((product, n) => product * n, 1)
        const own = network.weights.subarray(kernel.at, kernel.at + count)
        for (let i = 0; i < count; i++) own[i] *= part
      }
      network.pack()
      network.decide(x, [0])
      const lead = viewAt(logits.gradient, classes).fill(0)
      lead[target] = 1
      if (rival >= 0) lead[rival] = -1
      for (let i = stages.length - 1; i >= 0; i--) stages[i].backward(run)
      const scale = 1 / (POINTS * members.length)
      if (embedded && tokenKernel) {
        const { channels } = embedded
        const first = run.levels[0].starts[0]
        const gradient = viewAt(
          embedded.gradient + first * channels * run.floatBytes,
          steps.length * channels,
        )
        addStepShares(
          found.stepShares,
          gradient,
          weights.subarray(tokenKernel.at),
          tokenKernel.shape,
          steps,
          scale,
        )
      }
      if (columnUnits && columnKernel) {
        const { width } = columnUnits
        const gradient = viewAt(columnUnits.gradient, width)
        x.indices.forEach((column, i) => {
          const value = (x.values ? x.values[i] : 1) * scale
          const from = columnKernel.at + column * width
          for (let c = 0; c < width; c++) found.columnShares[i] += value * gradient[c] * weights[from + c]
        })
      }
    }
  }
  return found
}

/** A token reaches the steps that the filter is laid over; what it does there is its share. */
function addStepShares(
  shares: Float64Array,
  gradient: ArrayLike<number>,
  kernel: Float32Array,
  [width, vocabulary, maps]: readonly number[],
  tokens: Uint32Array,
  scale: number,
): void {
  const left = (width - 1) / 2
  for (let at = 0; at < tokens.length; at++) {
    for (let k = 0; k < width; k++) {
      const t = at - k + left
      if (t < 0 || t >= tokens.length) continue
      const row = (k * vocabulary + tokens[at]) * maps
      for (let c = 0; c < maps; c++) shares[at] += scale * gradient[t * maps + c] * kernel[row + c]
    }
  }
}

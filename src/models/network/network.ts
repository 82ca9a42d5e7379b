import { exp, log, seededRandom } from '../../core/index.ts'
import type { SparseMatrix } from '../../features/index.ts'
import type { Engine } from '../../kernels/network/engine.ts'
import type { NetworkSize } from './layout.ts'
import { guardRows, type Layout, MICRO_BATCH_ROWS, stepsAtLevels, windowsOf } from './layout.ts'
import type { LevelNumbers, Run } from './stage.ts'

/** A network in the memory of an engine, as one thread sees it. */
export interface Network {
  readonly layout: Layout
  /** All weights, which may be written; `pack` is then due. */
  readonly weights: Float32Array | Float64Array
  /** Prepares the weights for products, after every change of them. */
  pack(): void
  /** Decision values of some rows, [rows, classes]: logarithms of the softmax. */
  decide(x: SparseMatrix, rows: ArrayLike<number>): Float64Array
  /**
   * Forward and backward over at most MICRO_BATCH_ROWS rows; the gradients of the mean loss go to slot `microBatch`.
   * @param scale 1 / the weight of all rows of the batch
   */
  learn(x: SparseMatrix, y: Uint32Array, rows: ArrayLike<number>, how: LearnSettings): void
  /** Weighted losses of the rows that `learn` saw last under that micro-batch, in nats. */
  losses(microBatch: number, rows: number): number[]
  readonly run: Run
}

/** What one call of `learn` goes by. */
export interface LearnSettings {
  readonly microBatch: number
  readonly scale: number
  readonly smoothing: number
  /** Of dropout; changes with every epoch. */
  readonly seed: number
}

/** The network that a layout describes, on one of its threads. */
export function openNetwork(size: NetworkSize, layout: Layout, engine: Engine, thread: number): Network {
  const { operations, buffer, floatBytes } = engine
  const { shared, weightCount } = layout
  const { input, levels, stages, logits } = layout.threads[thread]
  const floats = floatBytes === 8 ? new Float64Array(buffer) : new Float32Array(buffer)
  const words = new Uint32Array(buffer)
  const { classes, architecture } = size
  const windows = windowsOf(architecture)
  const guards = guardRows(architecture)
  const readsSequence = architecture.sequence.length > 0
  const readsColumns = architecture.columns.length > 0
  const numbers: LevelNumbers[] = levels.map(({ starts, lengths }) => ({
    starts: words.subarray(starts / 4, starts / 4 + MICRO_BATCH_ROWS),
    lengths: words.subarray(lengths / 4, lengths / 4 + MICRO_BATCH_ROWS),
    total: 0,
  }))
  const run = {
    operations,
    weights: shared.weights,
    gradients: shared.gradients,
    floatBytes,
    floats,
    words,
    rows: 0,
    levels: numbers,
    training: false,
    seed: 0,
  }

  /** Writes the rows to where the stages read them, the longest sequences first. */
  function load(x: SparseMatrix, rows: Uint32Array): void {
    run.rows = rows.length
    words.set(rows, input.rowNames / 4)
    if (readsSequence) loadSequences(x, rows)
    if (readsColumns) loadColumns(x, rows)
  }

  function loadSequences({ sequences }: SparseMatrix, rows: Uint32Array): void {
    const { starts, tokens } = sequences!
    let at = 0
    const next = numbers.map(() => guards)
    rows.forEach((row, i) => {
      const [from, to] = [starts[row], starts[row + 1]]
      words.set(tokens.subarray(from, to), input.tokens / 4 + at)
      words[input.tokenStarts / 4 + i] = at
      at += to - from
      stepsAtLevels(to - from, windows).forEach((length, level) => {
        numbers[level].starts[i] = next[level]
        numbers[level].lengths[i] = length
        next[level] += length + guards
      })
    })
    numbers.forEach((each, level) => {
      each.lengths.fill(0, rows.length)
      each.total = next[level]
    })
  }

  function loadColumns({ starts, indices, values }: SparseMatrix, rows: Uint32Array): void {
    let at = 0
    rows.forEach((row, i) => {
      words[input.entryStarts / 4 + i] = at
      for (let k = starts[row]; k < starts[row + 1]; k++, at++) {
        words[input.entryColumns / 4 + at] = indices[k]
        floats[input.entryValues / floatBytes + at] = values ? values[k] : 1
      }
    })
    words[input.entryStarts / 4 + rows.length] = at
  }

  const forward = () => {
    for (const stage of stages) stage.forward(run)
  }
  const lengthOf = ({ sequences }: SparseMatrix, row: number) =>
    sequences ? sequences.starts[row + 1] - sequences.starts[row] : 0
  /** The longest sequences first, so that those of a step that go on are those that come first. */
  const inOrder = (x: SparseMatrix, rows: ArrayLike<number>) =>
    Uint32Array.from(rows).sort((a, b) => lengthOf(x, b) - lengthOf(x, a) || a - b)

  return {
    layout,
    run,
    weights: floats.subarray(shared.weights / floatBytes, shared.weights / floatBytes + weightCount),
    pack() {
      for (const stage of stages) stage.pack?.(run)
    },
    decide(x, rows) {
      const decisions = new Float64Array(rows.length * classes)
      const all = Uint32Array.from({ length: rows.length }, (_, i) => i)
      all.sort((a, b) => lengthOf(x, rows[b]) - lengthOf(x, rows[a]) || a - b)
      run.training = false
      for (let from = 0; from < all.length; from += MICRO_BATCH_ROWS) {
        const places = all.subarray(from, from + MICRO_BATCH_ROWS)
        load(
          x,
          places.map((place) => rows[place]),
        )
        forward()
        places.forEach((place, i) => {
          const own = floats.subarray(logits.values / floatBytes + i * classes).subarray(0, classes)
          decisions.set(logSoftmax(own), place * classes)
        })
      }
      return decisions
    },
    learn(x, y, rows, { microBatch, scale, smoothing, seed }) {
      const ordered = inOrder(x, rows)
      load(x, ordered)
      ordered.forEach((row, i) => {
        words[input.targets / 4 + i] = y[row]
      })
      run.training = true
      run.seed = seed
      run.gradients = shared.gradients + microBatch * weightCount * floatBytes
      operations.clear(run.gradients, weightCount)
      forward()
      operations.softmaxLoss(
        shared.losses + microBatch * MICRO_BATCH_ROWS * 2 * floatBytes,
        logits.gradient,
        logits.values,
        input.targets,
        shared.classWeights,
        scale,
        smoothing,
        ordered.length,
        classes,
      )
      for (let i = stages.length - 1; i >= 0; i--) stages[i].backward(run)
    },
    losses(microBatch, rows) {
      const from = shared.losses / floatBytes + microBatch * MICRO_BATCH_ROWS * 2
      return Array.from({ length: rows }, (_, i) => log(floats[from + 2 * i + 1]) - floats[from + 2 * i])
    },
  }
}

/** ln of the softmax of some numbers, in float64. */
export function logSoftmax(logits: ArrayLike<number>): Float64Array {
  const values = Float64Array.from(logits)
  const top = values.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY)
  let sum = 0
  for (const value of values) sum += exp(value - top)
  const all = top + log(sum)
  return values.map((value) => value - all)
}

/** Writes the weights that training begins with: uniform, by the spread that each parameter declares. */
export function initialise({ layout, weights }: Network, seed: number): void {
  const random = seededRandom(seed)
  for (const { shape, spread, ones, at } of layout.parameters) {
    const count = shape.reduce((product, n) => product * n, 1)
    for (let i = 0; i < count; i++) {
      weights[at + i] = spread === 0 ? 0 : (2 * random.unit() - 1) * spread
    }
    if (ones) weights.fill(1, at + ones[0], at + ones[1])
  }
}

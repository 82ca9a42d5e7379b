import { FIRST_ADDRESS, PANEL_COLUMNS } from '../../kernels/network/engine.ts'
import type { Architecture, Layer } from './architecture.ts'
import { activation } from './layers/activation.ts'
import { convolution } from './layers/convolution.ts'
import { dense, sparseDense } from './layers/dense.ts'
import { dropout } from './layers/dropout.ts'
import { embeddingConvolution } from './layers/embedding-convolution.ts'
import { join } from './layers/join.ts'
import { lstm } from './layers/lstm.ts'
import { maxPool } from './layers/max-pool.ts'
import { poolOverTime } from './layers/pool-over-time.ts'
import type { Allocator, Level, MicroBatchInput, Parameter, Place, Rows, Run, Stage, Steps } from './stage.ts'

/** Rows that are taken at once. Their gradients are added up in the order of the rows, so it is part of what is learned. */
export const MICRO_BATCH_ROWS = 16

/** All that decides where a network's numbers lie. */
export interface NetworkSize {
  readonly architecture: Architecture
  readonly vocabulary: number
  readonly columns: number
  readonly classes: number
  /** Most tokens of a sequence. */
  readonly steps: number
  /** Most stored values of the rows of a micro-batch. */
  readonly entries: number
  /** Gradients that are kept apart: micro-batches of a batch; 0 of a network that only decides. */
  readonly microBatches: number
  readonly threads: number
  readonly floatBytes: 4 | 8
}

/** Where everything lies that all threads share. */
export interface SharedLayout {
  readonly weights: number
  /** First and second moments of the gradients. */
  readonly moments: readonly [number, number]
  /** Gradients of each micro-batch, one behind the other. */
  readonly gradients: number
  /** Rows of the batch, [microBatches · MICRO_BATCH_ROWS]. */
  readonly batchRows: number
  /** How much a row of each class weighs. */
  readonly classWeights: number
  /** Of each row of the batch, two numbers, see `softmaxLoss`. */
  readonly losses: number
  /** Words that threads agree by. */
  readonly control: number
}

/** Where what one thread works with lies, and what it does. */
export interface ThreadLayout {
  readonly input: MicroBatchInput
  readonly levels: readonly Level[]
  readonly stages: readonly Stage[]
  /** One number a class. */
  readonly logits: Rows
  /** The first layer's output over steps, for evidence; null without a sequence. */
  readonly embedded: Steps | null
  /** Of the sparse first layer of the columns, for evidence; null without columns. */
  readonly columnUnits: Rows | null
}

/** A network put into memory. */
export interface Layout {
  /** Of memory in all. */
  readonly bytes: number
  readonly parameters: readonly Parameter[]
  /** Numbers of all parameters. */
  readonly weightCount: number
  readonly shared: SharedLayout
  readonly threads: readonly ThreadLayout[]
}

/** Words by which threads agree. */
export const CONTROL_WORDS = 64

/** Plans the memory of a network; the same plan on every thread. */
export function layOut(size: NetworkSize): Layout {
  const memory = allocator(size.floatBytes)
  const weightCount = countWeights(size)
  const rows = Math.max(1, size.microBatches) * MICRO_BATCH_ROWS
  const learned = size.microBatches > 0 ? weightCount : 0
  const shared: SharedLayout = {
    weights: memory.floats(weightCount),
    moments: [memory.floats(learned), memory.floats(learned)],
    gradients: memory.floats(size.microBatches * weightCount),
    batchRows: memory.words(rows),
    classWeights: memory.floats(size.classes),
    losses: memory.floats(2 * rows),
    control: memory.words(CONTROL_WORDS),
  }
  const packs = recorder(memory)
  const threads: ThreadLayout[] = []
  let parameters: readonly Parameter[] = []
  for (let thread = 0; thread < size.threads; thread++) {
    packs.rewind()
    const declared = declarations()
    threads.push(placeThread(size, packs, memory, declared.parameter))
    parameters = declared.parameters
  }
  // Products read a few numbers behind what they are given.
  memory.floats(PANEL_COLUMNS)
  return { bytes: memory.end(), parameters, weightCount, shared, threads }
}

/** Hands out memory from FIRST_ADDRESS on. */
function allocator(floatBytes: number): Allocator & { end(): number } {
  let end = FIRST_ADDRESS
  const take = (bytes: number) => {
    const at = end
    end = Math.ceil((end + bytes) / 64) * 64
    return at
  }
  return {
    floats: (count) => take(count * floatBytes),
    words: (count) => take(count * 4),
    bytes: (count) => take(count),
    end: () => end,
  }
}

/** An allocator that gives every thread what it gave the first. */
function recorder(memory: Allocator): Allocator & { rewind(): void } {
  const given: number[] = []
  let next = 0
  const again = (make: () => number) => {
    if (next === given.length) given.push(make())
    return given[next++]
  }
  return {
    floats: (count) => again(() => memory.floats(count)),
    words: (count) => again(() => memory.words(count)),
    bytes: (count) => again(() => memory.bytes(count)),
    rewind() {
      next = 0
    },
  }
}

/** Parameters in the order in which layers declare them, their numbers one behind the other. */
function declarations() {
  const parameters: Parameter[] = []
  let at = 0
  const parameter = (
    name: string,
    shape: readonly number[],
    spread: number,
    ones?: readonly [number, number],
  ): Parameter => {
    const made: Parameter = { name, shape, spread, at, ...(ones ? { ones } : {}) }
    parameters.push(made)
    at += shape.reduce((product, n) => product * n, 1)
    return made
  }
  return { parameters, parameter, count: () => at }
}

function countWeights(size: NetworkSize): number {
  const nowhere: Allocator = { floats: () => 0, words: () => 0, bytes: () => 0 }
  const declared = declarations()
  placeThread(size, nowhere, nowhere, declared.parameter)
  return declared.count()
}

/** Zeros before, between and behind sequences that the widest convolution asks for. */
function guardRows({ sequence }: Architecture): number {
  const widths = sequence.map((layer) => ('width' in layer ? layer.width : 1))
  return Math.max(...widths, 1) >> 1
}

/** The windows of the max-pools: a level of time more for each. */
export function windowsOf({ sequence }: Architecture): number[] {
  return sequence.flatMap((layer) => (layer.layer === 'max-pool' ? [layer.size] : []))
}

/** How many steps are left of a sequence at each level. */
export function stepsAtLevels(length: number, windows: readonly number[]): number[] {
  const lengths = [length]
  for (const window of windows) lengths.push(Math.ceil(lengths[lengths.length - 1] / window))
  return lengths
}

function placeThread(
  size: NetworkSize,
  shared: Allocator,
  own: Allocator,
  declare: Place['parameter'],
): ThreadLayout {
  const { architecture, steps, entries, classes } = size
  const rows = MICRO_BATCH_ROWS
  const longest = stepsAtLevels(steps, windowsOf(architecture))
  const guards = guardRows(architecture)
  const levels = longest.map(() => ({ starts: own.words(rows), lengths: own.words(rows) }))
  const input: MicroBatchInput = {
    tokens: own.words(rows * steps),
    tokenStarts: own.words(rows),
    rowNames: own.words(rows),
    targets: own.words(rows),
    entryStarts: own.words(rows + 1),
    entryColumns: own.words(entries),
    entryValues: own.floats(entries),
  }
  const base = {
    shared,
    own,
    rows,
    levels,
    input,
    vocabulary: size.vocabulary,
    columns: size.columns,
    capacity: (level: number) => rows * longest[level] + (rows + 1) * guards,
    steps: (level: number) => longest[level],
  }
  const stages: Stage[] = []
  let salt = 0
  const placeOf = (prefix: string): Place => ({
    ...base,
    salt: salt++,
    parameter: (name, ...rest) => declare(`${prefix}.${name}`, ...rest),
  })
  const branch = (name: 'sequence' | 'columns' | 'head', from: Steps | Rows | null) => {
    let x = from
    let first: Steps | Rows | null = null
    architecture[name].forEach((layer, i) => {
      const { out, stage } = placeLayer(layer, x, placeOf(`${name}.${i}`))
      stages.push(stage)
      x = out
      first ??= out
    })
    return { first, out: x }
  }
  const sequence = branch('sequence', null)
  const columns = branch('columns', null)
  let joint = (sequence.out ?? columns.out) as Rows
  if (sequence.out && columns.out) {
    const { out, stage } = join(sequence.out as Rows, columns.out as Rows, placeOf('join'))
    stages.push(stage)
    joint = out
  }
  const head = branch('head', joint)
  const { out: logits, stage } = dense({ units: classes }, head.out as Rows, placeOf('output'))
  stages.push(stage)
  return {
    input,
    levels,
    stages,
    logits,
    embedded: sequence.first as Steps | null,
    columnUnits: columns.first as Rows | null,
  }
}

type Placed = { readonly out: Steps | Rows; readonly stage: Stage }

/** Puts one layer into place. @throws RangeError for a layer that cannot stand where it does */
function placeLayer(layer: Layer, x: Steps | Rows | null, place: Place): Placed {
  if (layer.layer === 'embedding-convolution' && x === null) return embeddingConvolution(layer, place)
  if (layer.layer === 'dense' && x === null) return sparseDense(layer, place)
  if (x !== null && 'channels' in x) return placeOverSteps(layer, x, place)
  if (x !== null) return placeOverRows(layer, x as Rows, place)
  throw new RangeError(`network: no branch can begin with ${layer.layer}`)
}

function placeOverSteps(layer: Layer, x: Steps, place: Place): Placed {
  switch (layer.layer) {
    case 'convolution':
      return convolution(layer, x, place)
    case 'activation':
      return { out: x, stage: activation(layer, x, (run) => run.levels[x.level].total * x.channels) }
    case 'max-pool':
      return maxPool(layer, x, place)
    case 'lstm':
      return lstm(layer, x, place)
    case 'mean-pool':
    case 'max-over-time':
    case 'attention-pool':
      return poolOverTime(layer.layer, x, place)
    default:
      throw new RangeError(`network: ${layer.layer} does not take steps`)
  }
}

function placeOverRows(layer: Layer, x: Rows, place: Place): Placed {
  switch (layer.layer) {
    case 'activation':
      return { out: x, stage: activation(layer, x, (run: Run) => run.rows * x.width) }
    case 'dropout':
      return { out: x, stage: dropout(layer, x, place) }
    case 'dense':
      return dense(layer, x, place)
    default:
      throw new RangeError(`network: ${layer.layer} needs steps`)
  }
}

/** Rows of zeros around the sequences of a network. */
export { guardRows }

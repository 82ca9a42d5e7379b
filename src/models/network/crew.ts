import { Worker } from 'node:worker_threads'
import { workerEntry } from '../../core/index.ts'
import type { SparseMatrix } from '../../features/index.ts'
import type { Engine, EngineName, SharedMemory } from '../../kernels/network/engine.ts'
import { MICRO_BATCH_ROWS, type NetworkSize } from './layout.ts'
import type { Network } from './network.ts'

/** One step of Adam. */
export interface AdamStep {
  readonly microBatches: number
  readonly rate: number
  readonly decay: number
  /** 1 / (1 - β₁ᵗ) and 1 / (1 - β₂ᵗ). */
  readonly correction1: number
  readonly correction2: number
}

/** What the threads do together. */
export interface BatchStep extends AdamStep {
  /** Rows of the batch that are to be learned from; they stand in `batchRows`. */
  readonly rows: number
  readonly scale: number
  readonly smoothing: number
  readonly seed: number
}

/** What a worker of a crew is started with. */
export interface CrewMember {
  readonly size: NetworkSize
  readonly engine: EngineName
  readonly shared: SharedMemory
  readonly thread: number
  readonly x: SparseMatrix
  readonly y: Uint32Array
}

/** Threads that train one network together. What they learn does not depend on how many they are. */
export interface Crew {
  /** Forward, backward and a step of Adam over one batch. */
  step(step: BatchStep): void
  close(): void
}

export const [BETA1, BETA2, EPSILON] = [0.9, 0.999, 1e-8]

// Words of the control block. Threads wait for GENERATION to change, and the leader for DONE to reach their number.
const [GENERATION, DONE, COMMAND] = [0, 1, 2]
const [LEARN, ADAM, QUIT] = [1, 2, 3]
/** Where the numbers of a step stand in the control block, in float64, from its 16th word on. */
const NUMBERS_AT = 16
const NUMBERS = [
  'rows',
  'scale',
  'smoothing',
  'seed',
  'microBatches',
  'rate',
  'decay',
  'correction1',
  'correction2',
] as const

/** Numbers of weights that a thread takes at once in a step of Adam: whole cache lines, the same for all engines. */
const ADAM_BLOCK = 1024

/** What one thread does of a command. */
function work(
  command: number,
  network: Network,
  { threads, thread, x, y }: { threads: number; thread: number; x: SparseMatrix; y: Uint32Array },
  step: BatchStep,
): void {
  const { layout, run } = network
  if (command === LEARN) {
    for (let microBatch = thread; microBatch < step.microBatches; microBatch += threads) {
      const from = layout.shared.batchRows / 4 + microBatch * MICRO_BATCH_ROWS
      const count = Math.min(MICRO_BATCH_ROWS, step.rows - microBatch * MICRO_BATCH_ROWS)
      network.learn(x, y, run.words.slice(from, from + count), { ...step, microBatch })
    }
    return
  }
  const { weights, moments, gradients } = layout.shared
  const blocks = Math.ceil(layout.weightCount / ADAM_BLOCK)
  const [first, last] = [thread, thread + 1].map((n) => Math.floor((n * blocks) / threads) * ADAM_BLOCK)
  const count = Math.min(last, layout.weightCount) - first
  const offset = first * run.floatBytes
  if (count <= 0) return
  run.operations.adam(
    weights + offset,
    moments[0] + offset,
    moments[1] + offset,
    gradients + offset,
    layout.weightCount,
    step.microBatches,
    count,
    step.rate,
    BETA1,
    BETA2,
    EPSILON,
    step.decay,
    step.correction1,
    step.correction2,
  )
}

const ENTRY = workerEntry(import.meta.url, 'crew-worker')

/** The threads that train a network, of which this one is the first; alone where one is enough. */
export function assembleCrew(
  network: Network,
  size: NetworkSize,
  engine: Engine,
  x: SparseMatrix,
  y: Uint32Array,
): Crew {
  const { threads } = size
  const { words, numbers } = controlOf(network)
  const workers = Array.from({ length: threads - 1 }, (_, i) => {
    const workerData: CrewMember = {
      ...{ size, engine: engine.name, shared: engine.shared },
      ...{ thread: i + 1, x, y },
    }
    return new Worker(ENTRY, { workerData })
  })
  function together(command: number, step: BatchStep): void {
    if (threads > 1) {
      Atomics.store(words, COMMAND, command)
      Atomics.store(words, DONE, 0)
      Atomics.add(words, GENERATION, 1)
      Atomics.notify(words, GENERATION)
    }
    work(command, network, { threads, thread: 0, x, y }, step)
    for (let done = 0; threads > 1 && done < threads - 1; done = Atomics.load(words, DONE)) {
      Atomics.wait(words, DONE, done)
    }
  }
  return {
    step(step) {
      NUMBERS.forEach((name, i) => {
        numbers[i] = step[name]
      })
      // Packed weights are for all threads, so one packs them while the others have nothing to read yet.
      network.pack()
      together(LEARN, step)
      together(ADAM, step)
    },
    close() {
      if (threads > 1) {
        Atomics.store(words, COMMAND, QUIT)
        Atomics.add(words, GENERATION, 1)
        Atomics.notify(words, GENERATION)
      }
      for (const worker of workers) worker.unref()
    },
  }
}

/** The life of a worker of a crew: does what the first thread says until it says that all is done. */
export function serveCrew(network: Network, { size, thread, x, y }: CrewMember): void {
  const { words, numbers } = controlOf(network)
  for (let seen = 0; ; ) {
    Atomics.wait(words, GENERATION, seen)
    const generation = Atomics.load(words, GENERATION)
    if (generation === seen) continue
    seen = generation
    const command = Atomics.load(words, COMMAND)
    if (command === QUIT) return
    const step = Object.fromEntries(NUMBERS.map((name, i) => [name, numbers[i]])) as unknown as BatchStep
    work(command, network, { threads: size.threads, thread, x, y }, step)
    Atomics.add(words, DONE, 1)
    Atomics.notify(words, DONE)
  }
}

function controlOf({ layout, run }: Network) {
  const { buffer } = run.words
  const { control } = layout.shared
  return {
    words: new Int32Array(buffer as SharedArrayBuffer, control, NUMBERS_AT),
    numbers: new Float64Array(buffer as SharedArrayBuffer, control + 4 * NUMBERS_AT, NUMBERS.length),
  }
}

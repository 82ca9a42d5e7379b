import { type WorkerPool, workerEntry, workerPool } from '../core/index.ts'
import type { Sequences, SparseMatrix } from '../features/index.ts'
import type { Model } from './classifier.ts'
import type { ClassifierKind, FitSettings } from './classifier-kind.ts'
import { type FitTask, runFitTask } from './fit-task.ts'

/** Where fits run, and who is told of them. */
export interface JobOptions {
  /** Threads to spread the inner jobs over; 1 by default. */
  readonly threads?: number
  /** Told after each inner job. */
  onProgress?(done: number, total: number): void
}

/** Runs the parts of fits, here or on worker threads. */
export interface FitJobs {
  fit(x: SparseMatrix, y: Uint32Array, settings: FitSettings): Promise<Model>
  /** Takes this many fits off the total that progress is told of. */
  skip(fits: number): void
  close(): Promise<void>
}

/** Runs fits of one kind of classifier; results do not depend on `threads`. @param fits how many there will be */
export function fitJobs(
  kind: ClassifierKind,
  classes: number,
  fits: number,
  { threads = 1, onProgress }: JobOptions,
): FitJobs {
  const pool: WorkerPool<FitTask, Float64Array> | null = threads > 1 ? workerPool(WORKER, { threads }) : null
  let total = fits * kind.parts(classes)
  let matrices = 0
  let done = 0
  const numbers = new WeakMap<SparseMatrix, number>()
  return {
    async fit(x, y, settings) {
      const matrix = numbers.get(x) ?? matrices++
      numbers.set(x, matrix)
      const parts = await Promise.all(
        Array.from({ length: kind.parts(classes) }, async (_, part) => {
          const task = { type: kind.name, matrix, x, y, classes, part, settings }
          const learned = pool ? await pool.run(task) : runFitTask(task)
          onProgress?.(++done, total)
          return learned
        }),
      )
      return kind.join(parts, x, classes, settings)
    },
    skip(skipped) {
      total -= skipped * kind.parts(classes)
    },
    close: async () => pool?.close(),
  }
}

const WORKER = workerEntry(import.meta.url, 'fit-worker')

/** The same matrix in memory that threads share. */
export function shareMatrix(x: SparseMatrix): SparseMatrix {
  const { starts, indices, values, sequences } = x
  return {
    ...x,
    starts: sharedUint32(starts),
    indices: sharedUint32(indices),
    values: values && shared(values, new Float64Array(new SharedArrayBuffer(values.byteLength))),
    ...(sequences ? { sequences: shareSequences(sequences) } : {}),
  }
}

function shareSequences({ vocabulary, starts, tokens }: Sequences): Sequences {
  return { vocabulary, starts: sharedUint32(starts), tokens: sharedUint32(tokens) }
}

function sharedUint32(array: Uint32Array): Uint32Array {
  return shared(array, new Uint32Array(new SharedArrayBuffer(array.byteLength)))
}

function shared<T extends Uint32Array | Float64Array>(array: T, into: T): T {
  into.set(array)
  return into
}

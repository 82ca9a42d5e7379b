import { isMainThread } from 'node:worker_threads'
import { type WorkerPool, workerEntry, workerPool } from '../core/index.ts'
import type { Sequences, SparseMatrix } from '../features/index.ts'
import type { Model } from './classifier.ts'
import type { ClassifierKind, FitResources, FitSettings, OwnSettings, TriedRows } from './classifier-kind.ts'
import { type FitTask, runFitTask } from './fit-task.ts'

/** Where fits run, with what, and who is told of them. `threads` is for all of them together; 1 by default. */
export interface JobOptions extends FitResources {
  /** Ends what is under way. */
  readonly signal?: AbortSignal
  /** Told after each inner job. */
  onProgress?(done: number, total: number): void
}

/** Runs the parts of fits, here or on worker threads. */
export interface FitJobs {
  fit(x: SparseMatrix, y: Uint32Array, settings: FitSettings): Promise<Model>
  /** Decisions at each value of a kind that passes through them, [values, rows, classes]. */
  decide(x: SparseMatrix, y: Uint32Array, settings: FitSettings, tried: TriedRows): Promise<Float64Array>
  /** Takes this many fits off the total that progress is told of. */
  skip(fits: number): void
  close(): Promise<void>
}

/** Runs fits of one kind of classifier; results do not depend on `threads`. @param fits how many there will be */
export function fitJobs(
  kind: ClassifierKind,
  classes: number,
  own: OwnSettings,
  fits: number,
  { threads = 1, onProgress, signal, ...others }: JobOptions,
): FitJobs {
  // Long trainings go to a thread even where there is but one, so that this one hears of Ctrl-C.
  const isLong = kind.path !== undefined
  const pool: WorkerPool<FitTask, Float64Array> | null =
    threads > 1 || (isLong && isMainThread) ? workerPool(WORKER, { threads }) : null
  const parts = kind.parts(classes, own)
  const resources = { ...others, threads: Math.max(1, Math.floor(threads / parts)) }
  const stop = () => void pool?.close()
  signal?.addEventListener('abort', stop)
  let total = fits * parts
  let matrices = 0
  let done = 0
  const numbers = new WeakMap<SparseMatrix, number>()
  const runParts = async (task: Omit<FitTask, 'type' | 'matrix' | 'classes' | 'part' | 'resources'>) => {
    const matrix = numbers.get(task.x) ?? matrices++
    numbers.set(task.x, matrix)
    return await Promise.all(
      Array.from({ length: parts }, async (_, part) => {
        const whole = { ...task, type: kind.name, matrix, classes, part, resources }
        const learned = pool ? await pool.run(whole) : runFitTask(whole)
        onProgress?.(++done, total)
        return learned
      }),
    )
  }
  return {
    fit: async (x, y, settings) => kind.join(await runParts({ x, y, settings }), x, classes, settings),
    decide: async (x, y, settings, tried) =>
      kind.path!.joinDecisions(await runParts({ x, y, settings, tried }), tried, classes, own),
    skip(skipped) {
      total -= skipped * parts
    },
    async close() {
      signal?.removeEventListener('abort', stop)
      await pool?.close()
    },
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

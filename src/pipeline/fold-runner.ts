import { setImmediate } from 'node:timers/promises'
import { workerEntry, workerPool } from '../core/index.ts'
import type { FoldAnswer, FoldJob } from '../evaluation/index.ts'
import { type CountedRows, countingSettings, type Trainings } from '../features/index.ts'
import type { FitResources } from '../models/index.ts'
import { type CorpusFolders, type CountTask, countCorpora } from './corpus-counts.ts'
import type { FoldTask, FoldWorkerData } from './fold-worker.ts'
import { closeGate, readingGate } from './reading-gate.ts'
import { timedFoldJob } from './timed-fold-job.ts'

/** Runs the trainings of an evaluation. */
export interface FoldRunner {
  /** Counts what the job learns from, unless that is done, and does the job. */
  run(job: FoldJob, trainings: Trainings): Promise<FoldAnswer>
  /** Does a job on rows that are counted already, in memory that threads share. */
  runOn(job: FoldJob, counted: CountedRows): Promise<FoldAnswer>
  close(): Promise<void>
}

/** What trainings may use beside their threads. */
export type FoldResources = Omit<FitResources, 'threads'>

const WORKER = workerEntry(import.meta.url, 'fold-worker')

/** A runner on worker threads; on this thread where one is enough. What jobs have in common is counted once. */
export function foldRunner(
  folders: CorpusFolders,
  threads: number,
  signal?: AbortSignal,
  resources: FoldResources = {},
): FoldRunner {
  if (threads === 1) {
    const counts = sharedCounts(1, (task) => countCorpora(folders, task))
    const runOn = async (job: FoldJob, counted: CountedRows) => {
      await setImmediate() // lets Ctrl-C and the progress bar in between two trainings
      signal?.throwIfAborted()
      return await timedFoldJob(job, counted, { ...resources, ...(signal ? { signal } : {}) })
    }
    return {
      runOn,
      run: async (job, trainings) => await runOn(job, await counts(job, trainings)),
      async close() {},
    }
  }
  const gate = readingGate()
  const workerData: FoldWorkerData = { folders, gate, resources }
  const pool = workerPool<FoldTask, CountedRows | FoldAnswer>(WORKER, { threads, workerData })
  const counts = sharedCounts(threads, (count) => pool.run({ count }) as Promise<CountedRows>)
  const close = async () => {
    await closeGate(gate)
    await pool.close()
  }
  const stop = () => void close()
  signal?.addEventListener('abort', stop)
  const runOn = async (job: FoldJob, counted: CountedRows) => (await pool.run({ job, counted })) as FoldAnswer
  return {
    runOn,
    run: async (job, trainings) => await runOn(job, await counts(job, trainings)),
    async close() {
      signal?.removeEventListener('abort', stop)
      await close()
    },
  }
}

/** Countings that are kept at once. Jobs come recipe by recipe, so the one before last is not asked for again. */
const KEPT_COUNTS = 2

/**
 * What each job learns from, counted when it is first asked for: jobs that count alike are given the same. Where a recipe
 * selects among n-grams, which are counted depends on what is learned from as well.
 */
function sharedCounts(threads: number, count: (task: CountTask) => Promise<CountedRows>) {
  const numbers = new Map<Trainings, number>()
  const known = new Map<string, Promise<CountedRows>>()
  return ({ recipe, view }: FoldJob, trainings: Trainings): Promise<CountedRows> => {
    const { select, kind } = recipe.features
    const selects = select > 0 && kind === 'sequence'
    if (selects && !numbers.has(trainings)) numbers.set(trainings, numbers.size)
    const settings = { ...countingSettings(recipe.features), select: selects ? select : 0 }
    const key = JSON.stringify([view, settings, selects ? numbers.get(trainings) : null])
    let counted = known.get(key)
    if (!counted) {
      for (const oldest of known.keys()) if (known.size >= KEPT_COUNTS) known.delete(oldest)
      counted = count({ view, settings, trainings: selects ? trainings : null, threads })
      known.set(key, counted)
    }
    return counted
  }
}

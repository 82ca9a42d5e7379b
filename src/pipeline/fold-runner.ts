import { setImmediate } from 'node:timers/promises'
import { workerEntry, workerPool } from '../core/index.ts'
import { type FoldAnswer, type FoldJob, runFoldJob } from '../evaluation/index.ts'
import { type CountedRows, countingSettings } from '../features/index.ts'
import { type CorpusFolders, type CountTask, countCorpora } from './corpus-counts.ts'
import type { FoldTask, FoldWorkerData } from './fold-worker.ts'
import { closeGate, readingGate } from './reading-gate.ts'

/** Runs the trainings of an evaluation. */
export interface FoldRunner {
  /** Counts what the job learns from, unless that is done, and does the job. */
  run(job: FoldJob): Promise<FoldAnswer>
  /** Does a job on rows that are counted already, in memory that threads share. */
  runOn(job: FoldJob, counted: CountedRows): Promise<FoldAnswer>
  close(): Promise<void>
}

const WORKER = workerEntry(import.meta.url, 'fold-worker')

/** A runner on worker threads; on this thread where one is enough. What jobs have in common is counted once. */
export function foldRunner(folders: CorpusFolders, threads: number, signal?: AbortSignal): FoldRunner {
  if (threads === 1) {
    const counts = sharedCounts((task) => countCorpora(folders, task))
    const runOn = async (job: FoldJob, counted: CountedRows) => {
      await setImmediate() // lets Ctrl-C and the progress bar in between two trainings
      signal?.throwIfAborted()
      return await runFoldJob(job, counted)
    }
    return { runOn, run: async (job) => await runOn(job, await counts(job)), async close() {} }
  }
  const gate = readingGate()
  const workerData: FoldWorkerData = { folders, gate }
  const pool = workerPool<FoldTask, CountedRows | FoldAnswer>(WORKER, { threads, workerData })
  const counts = sharedCounts((count) => pool.run({ count }) as Promise<CountedRows>)
  const close = async () => {
    await closeGate(gate)
    await pool.close()
  }
  const stop = () => void close()
  signal?.addEventListener('abort', stop)
  const runOn = async (job: FoldJob, counted: CountedRows) => (await pool.run({ job, counted })) as FoldAnswer
  return {
    runOn,
    run: async (job) => await runOn(job, await counts(job)),
    async close() {
      signal?.removeEventListener('abort', stop)
      await close()
    },
  }
}

/** Countings that are kept at once. Jobs come recipe by recipe, so the one before last is not asked for again. */
const KEPT_COUNTS = 2

/** What each job learns from, counted when it is first asked for: jobs that count alike are given the same. */
function sharedCounts(count: (task: CountTask) => Promise<CountedRows>) {
  const known = new Map<string, Promise<CountedRows>>()
  return ({ recipe, view }: FoldJob): Promise<CountedRows> => {
    const task = { view, settings: countingSettings(recipe.features) }
    const key = JSON.stringify(task)
    let counted = known.get(key)
    if (!counted) {
      for (const oldest of known.keys()) if (known.size >= KEPT_COUNTS) known.delete(oldest)
      counted = count(task)
      known.set(key, counted)
    }
    return counted
  }
}

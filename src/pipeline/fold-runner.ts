import { setImmediate } from 'node:timers/promises'
import { workerEntry, workerPool } from '../core/index.ts'
import { type FoldJob, runFoldJob } from '../evaluation/index.ts'
import type { Scores } from '../models/index.ts'
import { type CorpusFolders, corpusTraces } from './corpus-traces.ts'
import type { FoldWorkerData } from './fold-worker.ts'
import { closeGate, readingGate } from './reading-gate.ts'

/** Runs the trainings of an evaluation. */
export interface FoldRunner {
  run(job: FoldJob): Promise<Scores>
  close(): Promise<void>
}

const WORKER = workerEntry(import.meta.url, 'fold-worker')

/** A runner on worker threads, each of which reads the corpora for itself; on this thread where one is enough. */
export function foldRunner(folders: CorpusFolders, threads: number, signal?: AbortSignal): FoldRunner {
  if (threads === 1) {
    const traces = corpusTraces(folders)
    return {
      async run(job) {
        await setImmediate() // lets Ctrl-C and the progress bar in between two trainings
        signal?.throwIfAborted()
        return await runFoldJob(job, traces)
      },
      async close() {},
    }
  }
  const gate = readingGate()
  const workerData: FoldWorkerData = { folders, gate }
  const pool = workerPool<FoldJob, Scores>(WORKER, { threads, workerData })
  const close = async () => {
    await closeGate(gate)
    await pool.close()
  }
  const stop = () => void close()
  signal?.addEventListener('abort', stop)
  return {
    run: (job) => pool.run(job),
    async close() {
      signal?.removeEventListener('abort', stop)
      await close()
    },
  }
}

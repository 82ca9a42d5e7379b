import { workerEntry, workerPool } from '../../core/index.ts'
import type { ClassifySettings } from './run-settings.ts'
import type { RunAnswer, RunTask, RunWorkerData } from './run-worker.ts'

/** Has a worker read content of the store. @throws TaskError */
export type AskWorker = (task: RunTask) => Promise<RunAnswer>

const WORKER = workerEntry(import.meta.url, 'run-worker')

/** Features and places shown of the evidence, as `taxon classify` shows them. */
const EVIDENCE = { features: 5, places: 3 }

/** Threads that disassemble and judge, for all steps together. */
export function runWorkers(
  { models, timeoutSeconds }: ClassifySettings,
  threads: number,
): { readonly ask: AskWorker; close(): Promise<void> } {
  const workerData: RunWorkerData = { models, evidence: EVIDENCE }
  const pool = workerPool<RunTask, RunAnswer>(WORKER, {
    threads,
    workerData,
    timeoutMs: timeoutSeconds * 1000,
  })
  return { ask: (task) => pool.run(task), close: () => pool.close() }
}

/** What was found out of samples a moment ago, until it is asked for once. */
export interface RecentAnswers {
  set(sha256: string, answer: RunAnswer): void
  take(sha256: string): RunAnswer | undefined
}

/** Answers that are kept; verdicts take a few kilobytes each. */
const MAX_RECENT = 256

/** Nothing as yet; the oldest are forgotten. */
export function recentAnswers(): RecentAnswers {
  const known = new Map<string, RunAnswer>()
  return {
    set(sha256, answer) {
      // The trace has gone where it belongs.
      known.set(sha256, { ...answer, line: null })
      if (known.size > MAX_RECENT) known.delete(known.keys().next().value!)
    },
    take(sha256) {
      const answer = known.get(sha256)
      known.delete(sha256)
      return answer
    },
  }
}

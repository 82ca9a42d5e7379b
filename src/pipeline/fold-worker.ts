import { workerData } from 'node:worker_threads'
import { serveTasks } from '../core/index.ts'
import type { FoldAnswer, FoldJob } from '../evaluation/index.ts'
import type { CountedRows } from '../features/index.ts'
import { type CorpusFolders, type CountTask, countCorpora } from './corpus-counts.ts'
import type { FoldResources } from './fold-runner.ts'
import { type GateState, throughGate } from './reading-gate.ts'
import { timedFoldJob } from './timed-fold-job.ts'

/** Given to each worker when it starts. */
export interface FoldWorkerData {
  readonly folders: CorpusFolders
  readonly gate: GateState
  readonly resources: FoldResources
}

/** Either counts for many jobs, or does one of them. */
export type FoldTask =
  | { readonly count: CountTask }
  | { readonly job: FoldJob; readonly counted: CountedRows }

const { folders, gate, resources } = workerData as FoldWorkerData

serveTasks<FoldTask, CountedRows | FoldAnswer>((task) =>
  'count' in task
    ? countCorpora(folders, task.count, (read) => throughGate(gate, read))
    : timedFoldJob(task.job, task.counted, resources),
)

import { workerData } from 'node:worker_threads'
import { serveTasks } from '../core/index.ts'
import { type FoldJob, runFoldJob } from '../evaluation/index.ts'
import type { Scores } from '../models/index.ts'
import { type CorpusFolders, corpusTraces } from './corpus-traces.ts'
import { type GateState, throughGate } from './reading-gate.ts'

/** Given to each worker when it starts. */
export interface FoldWorkerData {
  readonly folders: CorpusFolders
  readonly gate: GateState
}

const { folders, gate } = workerData as FoldWorkerData
const traces = corpusTraces(folders, (read) => throughGate(gate, read))

serveTasks<FoldJob, Scores>((job) => runFoldJob(job, traces))

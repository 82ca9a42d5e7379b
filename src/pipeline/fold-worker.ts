import { workerData } from 'node:worker_threads'
import { serveTasks } from '../core/index.ts'
import { type FoldJob, runFoldJob } from '../evaluation/index.ts'
import type { Scores } from '../models/index.ts'
import { type CorpusFolders, corpusTraces } from './corpus-traces.ts'

const traces = corpusTraces(workerData as CorpusFolders)

serveTasks<FoldJob, Scores>((job) => runFoldJob(job, traces))

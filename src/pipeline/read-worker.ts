import { workerData } from 'node:worker_threads'
import { serveTasks } from '../core/index.ts'
import { type ReadAnswer, readAll } from './read-all.ts'
import type { ReadInputSettings } from './read-input.ts'
import { openAnySource } from './stored-source.ts'

/** Given to each worker when it starts. */
export interface ReadWorkerData {
  readonly reading: ReadInputSettings
  readonly password?: string
}

const { reading, ...access } = workerData as ReadWorkerData

serveTasks<string, ReadAnswer>(async (path) => readAll(await openAnySource(path, access), reading))

import { workerData } from 'node:worker_threads'
import { serveTasks } from '../core/index.ts'
import { answerOf, type ClassifyAnswer, classifyPath } from './classify-source.ts'
import type { EvidenceSize } from './judge.ts'
import { readModels } from './models.ts'
import type { ReadInputSettings } from './read-input.ts'

/** Given to each worker when it starts. */
export interface ClassifyWorkerData {
  readonly models: readonly string[]
  readonly evidence: EvidenceSize
  readonly reading: ReadInputSettings
  readonly password?: string
}

const data = workerData as ClassifyWorkerData
const models = readModels(data.models)

serveTasks<string, ClassifyAnswer>(async (path) =>
  answerOf(classifyPath(path, { ...data, models: await models })),
)

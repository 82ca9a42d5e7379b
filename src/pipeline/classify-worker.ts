import { workerData } from 'node:worker_threads'
import { serveTasks } from '../core/index.ts'
import type { Outcome } from '../samples/index.ts'
import { classifyPath } from './classify-source.ts'
import type { EvidenceSize } from './judge.ts'
import { readModels } from './models.ts'

/** Given to each worker when it starts. */
export interface ClassifyWorkerData {
  readonly models: readonly string[]
  readonly evidence: EvidenceSize
  readonly maxCalls?: number
  readonly password?: string
}

/** What a worker answers: its verdicts, or `many` when the source holds more than it may send at once. */
export type ClassifyAnswer = { readonly verdicts: readonly Outcome[] } | { readonly many: true }

/** Verdicts of one source that are sent at once; a traces file with more is streamed by the caller instead. */
const MAX_VERDICTS_AT_ONCE = 256

const data = workerData as ClassifyWorkerData
const models = readModels(data.models)

serveTasks<string, ClassifyAnswer>(async (path) => {
  const verdicts: Outcome[] = []
  for await (const verdict of classifyPath(path, { ...data, models: await models })) {
    if (verdicts.length === MAX_VERDICTS_AT_ONCE) return { many: true }
    verdicts.push(verdict)
  }
  return { verdicts }
})

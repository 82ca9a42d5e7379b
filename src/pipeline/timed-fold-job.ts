import { type FoldAnswer, type FoldJob, runFoldJob } from '../evaluation/index.ts'
import type { CountedRows } from '../features/index.ts'
import type { JobOptions } from '../models/index.ts'

/** Does a job with a real clock: evaluation itself has none, so that nothing else can depend on the time. */
export async function timedFoldJob(
  job: FoldJob,
  counted: CountedRows,
  resources: Omit<JobOptions, 'threads'>,
): Promise<FoldAnswer> {
  return await runFoldJob(job, counted, resources, () => performance.now())
}

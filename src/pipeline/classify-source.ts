import { KnownError } from '../core/index.ts'
import { openSource, readReports, type Source } from '../reports/index.ts'
import type { Failure, Outcome } from '../samples/index.ts'
import { type EvidenceSize, judge } from './judge.ts'
import type { LoadedModel } from './models.ts'

/** How one source is read and judged. */
export interface JudgeOptions {
  readonly models: readonly LoadedModel[]
  readonly evidence: EvidenceSize
  /** Most calls whose order is kept; the tally is always whole. */
  readonly maxCalls?: number
  /** Of encrypted zip members. */
  readonly password?: string
}

/** The verdicts on one source, one a sample, or a failure as the last. Never throws for what the source holds. */
export async function* classifySource(
  source: Source,
  { models, evidence, maxCalls }: JudgeOptions,
): AsyncGenerator<Outcome> {
  try {
    const limits = maxCalls === undefined ? {} : { maxCalls }
    for await (const report of readReports(source.open({ reuse: true }), limits)) {
      yield judge(report, { path: source.path, size: source.size }, models, evidence)
    }
  } catch (error) {
    yield failure(source.path, error)
  }
}

/** The same for a path alone, as a worker gets it. */
export async function* classifyPath(path: string, options: JudgeOptions): AsyncGenerator<Outcome> {
  let source: Source
  try {
    source = await openSource(path, options.password === undefined ? {} : { password: options.password })
  } catch (error) {
    yield failure(path, error)
    return
  }
  yield* classifySource(source, options)
}

/** What stands in a verdict's place. An error that nobody foresaw gets the code `unexpected`, and the run goes on. */
export function failure(path: string, error: unknown): Failure {
  const known = error instanceof KnownError
  const message = error instanceof Error ? error.message : String(error)
  return { sample: { path }, error: { code: known ? error.code : 'unexpected', message } }
}

import { KnownError, TaskError } from '../core/index.ts'
import type { Report } from '../samples/index.ts'
import type { Source } from '../sources/index.ts'
import { type ReadInputSettings, readInput } from './read-input.ts'

/** A foreseen error as a worker can send it. */
export interface ToldError {
  readonly code: string
  readonly message: string
}

/** What a source tells, in a list that a worker can send; or `many` when it holds more than is to be held at once. */
export type ReadAnswer =
  | {
      readonly reports: readonly Report[]
      /** Lines of a traces file that are none. */
      readonly skipped: readonly ToldError[]
      /** Why reading ended before its time, or null. */
      readonly error: ToldError | null
    }
  | { readonly many: true }

/** Reports of one source that are held at once, unless their tokens are too many before; one is always held. */
const MAX_REPORTS_AT_ONCE = 256
const MAX_TOKENS_AT_ONCE = 1_000_000
const MAX_SKIPPED_AT_ONCE = 1000

/** Reads a source to its end. Never throws for what it holds, nor where it cannot be opened. */
export async function readAll(source: Source, settings: ReadInputSettings): Promise<ReadAnswer> {
  const reports: Report[] = []
  const skipped: ToldError[] = []
  let tokens = 0
  try {
    const onSkipped = ({ code, message }: KnownError) => skipped.push({ code, message })
    for await (const report of readInput(source, { ...settings, onSkipped })) {
      tokens += report.trace.sequence?.length ?? 0
      const tooMany = reports.length === MAX_REPORTS_AT_ONCE || tokens > MAX_TOKENS_AT_ONCE
      if ((reports.length > 0 && tooMany) || skipped.length > MAX_SKIPPED_AT_ONCE) return { many: true }
      reports.push(report)
    }
    return { reports, skipped, error: null }
  } catch (error) {
    if (!(error instanceof KnownError)) throw error
    return { reports, skipped, error: { code: error.code, message: error.message } }
  }
}

/** The reports of an answer as if they were read now. @throws TaskError in the end where reading failed */
export async function* told({ reports, error }: Exclude<ReadAnswer, { many: true }>): AsyncGenerator<Report> {
  yield* reports
  if (error) throw new TaskError(error.code, error.message)
}

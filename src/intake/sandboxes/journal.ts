import { at, taskNumber } from './json-answer.ts'

/** Where it is kept how far each sample is. */
export interface Journal {
  /** What was saved last; null at first. */
  load(sha256: string): Promise<string | null>
  /** Resolves when the state is there to stay. */
  save(sha256: string, state: string): Promise<void>
}

/** How far a sample is with one sandbox. */
export type Entry =
  /** It was sent, or was about to be: whether the sandbox has it is not known. */
  | { readonly state: 'submitting'; readonly mark: string }
  | { readonly state: 'submitted'; readonly mark: string; readonly task: string }
  | { readonly state: 'read'; readonly task: string; readonly read: ReportSummary }
  | { readonly state: 'failed'; readonly task: string | null; readonly code: string; readonly reason: string }

/** What is kept in mind of a report that was read. */
export interface ReportSummary {
  readonly format: string
  readonly calls: number
  readonly processes: number
  /** Bytes of the report as it was sent. */
  readonly bytes: number
  readonly completeness: 'complete' | 'partial'
  readonly reasons: readonly string[]
}

/** An entry as text, with the sandbox it is of. */
export function entryText(sandbox: string, entry: Entry): string {
  return JSON.stringify({ sandbox, ...entry })
}

/** The entry that a text holds; null where it is of another sandbox, or is none. */
export function readEntry(sandbox: string, text: string | null): Entry | null {
  if (text === null) return null
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return null
  }
  if (at(value, 'sandbox') !== sandbox) return null
  const { state, mark, task, code, reason, read } = value as Record<string, unknown>
  const number = taskNumber(task)
  if (state === 'submitting' && typeof mark === 'string') return { state, mark }
  if (state === 'submitted' && typeof mark === 'string' && number !== null)
    return { state, mark, task: number }
  if (state === 'failed' && typeof code === 'string' && typeof reason === 'string')
    return { state, task: number, code, reason }
  if (state === 'read' && number !== null && isSummary(read)) return { state, task: number, read }
  return null
}

function isSummary(value: unknown): value is ReportSummary {
  const counts = ['calls', 'processes', 'bytes'].map((key) => at(value, key))
  const reasons = at(value, 'reasons')
  return (
    counts.every((count) => typeof count === 'number') &&
    typeof at(value, 'format') === 'string' &&
    ['complete', 'partial'].includes(at(value, 'completeness') as string) &&
    Array.isArray(reasons) &&
    reasons.every((reason) => typeof reason === 'string')
  )
}

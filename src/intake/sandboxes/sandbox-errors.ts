import { KnownError } from '../../core/index.ts'

/** A call to a sandbox that did not bring what was asked for. */
export abstract class SandboxError extends KnownError {
  /** Whether the same call may succeed later. */
  abstract readonly passes: boolean
  /** Whether what was sent may have been taken, though no answer tells. */
  readonly mayBeTaken: boolean = true
  /** How long the sandbox asks to be left alone, in milliseconds. */
  readonly retryAfterMs: number | null = null
}

/** A sandbox that cannot be connected to, breaks the connection off or keeps silent. */
export class UnreachableSandboxError extends SandboxError {
  readonly code = 'sandbox-unreachable'
  readonly passes = true
  override readonly mayBeTaken: boolean

  constructor(sandbox: string, problem: string, mayBeTaken: boolean, options?: ErrorOptions) {
    super(`${sandbox}: ${problem}`, options)
    this.mayBeTaken = mayBeTaken
  }
}

/** A sandbox that cannot answer for now: too many requests, or an error of its own. */
export class BusySandboxError extends SandboxError {
  readonly code = 'sandbox-busy'
  readonly passes = true
  override readonly mayBeTaken: boolean
  override readonly retryAfterMs: number | null
  readonly status: number

  constructor(sandbox: string, status: number, said: string | null, retryAfterMs: number | null) {
    super(`${sandbox}: answers for now with status ${status}${quoted(said)}`)
    this.status = status
    this.retryAfterMs = retryAfterMs
    this.mayBeTaken = !TURNED_AWAY.has(status)
  }

  /** Whether it is the sandbox that sets the pace, rather than something being wrong with it. */
  get isPace(): boolean {
    return this.status === 429
  }
}

/** Statuses after which nothing was taken: too early, too many, switched off. */
const TURNED_AWAY: ReadonlySet<number> = new Set([425, 429, 503])

/** A sandbox that will not do what it was asked: wrong token, no such task, a sample it does not take. */
export class RefusedBySandboxError extends SandboxError {
  readonly code = 'sandbox-refused'
  readonly passes = false
  override readonly mayBeTaken = false
  readonly status: number

  constructor(sandbox: string, status: number, said: string | null) {
    super(`${sandbox}: refused with status ${status}${quoted(said)}`)
    this.status = status
  }
}

/** An answer that is not of the documented form; a server that is just starting may give one. */
export class UnexpectedAnswerError extends SandboxError {
  readonly code = 'sandbox-answer'
  readonly passes = true

  constructor(sandbox: string, problem: string, options?: ErrorOptions) {
    super(`${sandbox}: unexpected answer, ${problem}`, options)
  }
}

/** An answer that ends before its end. */
export class AnswerCutError extends SandboxError {
  readonly code = 'sandbox-answer-cut'
  readonly passes = true

  constructor(sandbox: string, bytes: number, options?: ErrorOptions) {
    super(`${sandbox}: the answer is cut off after ${bytes} bytes`, options)
  }
}

/** A report that tells of another file than the one that was submitted. */
export class WrongReportError extends SandboxError {
  readonly code = 'sandbox-wrong-report'
  readonly passes = false

  constructor(sandbox: string, task: string, wanted: string, got: string) {
    super(`${sandbox}: the report of task ${task} is of ${got}, not of ${wanted}`)
  }
}

/** A sample whose bytes are others than those it is named by. */
export class SampleChangedError extends KnownError {
  readonly code = 'sample-changed'

  constructor(sha256: string) {
    super(`${sha256}: the bytes of the sample are not those it is named by`)
  }
}

/** Outside text that an error tells; what shows it makes it harmless. */
function quoted(said: string | null): string {
  return said === null ? '' : `, ${JSON.stringify(said)}`
}

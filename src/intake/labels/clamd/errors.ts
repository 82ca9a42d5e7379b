import { KnownError } from '../../../core/index.ts'
import { addressText, type ClamdAddress } from './address.ts'

/** There is no clamd, or it is not there any more. */
export class ClamdUnavailableError extends KnownError {
  readonly code = 'clamd-unavailable'

  constructor(address: ClamdAddress, cause: unknown) {
    const reason = (cause as NodeJS.ErrnoException)?.code ?? 'unknown reason'
    super(`clamd at ${addressText(address)}: cannot be reached, ${REASONS[reason] ?? reason}`, { cause })
  }
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such socket; is clamd running?',
  ECONNREFUSED: 'nobody listens there; is clamd running?',
  EACCES: 'no permission',
  ENOTSOCK: 'it is no socket',
  ENOTFOUND: 'no host has that name',
  EHOSTUNREACH: 'the host cannot be reached',
  ETIMEDOUT: 'the host does not answer',
}

/** clamd said nothing, or took nothing, for too long. The code is that of every task that takes too long. */
export class ClamdSilentError extends KnownError {
  readonly code = 'timeout'

  constructor(address: ClamdAddress, doing: string, waitMs: number) {
    super(`clamd at ${addressText(address)}: nothing came for ${waitMs / 1000} s ${doing}`)
  }
}

/** clamd ended the connection before it had answered. */
export class ClamdCutOffError extends KnownError {
  readonly code = 'clamd-cut-off'

  constructor(address: ClamdAddress, cause?: unknown) {
    super(`clamd at ${addressText(address)}: it ended the connection before it had answered`, { cause })
  }
}

/** An answer that is none of clamd's. */
export class ClamdAnswerError extends KnownError {
  readonly code = 'clamd-answer'

  constructor(address: ClamdAddress, problem: string) {
    super(`clamd at ${addressText(address)}: ${problem}`)
  }
}

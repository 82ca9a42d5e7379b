import { KnownError } from '../../core/index.ts'

/** There is no IDA Pro where taxon looked for it. */
export class IdaNotFoundError extends KnownError {
  readonly code = 'ida-not-found'

  constructor(looked: string) {
    super(
      `IDA Pro: not found, looked for ${looked}; say where its idat64, idat or idal program is with the environment variable TAXON_IDA`,
    )
  }
}

/** IDA Pro has no licence that lets it run here. */
export class IdaLicenceError extends KnownError {
  readonly code = 'ida-licence'

  constructor(path: string, said: string) {
    super(
      `IDA Pro (${path}): it has no licence to run here, it says "${said}"; start it once by hand as this user, ` +
        'accept its terms, and check its licence',
    )
  }
}

/** IDA Pro took longer for a sample than it was allowed, and was ended. */
export class IdaTimeoutError extends KnownError {
  readonly code = 'timeout'

  constructor(path: string, timeoutMs: number) {
    super(`IDA Pro (${path}): ended, it took longer than ${timeoutMs / 1000} s for one sample`)
  }
}

/** IDA Pro ended before its work was done. */
export class IdaFailedError extends KnownError {
  readonly code = 'ida-failed'

  /** @param how e.g. `ended by SIGSEGV` or `ended with status 4` */
  constructor(path: string, how: string, said: string) {
    super(`IDA Pro (${path}): ${how}${said === '' ? '' : `, its last words are "${said}"`}`)
  }
}

/** IDA Pro ended as if all were well, and its listing is missing, empty or cut off. */
export class IdaListingError extends KnownError {
  readonly code = 'ida-no-listing'

  constructor(path: string, problem: string, said: string) {
    super(`IDA Pro (${path}): ${problem}${said === '' ? '' : `, its last words are "${said}"`}`)
  }
}

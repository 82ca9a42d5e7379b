import { KnownError } from '../core/index.ts'

/** A sample that the store does not have. */
export class UnknownSampleError extends KnownError {
  readonly code = 'unknown-sample'
  readonly sha256: string

  constructor(sha256: string, options?: ErrorOptions) {
    super(`${sha256}: not in the store`, options)
    this.sha256 = sha256
  }
}

/** Stored bytes that are not there or no longer what they were. `hash` names the sample or artifact. */
export class CorruptSampleError extends KnownError {
  readonly code = 'corrupt-sample'
  readonly hash: string
  readonly problem: string

  constructor(hash: string, problem: string, options?: ErrorOptions) {
    super(`${hash}: ${problem}`, options)
    this.hash = hash
    this.problem = problem
  }
}

/** Bytes that were to be one sample and are another. */
export class OtherBytesError extends KnownError {
  readonly code = 'other-bytes'
  readonly sha256: string

  constructor(wanted: string, got: string) {
    super(`${wanted}: the bytes are others, their SHA-256 is ${got}`)
    this.sha256 = got
  }
}

/** A database that a newer taxon wrote. */
export class NewerStoreError extends KnownError {
  readonly code = 'newer-store'
  readonly version: number

  constructor(where: string, version: number, known: number) {
    super(`${where}: written by a newer taxon, its schema is ${version} and this one knows up to ${known}`)
    this.version = version
  }
}

/** A database that does not answer, or refuses. */
export class StoreUnreachableError extends KnownError {
  readonly code = 'store-unreachable'

  constructor(where: string, cause: unknown) {
    const { code, message } = cause as NodeJS.ErrnoException
    super(`${where}: the database cannot be reached, ${message || code || 'unknown reason'}`, { cause })
  }
}

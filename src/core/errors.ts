/** An error that taxon foresees: `code` is stable and meant for programs, the message for people. */
export abstract class KnownError extends Error {
  abstract readonly code: string

  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = new.target.name
  }
}

/** Input that breaks the rules of its own format. `offset` counts bytes from the start. */
export class MalformedInputError extends KnownError {
  readonly code = 'malformed-input'
  readonly offset: number

  constructor(format: string, problem: string, offset: number, options?: ErrorOptions) {
    super(`${format}: ${problem} at byte ${offset}`, options)
    this.offset = offset
  }
}

/** Input whose content is of no format that taxon reads. */
export class UnknownFormatError extends KnownError {
  readonly code = 'unknown-format'

  constructor(subject: string, found: string) {
    super(`${subject}: not a format taxon reads, found ${found}`)
  }
}

/** A file that taxon wrote, or should have written, whose content cannot be right. */
export class DamagedFileError extends KnownError {
  readonly code = 'damaged-file'
  readonly path: string

  constructor(path: string, problem: string, options?: ErrorOptions) {
    super(`${path}: ${problem}`, options)
    this.path = path
  }
}

/** A stated cap was reached and nothing useful could be kept. */
export class LimitExceededError extends KnownError {
  readonly code = 'limit-exceeded'
  readonly limit: number

  constructor(what: string, limit: number) {
    super(`${what}: over the limit of ${limit}`)
    this.limit = limit
  }
}

/** A command, option or setting that cannot be acted on. */
export class UsageError extends KnownError {
  readonly code = 'usage'
}

/** A file or folder that is not there or cannot be opened. */
export class UnreadableError extends KnownError {
  readonly code = 'unreadable'

  constructor(path: string, cause: unknown) {
    const reason = (cause as NodeJS.ErrnoException)?.code ?? 'unknown reason'
    super(`${path}: cannot be read, ${REASONS[reason] ?? reason}`, { cause })
  }
}

/** A pipe through which nothing came for too long. The code is that of every task that takes too long. */
export class PipeSilentError extends KnownError {
  readonly code = 'timeout'

  constructor(path: string, waitMs: number) {
    super(`${path}: nothing came through the pipe for ${waitMs / 1000} s`)
  }
}

/** A file that cannot be put where it was asked for. */
export class UnwritableError extends KnownError {
  readonly code = 'unwritable'

  constructor(path: string, cause: unknown) {
    const reason = (cause as NodeJS.ErrnoException)?.code ?? 'unknown reason'
    super(`${path}: cannot be written, ${REASONS[reason] ?? reason}`, { cause })
  }
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'no such file',
  EACCES: 'no permission',
  EISDIR: 'it is a folder',
  ENOTDIR: 'part of the path is not a folder',
  EMFILE: 'too many open files',
  ENOSPC: 'no space left on the device',
  EROFS: 'the device is read-only',
}

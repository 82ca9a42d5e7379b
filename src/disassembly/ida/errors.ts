import { KnownError } from '../../core/index.ts'

/** There is no IDA Pro where taxon looked for it. */
export class IdaNotFoundError extends KnownError {
  readonly code = 'ida-not-found'

  constructor(looked: string) {
    super(
      `IDA Pro: not found (${looked}); name its idat64 or idat program with the environment variable TAXON_IDA`,
    )
  }
}

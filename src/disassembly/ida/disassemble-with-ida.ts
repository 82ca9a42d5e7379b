import type { Report } from '../../samples/index.ts'
import { IdaNotFoundError } from './errors.ts'

/** How IDA Pro is run. */
export interface IdaOptions {
  /** Its program; without it the environment variable TAXON_IDA, then the usual names on the PATH. */
  readonly idaPath?: string
  /** Longest time that IDA may take for one sample, in milliseconds. */
  readonly timeoutMs?: number
  /** Ends the run, and IDA with it. */
  readonly signal?: AbortSignal
  /** Name of the sample as its report is to tell it. */
  readonly name?: string | null
  /** Most opcodes that are kept in order. */
  readonly maxOpcodes?: number
}

/**
 * What IDA Pro makes of a sample. The bytes are written to a fresh folder that is removed again, and are never executable.
 * Each call is one run of IDA; how many go at once is up to the caller.
 * @throws IdaNotFoundError and the other errors of this folder, UnknownFormatError, the reason of the signal
 */
export async function disassembleWithIda(_bytes: Uint8Array, options: IdaOptions = {}): Promise<Report> {
  throw new IdaNotFoundError(options.idaPath ?? 'not built yet')
}

import { rmSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { containerOf, type Executable, isExecutable, readExecutable } from '../../binaries/index.ts'
import { beforeEnd, KnownError, readChunks, sha256, UnknownFormatError } from '../../core/index.ts'
import type { Report } from '../../samples/index.ts'
import { listingReport } from '../listings/listing.ts'
import { readListing } from '../listings/read-listing.ts'
import { findIda } from './find-ida.ts'
import { runIda } from './run-ida.ts'
import { OLD_SCRIPT, SCRIPT } from './scripts.ts'

/** How IDA Pro is run. */
export interface IdaOptions {
  /** Its program, or the folder that it is in; without it the environment variable TAXON_IDA, then the usual names on the PATH. */
  readonly idaPath?: string | undefined
  /** Longest time that IDA may take for one sample, in milliseconds. */
  readonly timeoutMs?: number | undefined
  /** Ends the run, and IDA with it. */
  readonly signal?: AbortSignal | undefined
  /** Name of the sample as its report is to tell it. */
  readonly name?: string | null
  /** Most opcodes that are kept in order. */
  readonly maxOpcodes?: number | undefined
}

/** Longest time for one sample unless asked otherwise. */
export const DEFAULT_IDA_TIMEOUT_MS = 10 * 60_000

/**
 * What IDA Pro makes of an executable. The bytes are written to a fresh folder that is removed again, under their SHA-256, for
 * their owner alone and never executable. Each call is one run of IDA; how many go at once is up to the caller. Meant for the
 * main thread: another does not hear of the signals that end the process, and could not end IDA in time.
 * @throws UnknownFormatError for what is no PE or ELF file, IdaNotFoundError and the other errors of this folder, the reason of
 * the signal
 */
export async function disassembleWithIda(bytes: Uint8Array, options: IdaOptions = {}): Promise<Report> {
  const { timeoutMs = DEFAULT_IDA_TIMEOUT_MS, signal, name = null, maxOpcodes } = options
  if (!isExecutable(bytes)) throw new UnknownFormatError(name ?? 'sample', 'neither a PE nor an ELF file')
  const program = await findIda(options.idaPath)
  signal?.throwIfAborted()
  const digest = sha256(bytes)
  const folder = await mkdtemp(join(tmpdir(), 'taxon-ida-'))
  const forget = beforeEnd(() => rmSync(folder, { recursive: true, force: true }))
  try {
    const [sample, script] = [join(folder, digest), join(folder, 'write-listing.idc')]
    await writeFile(sample, bytes, { mode: 0o600 })
    await writeFile(script, program.isOld ? OLD_SCRIPT : SCRIPT, { mode: 0o600 })
    const path = await runIda({ program, folder, sample, script, timeoutMs, signal })
    const headers = headersOf(bytes)
    const known = headers?.architecture
    const architecture = known === 'other' ? undefined : known
    const chunks = readChunks(path, { reuse: true })
    const listing = await readListing(chunks, { maxOpcodes, architecture, format: 'ida' })
    const about = { sha256: digest, sha1: null, md5: null, name, size: bytes.length }
    const container = headers ? containerOf(headers) : listing.container
    return listingReport({ ...listing, executable: headers, container }, about)
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 3 })
    forget()
  }
}

/** What the headers say, which IDA does not ask: whether the file is packed or cut off. Null where they cannot be read. */
function headersOf(bytes: Uint8Array): Executable | null {
  try {
    return readExecutable(bytes)
  } catch (error) {
    if (error instanceof KnownError) return null
    throw error
  }
}

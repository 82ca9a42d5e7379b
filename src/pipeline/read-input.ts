import { containerOf, isExecutable } from '../binaries/index.ts'
import { type InputOptions, peek, UnknownFormatError } from '../core/index.ts'
import {
  type DisassembleOptions,
  disassemble,
  disassembleWithIda,
  isListing,
  listingReport,
  readListing,
  reportOf,
} from '../disassembly/index.ts'
import { looksLikeReport, type ReadOptions, readReports } from '../reports/index.ts'
import { opcodeDialect, type Report } from '../samples/index.ts'
import { HEAD_BYTES, type Source } from '../sources/index.ts'
import { otherFormat } from './other-formats.ts'
import { MAX_SAMPLE_BYTES, wholeSample } from './whole-sample.ts'

/** What takes executables apart: taxon itself, or IDA Pro where it is installed. */
export type Disassembler = 'taxon' | 'ida'

/** The disassemblers, the default first. */
export const DISASSEMBLERS: readonly Disassembler[] = ['taxon', 'ida']

/** Longest time for one input unless asked otherwise, in milliseconds: ten minutes. */
export const DEFAULT_TIMEOUT_MS = 600_000

/** How inputs are read, as plain data that a worker can be given; every setting has a default. */
export interface ReadInputSettings extends Pick<DisassembleOptions, 'method' | 'padding'> {
  readonly disassembler?: Disassembler
  /** Longest time that IDA may take for one sample, in milliseconds. */
  readonly idaTimeoutMs?: number
  /** Most calls or opcodes whose order is kept for each sample. */
  readonly maxTokens?: number
  /** Most bytes of what a line of a traces file says besides; 65,536 by default. */
  readonly maxExtraBytes?: number
  /** Give the address of each opcode of an executable or listing; true by default. */
  readonly addresses?: boolean
  /** Most bytes read of one input, compression undone; what is left unread makes it partial. */
  readonly maxBytes?: number
}

/** The same with what the caller wants to be told. */
export interface ReadInputOptions extends ReadInputSettings, Omit<ReadOptions, 'maxCalls'> {
  /** Ends what takes an executable apart. */
  readonly signal?: AbortSignal
}

type Chunks = AsyncIterableIterator<Uint8Array>

/** A kind of input: how it is recognised, and read. */
interface InputKind {
  accepts(head: Uint8Array, name: string): boolean
  read(chunks: Chunks, source: Source, options: ReadInputOptions): AsyncIterable<Report>
}

const KINDS: readonly InputKind[] = [
  { accepts: isExecutable, read: executable },
  { accepts: isListing, read: listing },
  { accepts: looksLikeReport, read: report },
]

/** Whether a walk is to take a file for an input, by its first HEAD_BYTES and its name. */
export function isInput(head: Uint8Array, name: string): boolean {
  return KINDS.some((kind) => kind.accepts(head, name))
}

/**
 * What a source tells of samples: one report of an executable, a listing or a sandbox's report, one for each line and view
 * of a traces file. Which of them it is, is seen from its first bytes. Of an executable at most MAX_SAMPLE_BYTES (or
 * `maxBytes`) are held; a report takes bounded memory.
 * @throws UnknownFormatError that says what was found instead, MalformedInputError, what `open` throws
 */
export async function* readInput(source: Source, options: ReadInputOptions = {}): AsyncGenerator<Report> {
  const limits: InputOptions = options.maxBytes === undefined ? {} : { maxBytes: options.maxBytes }
  const { head, rest } = await peek(source.open({ ...limits, reuse: true }), HEAD_BYTES)
  try {
    const kind = KINDS.find(({ accepts }) => accepts(head, source.name))
    // Of what cannot be read at all there is no head; its reader tells why.
    if (!kind && head.length > 0) throw new UnknownFormatError(source.path, otherFormat(head))
    const reports = (kind?.read ?? report)(rest, source, options)
    if (options.addresses ?? true) yield* reports
    else for await (const each of reports) yield each.format === 'traces' ? each : withoutAddresses(each)
  } finally {
    await rest.return?.()
  }
}

function withoutAddresses(report: Report): Report {
  const { trace } = report
  return trace.places?.address ? { ...report, trace: { ...trace, places: null } } : report
}

function report(chunks: Chunks, _source: Source, options: ReadInputOptions): AsyncIterable<Report> {
  const { maxTokens, ...others } = options
  return readReports(chunks, maxTokens === undefined ? others : { ...others, maxCalls: maxTokens })
}

async function* listing(chunks: Chunks, source: Source, options: ReadInputOptions): AsyncGenerator<Report> {
  const unknown = { sha256: null, sha1: null, md5: null, size: null }
  yield listingReport(await readListing(chunks, opcodeCap(options)), { ...unknown, name: source.name })
}

async function* executable(
  chunks: Chunks,
  source: Source,
  options: ReadInputOptions,
): AsyncGenerator<Report> {
  const { bytes, sample, failure, over } = await wholeSample(chunks, source.name)
  const told = await takenApart(bytes, sample, options).catch((error: unknown) => {
    throw failure ?? error
  })
  const losses = [
    ...(failure ? [failure.message] : []),
    ...(over ? [`only the first ${MAX_SAMPLE_BYTES / 1024 ** 2} MiB were taken apart`] : []),
  ]
  yield losses.length === 0 ? told : { ...told, state: 'partial', reasons: [...losses, ...told.reasons] }
}

async function takenApart(
  bytes: Uint8Array,
  sample: Report['sample'],
  options: ReadInputOptions,
): Promise<Report> {
  const { disassembler = 'taxon', method, padding, idaTimeoutMs, signal } = options
  if (disassembler === 'ida') {
    const limit = { ...(signal && { signal }), ...(idaTimeoutMs && { timeoutMs: idaTimeoutMs }) }
    return {
      ...(await disassembleWithIda(bytes, { ...limit, ...opcodeCap(options), name: sample.name })),
      sample,
    }
  }
  const how = {
    ...(signal && { signal }),
    ...(method && { method }),
    ...(padding !== undefined && { padding }),
    ...opcodeCap(options),
  }
  const disassembly = await disassemble(bytes, how)
  const executable = disassembly.executable!
  const dialect = opcodeDialect(containerOf(executable), executable.architecture)
  return reportOf(disassembly, sample, executable.format, dialect)
}

function opcodeCap({ maxTokens }: ReadInputOptions): { maxOpcodes?: number } {
  return maxTokens === undefined ? {} : { maxOpcodes: maxTokens }
}

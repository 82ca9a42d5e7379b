import { type KnownError, MalformedInputError, UnknownFormatError } from '../core/index.ts'
import {
  CHUNK_BYTES,
  EVENT,
  EVENT_WORDS,
  type JsonScanner,
  jsonScanner,
  PIECE,
  PROBLEMS,
} from '../kernels/json-scan/json-scan.ts'
import type { Report } from '../samples/index.ts'
import type { FieldTable } from './field-table.ts'
import { LineBuilder } from './line-builder.ts'
import { type Handler, RunBuilder } from './run-builder.ts'
import { traces } from './traces.ts'

/** How reports are read. */
export interface ReadOptions {
  /** Most calls whose order is kept; all are counted. */
  readonly maxCalls?: number
  /** Most bytes of the keys of a traces line that have no meaning here; 65,536 by default. */
  readonly maxExtraBytes?: number
  /** Keep thread, category and success of each kept call in `Report.columns`. */
  readonly columns?: boolean
  /** Told of each malformed line of a traces file; without it they are told in the next report's reasons. */
  readonly onSkipped?: (error: KnownError) => void
}

/** Calls whose order is kept by default. At about 50 bytes each they are most of a reader's memory. */
export const DEFAULT_MAX_CALLS = 250_000

/** Most bytes read of one text, such as the name of a process. */
const MAX_TEXT_BYTES = 1024

/** Reads the documents of one input: takes chunks, leaves reports in `ready`. */
export class ReportReader {
  readonly ready: Report[] = []
  /** Whatever follows will not be read. */
  done = false
  readonly #table: FieldTable
  readonly #scanner: JsonScanner
  readonly #run: RunBuilder
  readonly #line: LineBuilder
  readonly #handlers: readonly (Handler | null)[]
  readonly #other: Handler
  /** Nodes whose texts may be of any length and are taken piece by piece. */
  readonly #streamed: Uint8Array
  readonly #onSkipped: ((error: KnownError) => void) | undefined
  /** Nodes of the document at hand that were seen, where they are signs. */
  readonly #seen: Uint8Array
  /** Bytes of the input before the chunk at hand. */
  #offset = 0
  #open = false
  #began = false
  #documents = 0
  #lines = true
  /** A sandbox report that is whole; it waits for the end of input, for bytes may trail it. */
  #held: Report | null = null
  #textLength = 0
  #skipped: KnownError[] = []

  constructor(
    table: FieldTable,
    { maxCalls = DEFAULT_MAX_CALLS, maxExtraBytes, columns = false, onSkipped }: ReadOptions,
  ) {
    this.#table = table
    this.#scanner = table.idleScanners.pop() ?? jsonScanner(table.projection)
    this.#scanner.lines(true)
    this.#run = new RunBuilder(this.#scanner, maxCalls, columns)
    this.#line = new LineBuilder(this.#scanner, maxCalls, maxExtraBytes)
    const handlers = { ...this.#run.handlers, ...this.#line.handlers }
    this.#handlers = table.fields.map((field) => (field && handlers[field]) ?? null)
    this.#other = handlers['line.other'] ?? (() => {})
    this.#streamed = Uint8Array.from(table.fields, (field) => (field === 'line.opcodes' ? 1 : 0))
    this.#onSkipped = onSkipped
    this.#seen = new Uint8Array(table.fields.length)
  }

  /** Counts bytes that were left out before the first chunk, such as a byte order mark. */
  skipBytes(bytes: number): void {
    this.#offset += bytes
  }

  /** Reads a chunk of any size. @throws MalformedInputError, UnknownFormatError */
  push(chunk: Uint8Array): void {
    for (let at = 0; at < chunk.length && !this.done; at += CHUNK_BYTES) {
      const part = chunk.subarray(at, at + CHUNK_BYTES)
      this.#scanner.feed(part)
      do this.#drain(this.#scanner.scan())
      while (!this.done && this.#scanner.rest() > 0)
      this.#offset += part.length
      // Only traces files are read by lines, and looking for newlines takes time.
      if (this.#lines && this.#open && (this.#recognise() ?? traces) !== traces) this.#readLines(false)
    }
  }

  /**
   * The input has ended, before its time if `failure` says why.
   * @throws MalformedInputError, UnknownFormatError, or the failure where nothing was read
   */
  end(failure: KnownError | null = null): void {
    const length = this.#offset
    if (!this.#began) {
      throw failure ?? new MalformedInputError('report', 'no JSON at all, the input is empty', length)
    }
    if (this.#open && this.#documents === 0 && this.#recognise() === null) {
      if (failure) throw failure
      // A bare number ends with the input only.
      this.push(NEWLINE)
      throw new MalformedInputError('report', 'ends before anything that tells its format', length)
    }
    const reason = failure ? `${failure.message}; what stands before is kept` : null
    if (this.#open) this.#endEarly(reason ?? `the input is cut off at byte ${length}`, length)
    else if (reason !== null && this.#held) {
      this.#held = { ...this.#held, state: 'partial', reasons: [...this.#held.reasons, reason] }
    } else if (failure) this.#skip(failure)
    this.#release()
    const untold = this.#skipped[0]
    if (untold && !this.#onSkipped) throw untold
  }

  /** Hands the scanner to the next reader. */
  close(): void {
    this.done = true
    if (this.#table.idleScanners.length >= MAX_IDLE_SCANNERS) return
    this.#scanner.drop(true)
    this.#scanner.forget()
    this.#table.idleScanners.push(this.#scanner)
  }

  #drain(count: number): void {
    const { events } = this.#scanner
    const { isSign } = this.#table
    const handlers = this.#handlers
    for (let at = 0; at < count * EVENT_WORDS && !this.done; at += EVENT_WORDS) {
      const event = events[at]!
      const node = events[at + 1]!
      const start = events[at + 2]!
      const end = events[at + 3]!
      const kind = event & 255
      if (kind >= EVENT.began) {
        this.#control(event, node, start)
        continue
      }
      if (isSign[node]) this.#seen[node] = 1
      if (kind === EVENT.verbatim) {
        this.#other(start, end, event, node)
        continue
      }
      const handler = handlers[node]
      if (!handler) continue
      if (kind < EVENT.key || this.#streamed[node]) handler(start, end, event, node)
      else if ((event & PIECE.whole) !== PIECE.whole) this.#joinPiece(handler, start, end, event, node)
      else handler(start, Math.min(end, start + MAX_TEXT_BYTES), event, node)
    }
  }

  /** Texts that are in several pieces are put together in the scanner's scratch area, so that all lie in its bytes. */
  #joinPiece(handler: Handler, start: number, end: number, event: number, node: number): void {
    const { bytes, scratch } = this.#scanner
    if (event & PIECE.first) this.#textLength = 0
    const taken = Math.min(end - start, MAX_TEXT_BYTES - this.#textLength)
    bytes.copyWithin(scratch + this.#textLength, start, start + taken)
    this.#textLength += taken
    if (event & PIECE.last) handler(scratch, scratch + this.#textLength, event, node)
  }

  #control(event: number, problem: number, address: number): void {
    const offset = this.#offset + address - this.#scanner.chunk
    const kind = event & 255
    if (kind === EVENT.began) this.#beginDocument(offset)
    else if (kind === EVENT.ended) this.#endDocument(offset)
    else if (kind === EVENT.line) {
      if (event & PIECE.open) this.#lineEnds(offset)
    } else this.#broken(PROBLEMS[problem] ?? 'not JSON', offset)
  }

  #beginDocument(offset: number): void {
    if (this.#held) {
      const reason = `bytes that follow the report, from byte ${offset} on, were not read`
      this.#held = { ...this.#held, state: 'partial', reasons: [...this.#held.reasons, reason] }
      this.#release()
      this.done = true
      return
    }
    this.#began = true
    this.#open = true
  }

  #endDocument(offset: number): void {
    this.#open = false
    const format = this.#recognise()
    if (format === traces) {
      this.#keep(this.#line.build(this.#run.sample, null))
    } else if (format) {
      this.#held = this.#run.build(format.name, null)
    } else {
      const keys = this.#line.keys
      const found =
        keys.length > 0 ? `a JSON object with the keys ${keys.join(', ')}` : 'a document without keys'
      const error = new UnknownFormatError(`document that ends at byte ${offset}`, found)
      if (this.#documents === 0) throw error
      this.#skip(error)
    }
    this.#documents++
    this.#clear()
  }

  /** A line has ended inside a document: all is well if it is not a line of a traces file. */
  #lineEnds(offset: number): void {
    if (this.#documents === 0 && this.#recognise() !== traces) {
      this.#readLines(false)
      return
    }
    this.#skip(new MalformedInputError('traces', 'the line ends inside its document', offset))
    this.#scanner.drop(true)
    this.#open = false
    this.#documents++
    this.#clear()
  }

  #broken(problem: string, offset: number): void {
    const format = this.#recognise()
    if (this.#documents > 0 || (this.#lines && format === traces)) {
      this.#skip(new MalformedInputError('traces', problem, offset))
      this.#scanner.drop(false)
      this.#open = false
      this.#documents++
      this.#clear()
      return
    }
    if (!format) throw new MalformedInputError('report', `not JSON: ${problem}`, offset)
    this.#endEarly(`the input is broken at byte ${offset}: ${problem}; what stands before is kept`, offset)
    this.#release()
    this.done = true
  }

  /** Keeps what was read of a document whose end is missing. */
  #endEarly(reason: string, offset: number): void {
    const format = this.#recognise()
    this.#open = false
    if (format === traces) this.#keep(this.#line.build(this.#run.sample, reason))
    else if (format) this.#held = this.#run.build(format.name, reason)
    else this.#skip(new MalformedInputError('traces', reason, offset))
    this.#clear()
  }

  #recognise() {
    return this.#table.recognise(this.#seen, this.#run.version)
  }

  #keep(reports: readonly Report[]): void {
    if (reports.length === 0) return
    const told = this.#onSkipped
      ? []
      : this.#skipped.map((error) => `a line before was left out: ${error.message}`)
    this.#skipped = []
    for (const report of reports) {
      this.ready.push(told.length > 0 ? { ...report, reasons: [...report.reasons, ...told] } : report)
    }
  }

  #skip(error: KnownError): void {
    if (this.#onSkipped) this.#onSkipped(error)
    else if (this.#skipped.length < MAX_TOLD) this.#skipped.push(error)
  }

  #release(): void {
    if (this.#held) this.#keep([this.#held])
    this.#held = null
  }

  #readLines(on: boolean): void {
    this.#lines = on
    this.#scanner.lines(on)
  }

  #clear(): void {
    this.#run.clear()
    this.#line.clear()
    this.#scanner.forget()
    this.#seen.fill(0)
  }
}

/** Most skipped lines that one report tells of. */
const MAX_TOLD = 20
/** Scanners kept for the next inputs: making one takes longer than reading a small report. */
const MAX_IDLE_SCANNERS = 4
const NEWLINE = Uint8Array.of(10)

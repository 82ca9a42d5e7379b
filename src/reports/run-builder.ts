import { EVENT, type JsonScanner, NAME_SHIFT, PIECE } from '../kernels/json-scan/json-scan.ts'
import {
  type Process,
  type Report,
  type ReportedSample,
  type Trace,
  tallyTotals,
  UNLABELLED,
} from '../samples/index.ts'
import { CallLog, type LoggedCall } from './call-log.ts'
import type { Field } from './format.ts'
import { NameTable, nameLosses } from './name-table.ts'
import { decodeText, numberAt, timeReader } from './scalars.ts'

/** Most processes kept of one report; the calls of further ones are counted under a last, nameless process. */
export const MAX_PROCESSES = 16_384
/** Most repeats that one call may claim; more is taken as this. */
export const MAX_REPEATED = 1_000_000_000

/** What is done with a field's event: addresses of its text in the scanner's bytes, the event's first word, its node. */
export type Handler = (start: number, end: number, event: number, node: number) => void

/** The handlers of some fields. */
export type Handlers = Partial<Record<Field, Handler>>

interface OpenProcess {
  pid: number | null
  parentPid: number | null
  name: string | null
  calls: number
}

/** Takes in the fields of one sandbox report after another. */
export class RunBuilder {
  readonly handlers: Handlers
  version: string | null = null
  readonly sample: { -readonly [Name in keyof ReportedSample]: ReportedSample[Name] } = emptySample()
  #score: number | null = null
  #processes: OpenProcess[] = []
  #process: OpenProcess | null = null
  #calls = 0
  #counts = new Float64Array(0)
  #countsTotal = 0
  #countName = -1
  #nameless = 0
  #strangeRepeats = 0
  #strangeCounts = 0
  #log: CallLog
  readonly #maxCalls: number
  readonly #withColumns: boolean
  readonly #scanner: JsonScanner
  readonly #bytes: Uint8Array
  readonly #names = new NameTable()
  readonly #countNames = new NameTable()
  readonly #categories = new NameTable()
  readonly #call: LoggedCall = {
    token: -1,
    process: 0,
    call: 0,
    time: Number.NaN,
    repeated: 0,
    thread: Number.NaN,
    category: 0,
    success: -1,
  }

  constructor(scanner: JsonScanner, maxCalls: number, withColumns: boolean) {
    this.#scanner = scanner
    this.#bytes = scanner.bytes
    this.#maxCalls = maxCalls
    this.#withColumns = withColumns
    this.#log = new CallLog(maxCalls, withColumns)
    this.handlers = { ...this.#runHandlers(), ...this.#processHandlers(), ...this.#callHandlers() }
    this.clear()
  }

  /** Forgets everything: the next fields are of another report. */
  clear(): void {
    this.version = null
    Object.assign(this.sample, emptySample())
    this.#score = null
    this.#processes = []
    this.#process = null
    this.#counts = new Float64Array(0)
    this.#countsTotal = 0
    this.#nameless = 0
    this.#strangeRepeats = 0
    this.#strangeCounts = 0
    // A log that was not used is as good as new: most lines of a traces file have no calls in this sense.
    if (this.#log.length > 0) this.#log = new CallLog(this.#maxCalls, this.#withColumns)
    this.#names.clear()
    this.#countNames.clear()
    this.#categories.clear()
    this.#categories.internText('')
    this.#clearCall()
  }

  /** The report read so far. `cut` says why reading stopped early, if it did. */
  build(format: string, cut: string | null): Report {
    const reasons = cut === null ? [] : [cut]
    const merged = this.#log.merge(this.#categories.names)
    const counted = this.#log.length === 0 && this.#countsTotal > 0
    const trace = counted ? this.#countedTrace(format) : this.#calledTrace(format, merged)
    if (counted) reasons.push('the report has no calls, only how often each API was called')
    else if (this.#log.length === 0) reasons.push(this.#whyNoCalls())
    reasons.push(...this.#losses(counted))
    const partial = reasons.length > 0
    return {
      format,
      version: this.version,
      sample: { ...this.sample },
      processes: this.#processes.map((process): Process => ({ ...process })),
      trace,
      columns: counted ? null : merged.columns,
      executable: null,
      score: this.#score,
      label: UNLABELLED,
      id: null,
      extra: null,
      state: partial ? 'partial' : 'complete',
      reasons: [...reasons, ...orderRemark(trace)],
    }
  }

  #calledTrace(dialect: string, { sequence, places }: ReturnType<CallLog['merge']>): Trace {
    const vocabulary = this.#names.names
    const tally = tallyTotals(this.#log.totals.subarray(0, vocabulary.length))
    return {
      view: 'calls',
      kind: 'sequence',
      dialect,
      vocabulary,
      sequence,
      tally,
      length: this.#log.length,
      places,
    }
  }

  #countedTrace(dialect: string): Trace {
    const vocabulary = this.#countNames.names
    const tally = tallyTotals(this.#counts.subarray(0, vocabulary.length))
    const length = this.#countsTotal
    return { view: 'calls', kind: 'counts', dialect, vocabulary, sequence: null, tally, length, places: null }
  }

  #whyNoCalls(): string {
    const processes = this.#processes.length
    if (processes === 0) return 'the report has no behaviour: no processes and no calls'
    return `the report has no calls in its ${processes} ${processes === 1 ? 'process' : 'processes'}`
  }

  /** What of the calls was left out or taken as something else: a report that has some was read in part. */
  #losses(counted: boolean): string[] {
    const losses: string[] = []
    if (this.#nameless > 0) losses.push(`${this.#nameless} calls without a name were left out`)
    if (this.#strangeRepeats > 0) losses.push(`${this.#strangeRepeats} calls with a strange repeat count`)
    if (this.#strangeCounts > 0)
      losses.push(`${this.#strangeCounts} API counts that are no counts were left out`)
    losses.push(...nameLosses(counted ? this.#countNames : this.#names))
    if (this.#processes.length > MAX_PROCESSES) {
      losses.push(`over ${MAX_PROCESSES} processes, further ones are taken as one`)
    }
    return losses
  }

  #runHandlers(): Handlers {
    const text = (keep: (text: string) => void): Handler => {
      return (start, end) => keep(decodeText(this.#bytes, start, end))
    }
    return {
      version: text((version) => {
        this.version = version
      }),
      score: (start, end) => {
        this.#score = finite(numberAt(this.#bytes, start, end))
      },
      sha256: text((hash) => {
        this.sample.sha256 = hashOf(hash, 64)
      }),
      sha1: text((hash) => {
        this.sample.sha1 = hashOf(hash, 40)
      }),
      md5: text((hash) => {
        this.sample.md5 = hashOf(hash, 32)
      }),
      name: text((name) => {
        this.sample.name = name
      }),
      size: (start, end) => {
        this.sample.size = finite(numberAt(this.#bytes, start, end))
      },
      tally: (start, end, event) => {
        this.#countName = this.#countNames.intern(this.#bytes, start, end, (event & PIECE.escaped) !== 0)
      },
      'tally.count': (start, end) => {
        const count = numberAt(this.#bytes, start, end)
        if (!(count >= 0 && count <= Number.MAX_SAFE_INTEGER)) {
          this.#strangeCounts++
          return
        }
        const counts = this.#counts
        if (this.#countName >= counts.length) {
          this.#counts = new Float64Array(Math.max(64, (this.#countName + 1) * 2))
          this.#counts.set(counts)
        }
        this.#counts[this.#countName]! += Math.floor(count)
        this.#countsTotal += Math.floor(count)
      },
    }
  }

  #processHandlers(): Handlers {
    const number = (start: number, end: number) => finite(numberAt(this.#bytes, start, end))
    return {
      process: (_start, _end, event) => {
        if ((event & 255) === EVENT.left) this.#process = null
        else if ((event & 255) === EVENT.enteredObject) this.#beginProcess()
      },
      'process.pid': (start, end) => {
        if (this.#named()) this.#process!.pid = number(start, end)
      },
      'process.parent': (start, end) => {
        if (this.#named()) this.#process!.parentPid = number(start, end)
      },
      'process.name': (start, end) => {
        if (this.#named()) this.#process!.name = decodeText(this.#bytes, start, end)
      },
    }
  }

  #beginProcess(): void {
    if (this.#processes.length <= MAX_PROCESSES) {
      this.#processes.push({ pid: null, parentPid: null, name: null, calls: 0 })
      this.#calls = 0
    }
    this.#process = this.#processes[this.#processes.length - 1]!
  }

  /** Whether the process at hand is one by itself, not the one that stands for all past the cap. */
  #named(): boolean {
    return this.#process !== null && this.#processes.length <= MAX_PROCESSES
  }

  #callHandlers(): Handlers {
    const call = this.#call
    const bytes = this.#bytes
    const readTime = timeReader()
    return {
      call: () => this.#endCall(),
      'call.name': (start, end, event, node) => {
        const known = event >>> NAME_SHIFT
        call.token =
          known > 0
            ? known - 1
            : end > start
              ? internName(this.#names, this.#scanner, start, end, event, node)
              : -1
      },
      'call.time': (start, end) => {
        call.time = readTime(bytes, start, end)
      },
      'call.repeated': (start, end) => {
        const repeated = numberAt(bytes, start, end)
        call.repeated = repeated >= 0 ? Math.floor(Math.min(repeated, MAX_REPEATED)) : 0
        if (!(repeated >= 0 && repeated <= MAX_REPEATED)) this.#strangeRepeats++
      },
      'call.thread': (start, end) => {
        call.thread = numberAt(bytes, start, end)
      },
      'call.category': (start, end, event) => {
        call.category = this.#categories.intern(bytes, start, end, (event & PIECE.escaped) !== 0)
      },
      'call.success': (start) => {
        // true, 1, "1", "SUCCESS" against false, 0, "0", "FAILURE"
        const letter = bytes[start]! | 32
        call.success = letter === 0x74 || letter === 0x73 || letter === 0x31 ? 1 : 0
      },
    }
  }

  #endCall(): void {
    const call = this.#call
    if (this.#process && call.token >= 0) {
      call.process = this.#processes.length - 1
      call.call = this.#calls++
      this.#process.calls += 1 + call.repeated
      this.#log.add(call)
    } else {
      this.#calls++
      this.#nameless++
    }
    this.#clearCall()
  }

  #clearCall(): void {
    const call = this.#call
    call.token = -1
    call.time = Number.NaN
    call.repeated = 0
    if (!this.#withColumns) return
    call.thread = Number.NaN
    call.category = 0
    call.success = -1
  }
}

/** That the order of some calls is lost, which is no matter to models that only count: `judge` knows which. */
function orderRemark({ sequence, length }: Trace): string[] {
  if (!sequence || length <= sequence.length) return []
  return [`the first ${sequence.length} calls by time are kept in order, all ${length} are counted`]
}

/** The number of a name that the scanner does not remember; it will from now on. */
export function internName(
  names: NameTable,
  scanner: JsonScanner,
  start: number,
  end: number,
  event: number,
  node: number,
): number {
  const name = names.intern(scanner.bytes, start, end, (event & PIECE.escaped) !== 0)
  if ((event & (PIECE.escaped | PIECE.whole)) === PIECE.whole) scanner.remember(node, start, end, name)
  return name
}

function emptySample(): ReportedSample {
  return { sha256: null, sha1: null, md5: null, name: null, size: null }
}

function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null
}

function hashOf(text: string, digits: number): string | null {
  return text.length === digits && /^[0-9a-f]+$/i.test(text) ? text.toLowerCase() : null
}

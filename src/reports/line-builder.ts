import { EVENT, type JsonScanner, NAME_SHIFT, PIECE } from '../kernels/json-scan/json-scan.ts'
import { type Label, type Report, type ReportedSample, UNLABELLED } from '../samples/index.ts'
import type { Field } from './format.ts'
import { nameLosses } from './name-table.ts'
import { type Handler, type Handlers, internName } from './run-builder.ts'
import { decodeText, numberAt, textAt } from './scalars.ts'
import { traces } from './traces.ts'
import { ViewLog } from './view-log.ts'

/** Most bytes of a line's other keys and values that are kept by default. */
export const MAX_EXTRA_BYTES = 65_536

const SHOWN_KEYS = 5

/** Keys of a line that have a meaning of their own. */
const OWN_KEYS = new Set(Object.keys(traces.fields).filter((path) => /^\w+$/.test(path)))

/** Takes in the fields of one line of a traces file after another. */
export class LineBuilder {
  readonly handlers: Handlers
  /** The first keys of the document, to tell what was found when it is of no known format. */
  keys: string[] = []
  readonly #scanner: JsonScanner
  readonly #bytes: Uint8Array
  readonly #calls: ViewLog
  readonly #opcodes: ViewLog
  #label: { -readonly [Name in keyof Label]: Label[Name] } = { ...UNLABELLED }
  #id: string | null = null
  #dialect: string | null = null
  #remarks: string[] = []
  #key = ''
  #ownKey = false
  #extra: string[] = []
  readonly #maxExtraBytes: number
  #extraBytes = 0
  #value = Buffer.alloc(1024)
  #valueLength = 0
  #lost = 0

  constructor(scanner: JsonScanner, maxTokens: number, maxExtraBytes = MAX_EXTRA_BYTES) {
    this.#scanner = scanner
    this.#maxExtraBytes = maxExtraBytes
    this.#bytes = scanner.bytes
    this.#calls = new ViewLog('calls', maxTokens)
    this.#opcodes = new ViewLog('opcodes', maxTokens)
    this.handlers = {
      ...this.#labelHandlers(),
      ...this.#viewHandlers(this.#calls, CALL_FIELDS),
      ...this.#viewHandlers(this.#opcodes, OPCODE_FIELDS),
      line: (start, end, event) => this.#beginKey(start, end, event),
      'line.other': (start, end, event) => this.#keepOther(start, end, event),
    }
  }

  clear(): void {
    this.#calls.clear()
    this.#opcodes.clear()
    this.#label = { ...UNLABELLED }
    this.#id = null
    this.#dialect = null
    this.#remarks = []
    this.keys = []
    this.#extra = []
    this.#extraBytes = 0
    this.#lost = 0
  }

  /** One report for each view that the line has; none when it has none. */
  build(sample: ReportedSample, cut: string | null): Report[] {
    const reports: Report[] = []
    // Looked at here and not sooner: a sandbox report's values come by as well and are never asked for.
    const extra = this.#extra.filter((member) => isJson(`{${member}}`))
    this.#lost += this.#extra.length - extra.length
    for (const log of [this.#calls, this.#opcodes]) {
      const built = log.build(this.#dialect ?? 'unknown')
      if (!built) continue
      const { trace, whole } = built
      const reasons = cut === null ? [] : [cut]
      if (!whole) reasons.push(`the source kept a part only of the ${trace.length} ${log.view}`)
      if (trace.length === 0) reasons.push(`the line has no ${log.view}`)
      if (log.strange > 0)
        reasons.push(`${log.strange} values that are no ${log.view} or counts were left out`)
      reasons.push(...nameLosses(log.names))
      reports.push({
        format: traces.name,
        version: null,
        sample: {
          ...sample,
          sha256: sample.sha256 ?? (/^[0-9a-f]{64}$/.test(this.#id ?? '') ? this.#id : null),
        },
        processes: [],
        trace,
        columns: null,
        executable: null,
        score: null,
        label: this.#label,
        id: this.#id,
        extra: extra.length > 0 ? `{${extra.join(',')}}` : null,
        state: reasons.length > 0 ? 'partial' : 'complete',
        reasons: [...reasons, ...this.#allRemarks()],
      })
    }
    return reports
  }

  /** What is worth saying though nothing of the trace is missing. */
  #allRemarks(): string[] {
    if (this.#lost === 0) return this.#remarks
    return [...this.#remarks, `${this.#lost} other keys were left out: no plain JSON, or over the cap`]
  }

  #labelHandlers(): Handlers {
    const text = (start: number, end: number) => decodeText(this.#bytes, start, end)
    return {
      'line.id': (start, end, event) => {
        const id = text(start, end)
        this.#id = (event & 255) === EVENT.literal && id === 'null' ? null : id
      },
      'line.label': (start, end) => {
        const said = text(start, end).toLowerCase()
        this.#label.malicious = LABELS.get(said) ?? null
        if (!LABELS.has(said)) this.#remarks.push('the label is neither malicious nor benign')
      },
      'line.family': (start, end) => {
        this.#label.family = text(start, end) || null
      },
      'line.category': (start, end) => {
        this.#label.category = text(start, end) || null
      },
      'line.firstSeen': (start, end) => {
        const day = /^\d{4}-\d\d-\d\d/.exec(text(start, end))?.[0] ?? null
        this.#label.firstSeen = day
        if (day === null) this.#remarks.push('first_seen is no date')
      },
      'line.dialect': (start, end) => {
        this.#dialect = text(start, end)
      },
    }
  }

  #viewHandlers(log: ViewLog, fields: ViewFields): Handlers {
    const bytes = this.#bytes
    const escaped = (event: number) => (event & PIECE.escaped) !== 0
    return {
      [fields.tokens]: ((start, end, event) => {
        log.sequenced = true
        if ((event & 255) === EVENT.text) log.addText(bytes, start, end, event)
      }) satisfies Handler,
      [fields.token]: ((start, end, event, node) => {
        const known = event >>> NAME_SHIFT
        const kind = event & 255
        if (known > 0) log.addToken(known - 1)
        else if ((kind === EVENT.text && end > start) || (kind === EVENT.literal && bytes[start]! < 58)) {
          log.addToken(internName(log.names, this.#scanner, start, end, event, node))
        } else log.strange++
      }) satisfies Handler,
      [fields.total]: ((start, end) => {
        const total = numberAt(bytes, start, end)
        if (Number.isSafeInteger(total) && total >= 0) log.claimed = total
      }) satisfies Handler,
      [fields.tally]: ((start, end, event) => {
        log.counted = true
        if ((event & 255) === EVENT.key) log.countName(bytes, start, end, escaped(event))
      }) satisfies Handler,
      [fields.count]: ((start, end) => log.count(numberAt(bytes, start, end))) satisfies Handler,
    }
  }

  #beginKey(start: number, end: number, event: number): void {
    this.#key = textAt(this.#bytes, start, end)
    this.#ownKey = OWN_KEYS.has(event & PIECE.escaped ? decodeText(this.#bytes, start, end) : this.#key)
    if (this.keys.length < SHOWN_KEYS) this.keys.push(this.#key.slice(0, 40))
  }

  #keepOther(start: number, end: number, event: number): void {
    if (this.#ownKey) return
    if (event & PIECE.first) this.#valueLength = 0
    const length = this.#valueLength + end - start
    if (length <= this.#maxExtraBytes) {
      if (length > this.#value.length) this.#value = Buffer.concat([this.#value], length * 2)
      this.#value.set(this.#bytes.subarray(start, end), this.#valueLength)
    }
    this.#valueLength = Math.min(length, this.#maxExtraBytes + 1)
    if (event & PIECE.last) this.#endOther()
  }

  #endOther(): void {
    const text = `"${this.#key}":${this.#value.toString('utf8', 0, Math.min(this.#valueLength, this.#maxExtraBytes))}`
    if (this.#extraBytes + text.length > this.#maxExtraBytes || this.#valueLength > this.#maxExtraBytes) {
      this.#lost++
      return
    }
    this.#extra.push(text)
    this.#extraBytes += text.length
  }
}

const LABELS: ReadonlyMap<string, 0 | 1 | null> = new Map([
  ['1', 1],
  ['true', 1],
  ['malicious', 1],
  ['0', 0],
  ['false', 0],
  ['benign', 0],
  ['null', null],
])

/** The fields of one view. */
interface ViewFields {
  readonly tokens: Field
  readonly token: Field
  readonly total: Field
  readonly tally: Field
  readonly count: Field
}

const CALL_FIELDS: ViewFields = {
  tokens: 'line.calls',
  token: 'line.call',
  total: 'line.callTotal',
  tally: 'line.callTally',
  count: 'line.callTally.count',
}
const OPCODE_FIELDS: ViewFields = {
  tokens: 'line.opcodes',
  token: 'line.opcode',
  total: 'line.opcodeTotal',
  tally: 'line.opcodeTally',
  count: 'line.opcodeTally.count',
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

import type { CallColumns, Places } from '../samples/index.ts'
import { mergeOrder } from './merge-order.ts'

/** One call as it is added to a log. */
export interface LoggedCall {
  token: number
  process: number
  /** Number of the call in its process, from 0. */
  call: number
  /** Seconds since 1970, NaN when unknown. */
  time: number
  /** How often the call was made again, a whole number below 2^32. */
  repeated: number
  thread: number
  category: number
  success: number
}

/** The calls of a log in order of time. */
export interface MergedCalls {
  readonly sequence: Uint32Array
  readonly places: Places
  readonly columns: CallColumns | null
}

const FIRST_ROWS = 256

/** Columns of a call log, and the typed array of each. */
const COLUMNS = {
  token: Uint32Array,
  process: Uint32Array,
  call: Uint32Array,
  repeated: Uint32Array,
  time: Float64Array,
  /** Highest time so far in the process: sorting by it keeps the order inside each process. */
  order: Float64Array,
} as const
const EXTRA_COLUMNS = { thread: Float64Array, category: Uint32Array, success: Int8Array } as const

type Rows = { [Name in keyof typeof COLUMNS]: InstanceType<(typeof COLUMNS)[Name]> }
type ExtraRows = { [Name in keyof typeof EXTRA_COLUMNS]: InstanceType<(typeof EXTRA_COLUMNS)[Name]> }

/**
 * The calls of a run, counted exactly and kept in columns: those that come first when all processes are merged by time,
 * `maxCalls` of them. Memory: about 50 bytes a kept call, 8 a name.
 */
export class CallLog {
  /** Calls in all, repeats included. */
  length = 0
  /** How often each token was called, repeats included; grows with the tokens. */
  totals = new Float64Array(64)
  readonly #maxCalls: number
  #rows = allocate(COLUMNS, FIRST_ROWS)
  #extra: ExtraRows | null
  #size = 0
  #timed = false
  #process = -1
  #order = Number.NEGATIVE_INFINITY
  /** Calls of this order or later can no longer be among those kept. */
  #cutOrder = Number.POSITIVE_INFINITY
  #full = false

  constructor(maxCalls: number, withColumns: boolean) {
    this.#maxCalls = maxCalls
    this.#extra = withColumns ? allocate(EXTRA_COLUMNS, FIRST_ROWS) : null
  }

  /** Calls are added in the order of the report, those of a process together. The argument is not kept. */
  add(call: LoggedCall): void {
    const { token, time, repeated } = call
    if (token >= this.totals.length)
      this.totals = enlarge(this.totals, Math.max(token + 1, this.totals.length * 2))
    this.totals[token]! += 1 + repeated
    this.length += 1 + repeated
    if (call.process !== this.#process) {
      this.#process = call.process
      this.#order = Number.NEGATIVE_INFINITY
    }
    if (time > this.#order) this.#order = time
    if (this.#full && this.#order >= this.#cutOrder) return
    if (this.#size === this.#rows.token.length && !this.#makeRoom()) return
    const row = this.#size++
    const rows = this.#rows
    rows.token[row] = token
    rows.process[row] = call.process
    rows.call[row] = call.call
    rows.repeated[row] = repeated
    rows.time[row] = time
    rows.order[row] = this.#order
    if (!Number.isNaN(time)) this.#timed = true
    if (this.#extra) {
      this.#extra.thread[row] = call.thread
      this.#extra.category[row] = call.category
      this.#extra.success[row] = call.success
    }
  }

  /** The kept calls, repeats spelled out, cut at `maxCalls`. */
  merge(categories: readonly string[]): MergedCalls {
    if (this.#size > this.#maxCalls) this.#compact()
    const rows = this.#rows
    const order = mergeOrder(rows.order.subarray(0, this.#size))
    const from = this.#spellOut(order)
    const extra = this.#extra
    return {
      sequence: gatherWords(rows.token, from),
      places: {
        process: gatherWords(rows.process, from),
        call: gatherWords(rows.call, from),
        time: this.#timed ? gatherNumbers(rows.time, from) : null,
        address: null,
      },
      columns: extra && {
        thread: gatherNumbers(extra.thread, from),
        category: gatherWords(extra.category, from),
        categories,
        success: gather(extra.success, from, new Int8Array(from.length)),
      },
    }
  }

  /** The row of each kept token: a row stands once and once more for each repeat, up to `maxCalls` in all. */
  #spellOut(order: Uint32Array): Uint32Array {
    const { repeated } = this.#rows
    let size = order.length
    for (let row = 0; row < order.length; row++) size += repeated[row]!
    if (size === order.length) return order
    const from = new Uint32Array(Math.min(size, this.#maxCalls))
    for (let at = 0, index = 0; at < from.length; index++) {
      const row = order[index]!
      const end = Math.min(from.length, at + 1 + repeated[row]!)
      while (at < end) from[at++] = row
    }
    return from
  }

  /** Doubles the columns, or throws out calls that come too late; false when the call at hand is one of them. */
  #makeRoom(): boolean {
    // Half as many again as can be kept, so that throwing out happens seldom.
    const most = Math.max(FIRST_ROWS, Math.ceil(this.#maxCalls * 1.5))
    if (this.#rows.token.length < most) {
      const size = Math.min(most, this.#rows.token.length * 2)
      resize(this.#rows, size)
      if (this.#extra) resize(this.#extra, size)
      return true
    }
    this.#compact()
    return this.#order < this.#cutOrder
  }

  #compact(): void {
    const keep = this.#maxCalls
    const order = this.#rows.order
    // Not a plain sort: the calls of each process are in order already, and there are few processes.
    const first = mergeOrder(order.subarray(0, this.#size))[keep]
    const cut = first === undefined ? Number.POSITIVE_INFINITY : order[first]!
    let earlier = 0
    for (let row = 0; row < this.#size; row++) if (order[row]! < cut) earlier++
    let equal = keep - earlier
    const kept = new Uint32Array(Math.min(keep, this.#size))
    let size = 0
    for (let row = 0; row < this.#size; row++) {
      if (order[row]! < cut || (order[row] === cut && equal-- > 0)) kept[size++] = row
    }
    // Rows only move towards the front, so each column can take its kept rows in place.
    for (const rows of [this.#rows, this.#extra ?? {}]) {
      for (const column of Object.values(rows) as Column[]) gather(column, kept, column)
    }
    this.#size = size
    this.#cutOrder = cut
    this.#full = true
  }
}

function allocate<Kinds extends Record<string, new (size: number) => unknown>>(kinds: Kinds, size: number) {
  return Object.fromEntries(Object.entries(kinds).map(([name, Column]) => [name, new Column(size)])) as {
    [Name in keyof Kinds]: InstanceType<Kinds[Name]>
  }
}

type Column = Uint32Array | Float64Array | Int8Array

function enlarge<Kind extends Column>(column: Kind, size: number): Kind {
  const larger = new (column.constructor as new (size: number) => Kind)(size)
  larger.set(column)
  return larger
}

function resize(rows: Rows | ExtraRows, size: number): void {
  for (const [name, column] of Object.entries(rows)) Object.assign(rows, { [name]: enlarge(column, size) })
}

// The same loop for each kind of array: an engine compiles it best when it sees only one.
function gatherWords(column: Uint32Array, rows: Uint32Array): Uint32Array {
  const out = new Uint32Array(rows.length)
  for (let at = 0; at < rows.length; at++) out[at] = column[rows[at]!]!
  return out
}

function gatherNumbers(column: Float64Array, rows: Uint32Array): Float64Array {
  const out = new Float64Array(rows.length)
  for (let at = 0; at < rows.length; at++) out[at] = column[rows[at]!]!
  return out
}

function gather<Kind extends Column>(column: Kind, rows: Uint32Array, out: Kind): Kind {
  for (let at = 0; at < rows.length; at++) out[at] = column[rows[at]!]!
  return out
}

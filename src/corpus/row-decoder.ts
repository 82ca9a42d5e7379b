import type { DuckDBBlobValue, DuckDBValue } from '@duckdb/node-api'
import { DamagedFileError } from '../core/index.ts'
import { KINDS, type Kind, type Places, type Tally, tallyTotals, VIEWS, type View } from '../samples/index.ts'
import { TRACE_COLUMNS } from './format.ts'
import type { Row, RowHead } from './row.ts'

/** Names by shared number, and shared numbers by the shard's token. */
export interface Numbering {
  readonly names: readonly string[]
  readonly numbers: Uint32Array
}

type Column = (typeof TRACE_COLUMNS)[number][0]

/** The columns that a RowHead is made of. */
export const HEAD_COLUMNS = [
  ...(['id', 'source', 'view', 'kind', 'dialect', 'malicious', 'family', 'category', 'first_seen'] as const),
  ...(['labelled_by', 'state', 'group', 'length'] as const),
]

/**
 * A row of a traces file, its values in the order of TRACE_COLUMNS, as a Row. Nothing in it is trusted.
 * @throws DamagedFileError that names the file, the sample and the column
 */
export function decodeRow(
  values: readonly DuckDBValue[],
  path: string,
  numbering: (view: View) => Numbering,
): Row {
  const cells = rowCells(values, path, INDICES)
  const { view, kind, dialect, length, ...head } = readHead(cells)
  const { names, numbers } = numbering(view)
  const sequence = cells.tokens('tokens', numbers)
  if ((kind === 'sequence') !== (sequence !== null)) cells.fail('tokens', `does not fit the kind ${kind}`)
  const tally = readTally(cells, kind, sequence, numbers, names.length)
  const least = sequence?.length ?? (kind === 'set' ? tally.tokens.length : 0)
  if (length < least) cells.fail('length', `must be at least ${least}`)
  const places = readPlaces(cells, sequence?.length ?? 0)
  const extra = cells.nullableText('extra')
  return {
    ...head,
    trace: { view, kind, dialect, vocabulary: names, sequence, tally, length, places },
    extra,
  }
}

/** The same of values in the order of HEAD_COLUMNS, without the trace. */
export function decodeHead(values: readonly DuckDBValue[], path: string): RowHead {
  return readHead(rowCells(values, path, HEAD_INDICES))
}

function readHead({ value, fail, text, nullableText, oneOf }: Cells): RowHead {
  const malicious = value('malicious')
  if (malicious !== null && malicious !== 0 && malicious !== 1) fail('malicious', 'must be 0, 1 or null')
  const firstSeen = nullableText('first_seen')
  if (firstSeen !== null && !/^\d{4}-\d{2}-\d{2}$/.test(firstSeen)) fail('first_seen', 'must be YYYY-MM-DD')
  const length = Number(value('length'))
  if (value('length') === null || !Number.isSafeInteger(length) || length < 0) {
    fail('length', 'must be a whole number from 0')
  }
  return {
    id: text('id'),
    source: text('source'),
    view: oneOf('view', VIEWS),
    kind: oneOf('kind', KINDS),
    dialect: text('dialect'),
    label: {
      malicious: malicious as 0 | 1 | null,
      family: nullableText('family'),
      category: nullableText('category'),
      firstSeen,
      by: nullableText('labelled_by'),
    },
    state: oneOf('state', STATES),
    group: text('group'),
    length,
  }
}

const positions = (columns: readonly Column[]) => new Map(columns.map((name, i) => [name, i]))
const INDICES = positions(TRACE_COLUMNS.map(([name]) => name))
const HEAD_INDICES = positions(HEAD_COLUMNS)
const STATES = ['complete', 'partial'] as const

type Cells = ReturnType<typeof rowCells>

/** Typed access to the cells of one row. */
function rowCells(values: readonly DuckDBValue[], path: string, indices: ReadonlyMap<Column, number>) {
  const value = (column: Column) => values[indices.get(column)!]
  const fail = (column: Column, problem: string): never => {
    throw new DamagedFileError(path, `${column} of sample ${JSON.stringify(value('id') ?? null)} ${problem}`)
  }
  const nullableText = (column: Column) => {
    const found = value(column)
    return found === null || typeof found === 'string' ? found : fail(column, 'is not text')
  }
  const text = (column: Column) => nullableText(column) ?? fail(column, 'is null')
  const blob = (column: Column, width: number): ArrayBuffer | null => {
    const found = value(column)
    if (found === null) return null
    const { bytes } = found as Partial<DuckDBBlobValue>
    if (!bytes) return fail(column, 'is not bytes')
    if (bytes.length % width !== 0) {
      return fail(column, `has ${bytes.length} bytes, not a multiple of ${width}`)
    }
    // A copy: the bytes may start anywhere, typed arrays may not.
    return new Uint8Array(bytes).buffer
  }
  return {
    value,
    fail,
    text,
    nullableText,
    oneOf<T extends string>(column: Column, choices: readonly T[]): T {
      const found = text(column) as T
      return choices.includes(found) ? found : fail(column, `must be one of ${choices.join(', ')}`)
    },
    u32: (column: Column) => typed(blob(column, 4), Uint32Array),
    f64: (column: Column) => typed(blob(column, 8), Float64Array),
    /** Tokens in shared numbers. */
    tokens(column: Column, numbers: Uint32Array): Uint32Array | null {
      const width = value('token_bytes')
      if (width !== 2 && width !== 4) return fail('token_bytes', 'must be 2 or 4')
      const bytes = blob(column, width)
      if (bytes === null) return null
      const own = width === 2 ? new Uint16Array(bytes) : new Uint32Array(bytes)
      const shared = new Uint32Array(own.length)
      for (let i = 0; i < own.length; i++) {
        if (own[i] >= numbers.length)
          fail(column, `has token ${own[i]}, the vocabulary ends at ${numbers.length}`)
        shared[i] = numbers[own[i]]
      }
      return shared
    },
  }
}

function typed<T>(buffer: ArrayBuffer | null, Type: new (buffer: ArrayBuffer) => T): T | null {
  return buffer && new Type(buffer)
}

/** The tally as stored, or of the sequence where it is left out; tokens ascending in the shared numbers. */
function readTally(
  cells: Cells,
  kind: Kind,
  sequence: Uint32Array | null,
  numbers: Uint32Array,
  size: number,
): Tally {
  const tokens = cells.tokens('counted_tokens', numbers)
  const counts = cells.f64('counts')
  if (tokens === null) {
    if (counts !== null) cells.fail('counts', 'stands without counted_tokens')
    return sequence ? countTokens(sequence, size) : cells.fail('counted_tokens', 'is null')
  }
  if ((kind === 'set') !== (counts === null)) cells.fail('counts', `does not fit the kind ${kind}`)
  if (counts && counts.length !== tokens.length) cells.fail('counts', 'is not as long as counted_tokens')
  if (counts && !counts.every((n) => n > 0 && n < Number.POSITIVE_INFINITY))
    cells.fail('counts', 'must be positive')
  const order = Uint32Array.from(tokens.keys()).sort((a, b) => tokens[a] - tokens[b])
  const sorted = order.map((i) => tokens[i])
  if (sorted.some((token, i) => i > 0 && token === sorted[i - 1]))
    cells.fail('counted_tokens', 'repeats a token')
  return { tokens: sorted, counts: counts && Float64Array.from(order, (i) => counts[i]) }
}

let totals = new Float64Array(0)

/** As tallySequence, but without a table of the whole vocabulary for every row. */
function countTokens(sequence: Uint32Array, size: number): Tally {
  if (size <= 4096) {
    const fresh = new Float64Array(size)
    for (let i = 0; i < sequence.length; i++) fresh[sequence[i]] += 1
    return tallyTotals(fresh)
  }
  if (totals.length < size) totals = new Float64Array(size)
  const distinct: number[] = []
  for (const token of sequence) {
    if (totals[token] === 0) distinct.push(token)
    totals[token] += 1
  }
  const tokens = Uint32Array.from(distinct).sort()
  const counts = Float64Array.from(tokens, (token) => totals[token])
  for (const token of tokens) totals[token] = 0
  return { tokens, counts }
}

function readPlaces(cells: Cells, length: number): Places | null {
  const places = {
    process: cells.u32('processes'),
    call: cells.u32('call_numbers'),
    time: cells.f64('times'),
    address: cells.f64('addresses'),
  }
  const columns = { process: 'processes', call: 'call_numbers', time: 'times', address: 'addresses' } as const
  let present = false
  for (const [key, column] of Object.entries(columns)) {
    const values = places[key as keyof typeof places]
    if (values === null) continue
    present = true
    if (values.length !== length) cells.fail(column, `has ${values.length} values for ${length} tokens`)
  }
  return present ? places : null
}

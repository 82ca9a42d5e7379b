import type { DuckDBAppender, DuckDBConnection } from '@duckdb/node-api'
import { bytesOf, wellFormed } from '../core/index.ts'
import type { Trace, View } from '../samples/index.ts'
import { type Content, contentGroup, contentOf, throughTable } from './content.ts'
import { columnDefinitions, type Database } from './database.ts'
import {
  SHARD_BYTES,
  SHARD_NAME_CHARACTERS,
  SHARD_ROWS,
  TRACE_COLUMNS,
  VOCABULARY_COLUMNS,
} from './format.ts'
import { copyToParquet } from './parquet-file.ts'
import type { Row } from './row.ts'

/** Collects rows and writes them as one shard; used once. */
interface ShardWriter {
  readonly rows: number
  /** Whether a stated bound is reached and the shard should be written. */
  readonly full: boolean
  /** @param origin the file the row was read from, or null @returns the group of the row */
  add(row: Row, origin: string | null): string
  /** Writes the shard to two files; when the promise resolves, both are wholly there and on disk. */
  write(traces: string, vocabulary: string): Promise<void>
}

/**
 * Starts a shard. Its rows wait in the database's memory: at most SHARD_BYTES and one row.
 * @param maxRows rows at which it is full
 */
export async function shardWriter(database: Database, maxRows = SHARD_ROWS): Promise<ShardWriter> {
  const connection = await database.connect()
  await connection.run(`CREATE TEMP TABLE traces(${columnDefinitions(TRACE_COLUMNS)})`)
  await connection.run(`CREATE TEMP TABLE vocabulary(${columnDefinitions(VOCABULARY_COLUMNS)})`)
  const appender = await connection.createAppender('traces')
  const vocabularies = new Map<View, Map<string, number>>()
  let rows = 0
  let bytes = 0
  let characters = 0

  /** Numbers of names in this shard, new names numbered on. */
  const numbersOf = (view: View, names: readonly string[]): Uint32Array => {
    const numbers = vocabularies.get(view) ?? new Map<string, number>()
    vocabularies.set(view, numbers)
    return Uint32Array.from(names, (name) => {
      let number = numbers.get(name)
      if (number === undefined) {
        number = numbers.size
        numbers.set(name, number)
        characters += name.length
      }
      return number
    })
  }

  return {
    get rows() {
      return rows
    },
    get full() {
      return rows >= maxRows || bytes >= SHARD_BYTES || characters >= SHARD_NAME_CHARACTERS
    },
    add(row, origin) {
      const content = contentOf(row.trace)
      const numbers = numbersOf(row.trace.view, content.names)
      const group = contentGroup(row.trace, content)
      bytes += appendRow(appender, { ...row, group }, content, numbers, origin)
      rows++
      return group
    },
    async write(traces, vocabulary) {
      appender.closeSync()
      await appendVocabulary(connection, vocabularies)
      // The traces file last: a vocabulary alone is no shard, and is swept at the next import.
      await copyToParquet(connection, 'vocabulary', vocabulary)
      await copyToParquet(connection, 'traces', traces)
      connection.closeSync()
    },
  }
}

/** Appends one row and returns the bytes of its arrays. */
function appendRow(
  appender: DuckDBAppender,
  { id, source, trace, label, state, group, extra }: Row,
  content: Content,
  numbers: Uint32Array,
  origin: string | null,
): number {
  let bytes = 0
  const text = (value: string | null) =>
    value === null ? appender.appendNull() : appender.appendVarchar(wellFormed(value))
  const array = (values: Uint16Array | Uint32Array | Float64Array | null) => {
    if (values === null) return appender.appendNull()
    bytes += values.byteLength
    appender.appendBlob(bytesOf(values))
  }
  const width = numbers.some((number) => number > 0xffff) ? 4 : 2
  const tokens = (values: Uint32Array) => (width === 2 ? new Uint16Array(values) : values)
  for (const value of [id, source, trace.view, trace.kind, trace.dialect]) text(value)
  if (label.malicious === null) appender.appendNull()
  else appender.appendUTinyInt(label.malicious)
  for (const value of [label.family, label.category, label.firstSeen, label.by, state]) text(value)
  text(group)
  appender.appendBigInt(BigInt(trace.kind === 'set' ? numbers.length : trace.length))
  appender.appendUTinyInt(width)
  array(content.sequence && tokens(throughTable(content.sequence, numbers)))
  const counted = countedColumns(trace, content, numbers)
  array(counted && tokens(counted.tokens))
  array(counted?.counts ?? null)
  const { process, call, time, address } = trace.places ?? NO_PLACES
  for (const values of [process, call, time, address]) array(values)
  text(extra)
  text(origin)
  appender.endRow()
  return bytes
}

const NO_PLACES = { process: null, call: null, time: null, address: null }

/** The tally in the shard's numbers, ascending; null where counting the sequence gives it. */
function countedColumns(
  trace: Trace,
  { counts, countsAreFuller }: Content,
  numbers: Uint32Array,
): { tokens: Uint32Array; counts: Float64Array | null } | null {
  if (trace.kind === 'set') return { tokens: numbers.slice().sort(), counts: null }
  if (counts === null || !countsAreFuller) return null
  const order = Uint32Array.from(numbers.keys()).filter((index) => counts[index] > 0)
  order.sort((a, b) => numbers[a] - numbers[b])
  return {
    tokens: order.map((index) => numbers[index]),
    counts: Float64Array.from(order, (index) => counts[index]),
  }
}

async function appendVocabulary(
  connection: DuckDBConnection,
  vocabularies: ReadonlyMap<View, ReadonlyMap<string, number>>,
): Promise<void> {
  const appender = await connection.createAppender('vocabulary')
  for (const [view, numbers] of vocabularies) {
    for (const [name, number] of numbers) {
      appender.appendVarchar(view)
      appender.appendUInteger(number)
      appender.appendVarchar(name)
      appender.endRow()
    }
  }
  appender.closeSync()
}

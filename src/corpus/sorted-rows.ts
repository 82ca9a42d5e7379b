import type { DuckDBValue } from '@duckdb/node-api'
import type { View } from '../samples/index.ts'
import { type Database, parquetFiles, selectFrom } from './database.ts'
import { TRACE_COLUMNS } from './format.ts'
import type { Shard } from './shards.ts'

/**
 * Bytes of rows that are sorted at a time. DuckDB sorts what fits into its memory; its spilling fails on long BLOBs, so a
 * larger corpus is read as ranges of its order, one after another. Each range passes over the shards that may hold some of
 * it, which are few when samples were imported by name.
 */
const SORTED_BYTES = 128 * 2 ** 20

/** What rows are read, and from where. */
export interface Selection {
  readonly database: Database
  /** Named in errors. */
  readonly directory: string
  readonly shards: readonly Shard[]
  readonly view?: View | undefined
}

/** The columns of a row with the path of its shard. */
interface SelectedRow {
  readonly values: readonly DuckDBValue[]
  readonly path: string
}

/** Columns of the rows of all shards, by view, id, source and shard. @param rangeBytes see SORTED_BYTES */
export async function* selectSorted(
  selection: Selection,
  columns: readonly string[],
  rangeBytes = SORTED_BYTES,
): AsyncGenerator<SelectedRow> {
  if (selection.shards.length === 0) return
  const list = columns.map((name) => `"${name}"`).join(', ')
  const starts = columns.includes('tokens') ? await rangeStarts(selection, rangeBytes) : []
  for (let range = 0; range <= starts.length; range++) {
    const bounds = [
      ...bound('>=', starts[range - 1]),
      ...bound('<', starts[range]),
      ...(selection.view === undefined ? [] : [{ text: '"view" = ?', values: [selection.view] }]),
    ]
    const where = bounds.length === 0 ? '' : `WHERE ${bounds.map(({ text }) => text).join(' AND ')}`
    const sql = `SELECT ${list}, filename FROM ${files(selection)} ${where} ORDER BY ${ORDER}`
    const parameters = bounds.flatMap(({ values }) => values)
    for await (const row of selectFrom(selection.database, sql, selection.directory, parameters)) {
      yield { values: row, path: String(row[columns.length]) }
    }
  }
}

const ORDER = '"view", "id", "source", filename'

/** View, id and source of a row. */
type Name = readonly [view: string, id: string, source: string]

const files = ({ shards }: Selection) =>
  parquetFiles(
    shards.map(({ traces }) => traces),
    ', filename = true',
  )

/** The condition that a row stands before, or not before, another. The plain bounds let Parquet skip row groups. */
function bound(comparison: '<' | '>=', name: Name | undefined) {
  if (!name) return []
  const [view, id, source] = name
  // Written out: DuckDB 1.5 joins two comparisons of whole rows into a BETWEEN, which it then refuses.
  const strict = comparison === '<' ? '<' : '>'
  const text = `("view" ${strict} ? OR "view" = ? AND ("id" ${strict} ? OR "id" = ? AND "source" ${comparison} ?))`
  return [
    { text, values: [view, view, id, id, source] },
    { text: `"view" ${strict}= ?`, values: [view] },
  ]
}

/** The names at which new ranges begin, so that a range has about `rangeBytes` and no name stands in two. */
async function rangeStarts(selection: Selection, rangeBytes: number): Promise<Name[]> {
  const { database, directory, shards } = selection
  const paths = shards.map(({ traces }) => traces)
  const metadata = `SELECT sum(total_uncompressed_size)::DOUBLE FROM ${parquetFiles(paths).replace('read_parquet', 'parquet_metadata')}`
  for await (const [bytes] of selectFrom(database, metadata, directory)) {
    if (Number(bytes) <= rangeBytes) return []
  }
  const arrays = TRACE_COLUMNS.filter(([, type]) => type === 'BLOB').map(
    ([name]) => `octet_length("${name}")`,
  )
  const size = [...arrays, 'strlen("extra")'].map((each) => `coalesce(${each}, 0)`).join(' + ')
  const sql = `SELECT "view", "id", "source", (${size})::DOUBLE FROM ${files(selection)} ORDER BY ${ORDER}`
  const starts: Name[] = []
  let bytes = 0
  let last: readonly DuckDBValue[] = []
  for await (const row of selectFrom(database, sql, directory)) {
    const isNew = row[0] !== last[0] || row[1] !== last[1] || row[2] !== last[2]
    if (isNew && bytes > rangeBytes) {
      starts.push([String(row[0]), String(row[1]), String(row[2])])
      bytes = 0
    }
    bytes += Number(row[3])
    last = row
  }
  return starts
}

import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { DuckDBConnection, DuckDBValue } from '@duckdb/node-api'
import { DamagedFileError } from '../core/index.ts'

// What DuckDB may hold before it spills to a temporary folder.
const MEMORY_LIMIT = '1GB'

/** An in-memory DuckDB: the corpus uses it to write and read Parquet, never as a place that lasts. */
export interface Database {
  connect(): Promise<DuckDBConnection>
  /** The rows of a query, streamed. @param values of its `?` */
  select(sql: string, values?: readonly string[]): AsyncGenerator<readonly DuckDBValue[]>
  close(): void
}

let opened = 0

/** Opens an empty database of its own. */
export async function openDatabase(): Promise<Database> {
  // Loaded when first needed: it is large, and most commands never touch a corpus.
  const { DuckDBInstance } = await import('@duckdb/node-api')
  const instance = await DuckDBInstance.create(':memory:', {
    memory_limit: MEMORY_LIMIT,
    temp_directory: join(tmpdir(), `taxon-${process.pid}-${opened++}`),
    // A corpus is local: nothing in a file may make it reach for the network.
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
  })
  return {
    connect: () => instance.connect(),
    async *select(sql, values = []) {
      const connection = await instance.connect()
      try {
        const result = await connection.stream(sql, [...values])
        for (;;) {
          const chunk = await result.fetchChunk()
          if (!chunk || chunk.rowCount === 0) return
          for (let row = 0; row < chunk.rowCount; row++) yield chunk.getRowValues(row)
        }
      } finally {
        connection.closeSync()
      }
    },
    close: () => instance.closeSync(),
  }
}

/** The rows of a query, DuckDB's errors as DamagedFileError of `path`. */
export async function* selectFrom(
  database: Database,
  sql: string,
  path: string,
  values: readonly string[] = [],
): ReturnType<Database['select']> {
  const rows = database.select(sql, values)
  for (;;) {
    let next: Awaited<ReturnType<typeof rows.next>>
    try {
      next = await rows.next()
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message.split('\n')[0] : String(cause)
      throw new DamagedFileError(path, `cannot be read, ${reason}`, { cause })
    }
    if (next.done) return
    yield next.value
  }
}

/** Text as an SQL literal. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}

/** The FROM clause that reads Parquet files; names with wildcards in them are taken as they are. */
export function parquetFiles(paths: readonly string[], options = ''): string {
  const literals = paths.map((path) => quoted(path.replace(/[[*?]/g, (wildcard) => `[${wildcard}]`)))
  return `read_parquet([${literals.join(', ')}]${options})`
}

/** The column list of a CREATE TABLE. */
export function columnDefinitions(columns: readonly (readonly [string, string])[]): string {
  return columns.map(([name, type]) => `"${name}" ${type}`).join(', ')
}

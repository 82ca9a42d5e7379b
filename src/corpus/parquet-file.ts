import { open, rename } from 'node:fs/promises'
import type { DuckDBConnection } from '@duckdb/node-api'
import { UnwritableError, wellFormed } from '../core/index.ts'
import { columnDefinitions, openDatabase, quoted } from './database.ts'

/**
 * Writes a table of a database to a Parquet file and drops it: under a temporary name first, renamed once it is on disk.
 * @throws UnwritableError
 */
export async function copyToParquet(
  connection: DuckDBConnection,
  table: string,
  path: string,
): Promise<void> {
  const unfinished = `${path}.tmp`
  try {
    await connection.run(`COPY ${table} TO ${quoted(unfinished)} (FORMAT parquet, COMPRESSION zstd)`)
    await connection.run(`DROP TABLE ${table}`)
    const file = await open(unfinished, 'r+')
    await file.sync()
    await file.close()
    await rename(unfinished, path)
  } catch (error) {
    throw new UnwritableError(path, error)
  }
}

/** Types of a ParquetColumn as DuckDB names them. */
export type ParquetType = 'UINTEGER' | 'DOUBLE' | 'VARCHAR'

/** Name and type of a column; text for VARCHAR, numbers for the others. */
export type ParquetColumn = readonly [name: string, type: ParquetType]

/**
 * Writes rows of numbers and text to a Parquet file, which appears whole or not at all.
 * @throws UnwritableError
 */
export async function writeParquetTable(
  path: string,
  columns: readonly ParquetColumn[],
  rows: Iterable<readonly (number | string)[]>,
): Promise<void> {
  const database = await openDatabase()
  try {
    const connection = await database.connect()
    await connection.run(`CREATE TEMP TABLE cells(${columnDefinitions(columns)})`)
    const appender = await connection.createAppender('cells')
    for (const row of rows) {
      for (let i = 0; i < columns.length; i++) {
        const value = row[i]
        if (typeof value === 'string') appender.appendVarchar(wellFormed(value))
        else if (columns[i][1] === 'UINTEGER') appender.appendUInteger(value)
        else appender.appendDouble(value)
      }
      appender.endRow()
    }
    appender.closeSync()
    await copyToParquet(connection, 'cells', path)
    connection.closeSync()
  } finally {
    database.close()
  }
}

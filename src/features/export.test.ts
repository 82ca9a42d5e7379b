import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import { describe, expect, it } from 'vitest'
import { withFolder } from '../../test/corpus-rows.ts'
import {
  columnRecords,
  type FeatureTable,
  rowRecords,
  svmlightLines,
  tableRecords,
  writeFeatureParquet,
} from './export.ts'

const table: FeatureTable = {
  x: {
    rows: 3,
    columns: 3,
    starts: Uint32Array.of(0, 2, 2, 3),
    indices: Uint32Array.of(0, 2, 1),
    values: Float64Array.of(1, 0.1, 3e-7),
  },
  names: ['=SUM(A1)', 'a,"b"', 'c\nd'],
  ids: ['x', '+y', '__proto__'],
  y: Uint32Array.of(1, 0, 1),
  classes: ['benign', 'malicious'],
}

describe('exported features', () => {
  it('are lines that LIBSVM reads: columns from 1, zeros left out', () => {
    expect([...svmlightLines(table)]).toEqual(['1 1:1 3:0.1', '0', '1 2:3e-7'])
  })

  it('are ones where the matrix has no values', () => {
    expect([...svmlightLines({ ...table, x: { ...table.x, values: null } })]).toEqual([
      '1 1:1 3:1',
      '0',
      '1 2:1',
    ])
  })

  it('are dense records under a header, whose names no spreadsheet runs', () => {
    expect([...tableRecords(table)]).toEqual([
      `id,class,'=SUM(A1),"a,""b""","c\nd"`,
      'x,malicious,1,0,0.1',
      `'+y,benign,0,0,0`,
      '__proto__,malicious,0,3e-7,0',
    ])
    expect([...columnRecords(table)][1]).toBe(`1,'=SUM(A1)`)
    expect([...rowRecords(table)]).toEqual([
      'row,id,class,class_name',
      '0,x,1,malicious',
      `1,'+y,0,benign`,
      '2,__proto__,1,malicious',
    ])
  })

  it('are three Parquet files that join', async () => {
    await withFolder(async (folder) => {
      const path = join(folder, 'x.parquet')
      const files = await writeFeatureParquet(table, path)
      expect(files).toEqual(
        ['x.parquet', 'x.columns.parquet', 'x.rows.parquet'].map((name) => join(folder, name)),
      )
      const connection = await (await DuckDBInstance.create()).connect()
      const [cells, columns, rows] = files.map((file, i) => `read_parquet('${file}') AS t${i}`)
      const found = await connection.runAndReadAll(
        `SELECT id, class_name, name, value FROM ${cells} JOIN ${columns} USING ("column") JOIN ${rows} USING ("row") ORDER BY "row", "column"`,
      )
      expect(found.getRows()).toEqual([
        ['x', 'malicious', '=SUM(A1)', 1],
        ['x', 'malicious', 'c\nd', 0.1],
        ['__proto__', 'malicious', 'a,"b"', 3e-7],
      ])
      connection.closeSync()
    })
  })
})

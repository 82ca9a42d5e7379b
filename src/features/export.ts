import { csvField } from '../core/index.ts'
import { type ParquetColumn, writeParquetTable } from '../corpus/index.ts'
import type { SparseMatrix } from './sparse-matrix.ts'

/** Features with their names and labels, for those who train elsewhere. */
export interface FeatureTable {
  readonly x: SparseMatrix
  /** Name of each column. */
  readonly names: readonly string[]
  /** Id of each row's sample. */
  readonly ids: readonly string[]
  /** Class of each row, 0 … classes-1. */
  readonly y: Uint32Array
  readonly classes: readonly string[]
}

/**
 * Lines `class column:value …` as LIBSVM, LIBLINEAR and scikit-learn's `load_svmlight_file` read them: columns from 1,
 * ascending, zeros left out. No comments, which the first two do not take: names go into tables of their own.
 */
export function* svmlightLines({ x, y }: FeatureTable): Generator<string> {
  for (let row = 0; row < x.rows; row++) {
    const cells = [String(y[row])]
    for (let at = x.starts[row]; at < x.starts[row + 1]; at++) {
      cells.push(`${x.indices[at] + 1}:${x.values?.[at] ?? 1}`)
    }
    yield cells.join(' ')
  }
}

/** A dense table as RFC 4180 has it, records without line ends: a header, then the id, class and every feature of a row. */
export function* tableRecords({ x, names, ids, y, classes }: FeatureTable): Generator<string> {
  yield ['id', 'class', ...names].map(csvField).join(',')
  for (let row = 0; row < x.rows; row++) {
    const cells = new Array<string>(x.columns).fill('0')
    for (let at = x.starts[row]; at < x.starts[row + 1]; at++) {
      cells[x.indices[at]] = String(x.values?.[at] ?? 1)
    }
    yield [csvField(ids[row]), csvField(classes[y[row]]), ...cells].join(',')
  }
}

/** The names of a table's columns, as records of `column,name`; columns from 1, as svmlight numbers them. */
export function* columnRecords({ names }: FeatureTable): Generator<string> {
  yield 'column,name'
  for (let i = 0; i < names.length; i++) yield `${i + 1},${csvField(names[i])}`
}

/** The samples of a table's rows, as records of `row,id,class,class_name`; rows from 0. */
export function* rowRecords({ ids, y, classes }: FeatureTable): Generator<string> {
  yield 'row,id,class,class_name'
  for (let i = 0; i < ids.length; i++) yield `${i},${csvField(ids[i])},${y[i]},${csvField(classes[y[i]])}`
}

const CELLS: readonly ParquetColumn[] = [
  ['row', 'UINTEGER'],
  ['column', 'UINTEGER'],
  ['value', 'DOUBLE'],
]
const NAMES: readonly ParquetColumn[] = [
  ['column', 'UINTEGER'],
  ['name', 'VARCHAR'],
]
const ROWS: readonly ParquetColumn[] = [
  ['row', 'UINTEGER'],
  ['id', 'VARCHAR'],
  ['class', 'UINTEGER'],
  ['class_name', 'VARCHAR'],
]

/**
 * Writes three Parquet files: the cells that are not 0 (`row`, `column`, `value`), and beside `x.parquet` the names of the
 * columns in `x.columns.parquet` and the samples in `x.rows.parquet`; all numbered from 0. A long table and not a wide
 * one: Parquet keeps a record of every column in every row group, and readers choke on a hundred thousand n-grams, while
 * `scipy.sparse.coo_matrix((value, (row, column)))` takes the three columns as they are.
 * @returns the paths
 * @throws UnwritableError
 */
export async function writeFeatureParquet(table: FeatureTable, path: string): Promise<string[]> {
  const { names, ids, y, classes } = table
  const stem = path.replace(/\.parquet$/i, '')
  const [columns, rows] = [`${stem}.columns.parquet`, `${stem}.rows.parquet`]
  const samples = ids.map((id, row) => [row, id, y[row], classes[y[row]]])
  await writeParquetTable(
    columns,
    NAMES,
    names.map((name, column) => [column, name]),
  )
  await writeParquetTable(rows, ROWS, samples)
  await writeParquetTable(path, CELLS, cellsOf(table.x))
  return [path, columns, rows]
}

function* cellsOf(x: SparseMatrix): Generator<[number, number, number]> {
  for (let row = 0; row < x.rows; row++) {
    for (let at = x.starts[row]; at < x.starts[row + 1]; at++) yield [row, x.indices[at], x.values?.[at] ?? 1]
  }
}

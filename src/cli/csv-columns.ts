import { csvLine } from '../core/index.ts'
import type { Interval } from '../evaluation/index.ts'

/** A column of a CSV file: its title, and its cell of each row. */
export type CsvColumn<Row> = readonly [title: string, cell: (row: Row) => string | number | null]

/** A figure and the bounds of its interval; null where there is none. */
export type Bounded = readonly [value: number | null, interval: Interval | null]

/** Three columns of a figure: its value, and the lower and upper bound of its interval. */
export function bounded<Row>(title: string, of: (row: Row) => Bounded): CsvColumn<Row>[] {
  return [
    [title, (row) => of(row)[0]],
    [`${title}Low`, (row) => of(row)[1]?.[0] ?? null],
    [`${title}High`, (row) => of(row)[1]?.[1] ?? null],
  ]
}

/** Rows as CSV with a line of titles, each line ended by CRLF as csvLine does. */
export function csvOf<Row>(columns: readonly CsvColumn<Row>[], rows: readonly Row[]): string {
  const lines = rows.map((row) => csvLine(columns.map(([, cell]) => cell(row))))
  return [csvLine(columns.map(([title]) => title)), ...lines].join('')
}

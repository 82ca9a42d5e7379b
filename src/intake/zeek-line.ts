import { type Fields, fieldsOf } from './fields.ts'

/** Fields of a header, more than any log of Zeek has. */
const MAX_FIELDS = 200

/** How the columns of a log in Zeek's own text format are to be read; its header says it. */
export interface ZeekColumns {
  readonly separator: string
  readonly unset: string
  readonly empty: string
  readonly fields: readonly string[]
}

/** The header of a log that has none. */
export const NO_COLUMNS: ZeekColumns = { separator: '\t', unset: '-', empty: '(empty)', fields: [] }

/** The columns, as a line of the header changes them. */
export function readHeader(line: string, columns: ZeekColumns): ZeekColumns {
  const separator = /^#separator (\S{1,20})/.exec(line)?.[1]
  if (separator !== undefined) return { ...columns, separator: unescaped(separator) }
  const [name, ...values] = line.split(columns.separator)
  if (name === '#unset_field') return { ...columns, unset: values[0] ?? '-' }
  if (name === '#empty_field') return { ...columns, empty: values[0] ?? '(empty)' }
  if (name === '#fields') return { ...columns, fields: values.slice(0, MAX_FIELDS) }
  return columns
}

/**
 * A line of a log as an object, whether it is JSON (`LogAscii::use_json`) or columns; null where it is neither. Columns are
 * all text there, as the types of the header matter to no field that is asked for.
 */
export function readZeekLine(line: string, columns: ZeekColumns): Fields | null {
  if (line.startsWith('{')) return fieldsOf(line)
  const values = line.split(columns.separator)
  if (columns.fields.length === 0 || values.length !== columns.fields.length) return null
  // Built from entries, so that no name of a field can be the prototype.
  return Object.fromEntries(
    columns.fields.flatMap((name, i): [string, string][] => {
      const value = values[i]!
      return value === columns.unset || value === columns.empty ? [] : [[name, unescaped(value)]]
    }),
  )
}

/** Zeek writes what is no plain text byte by byte, as `\x09`. */
function unescaped(text: string): string {
  return text.replace(/(?:\\x[0-9a-fA-F]{2})+/g, (bytes) =>
    Buffer.from(bytes.replaceAll('\\x', ''), 'hex').toString(),
  )
}

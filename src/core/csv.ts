import { MalformedInputError } from './errors.ts'

/**
 * The records of comma-separated text as RFC 4180 writes them: quoted fields may hold commas, line ends and doubled quotes.
 * Line ends may be LF or CRLF; blank lines are skipped; a byte order mark is dropped. `line` is where a record begins, from 1.
 * @throws MalformedInputError for a quote that is never closed or that stands inside a field; offsets count characters
 */
export function* csvRecords(text: string): Generator<{ readonly line: number; readonly fields: string[] }> {
  let at = text.startsWith('\ufeff') ? 1 : 0
  let line = 1
  let fields: string[] = []
  let begins = line
  while (at < text.length) {
    const quoted = text[at] === '"'
    const { value, next } = quoted ? quotedField(text, at) : plainField(text, at)
    if (quoted) line += value.split('\n').length - 1
    fields.push(value)
    at = next
    if (text[at] === ',') {
      at++
      // A comma at the very end of the text has one more, empty field after it.
      if (at < text.length) continue
      fields.push('')
    }
    const isBlank = fields.length === 1 && fields[0] === '' && !quoted
    if (!isBlank) yield { line: begins, fields }
    fields = []
    if (text[at] === '\r') at++
    if (text[at] === '\n') at++
    begins = ++line
  }
}

function plainField(text: string, from: number): { value: string; next: number } {
  END_OF_FIELD.lastIndex = from
  const next = END_OF_FIELD.exec(text)?.index ?? text.length
  const value = text.slice(from, next)
  if (value.includes('"'))
    throw new MalformedInputError('csv', 'a quote inside a field', from + value.indexOf('"'))
  return { value, next }
}

const END_OF_FIELD = /,|\r?\n|\r$/g

function quotedField(text: string, from: number): { value: string; next: number } {
  for (let at = from + 1; ; at += 2) {
    at = text.indexOf('"', at)
    if (at === -1) throw new MalformedInputError('csv', 'a quote that is never closed', from)
    if (text[at + 1] === '"') continue
    const next = at + 1
    if (next < text.length && !/[,\r\n]/.test(text[next]!)) {
      throw new MalformedInputError('csv', 'text after a closing quote', next)
    }
    return { value: text.slice(from + 1, at).replaceAll('""', '"'), next }
  }
}

/**
 * One field of a CSV record (RFC 4180), the empty one for null. Text that a spreadsheet would take for a formula gets a
 * leading apostrophe (OWASP, "CSV Injection").
 */
export function csvField(value: string | number | null): string {
  if (value === null) return ''
  if (typeof value === 'number') return String(value)
  const safe = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}

/** A CSV record with its line end. */
export function csvLine(values: readonly (string | number | null)[]): string {
  return `${values.map(csvField).join(',')}\r\n`
}

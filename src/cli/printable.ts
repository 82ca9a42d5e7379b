const MAX_SHOWN = 200

/**
 * Outside text made safe for a terminal: control characters, line breaks and direction overrides become visible
 * escapes, and a long text is cut. Names in reports are written by malware.
 */
export function printable(text: string, limit = MAX_SHOWN): string {
  const cut = text.length > limit ? `${text.slice(0, limit - 1)}…` : text
  return cut.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu, (character) => {
    const point = character.codePointAt(0)!.toString(16)
    return point.length <= 2 ? `\\x${point.padStart(2, '0')}` : `\\u{${point}}`
  })
}

/** One field of a CSV line (RFC 4180); a leading = + - @ is defused, since spreadsheets would run it. */
export function csvField(value: string | number | null): string {
  if (value === null) return ''
  if (typeof value === 'number') return String(value)
  const safe = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}

/** A line of CSV with its line end. */
export function csvLine(values: readonly (string | number | null)[]): string {
  return `${values.map(csvField).join(',')}\r\n`
}

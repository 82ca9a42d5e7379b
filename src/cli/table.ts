/** One column of a table for people. */
export interface Column {
  readonly title: string
  readonly align?: 'left' | 'right'
}

const STYLES = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33 } as const

/** Puts a text in a terminal style, or leaves it when `on` is false. */
export function styled(text: string, style: keyof typeof STYLES, on: boolean): string {
  return on ? `\x1b[${STYLES[style]}m${text}\x1b[0m` : text
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: it is the escape sequence that has no width
const ESCAPES = /\x1b\[\d+m/g

function width(text: string): number {
  return [...text.replace(ESCAPES, '')].length
}

/** Lines of a table with aligned columns, the title line first; cells may be styled. No trailing spaces. */
export function table(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  colour: boolean,
): string {
  const widths = columns.map(({ title }, i) =>
    Math.max(width(title), ...rows.map((row) => width(row[i] ?? ''))),
  )
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, i) => {
        const space = ' '.repeat(widths[i]! - width(cell))
        return columns[i]!.align === 'right' ? space + cell : cell + space
      })
      .join('  ')
      .trimEnd()
  const title = styled(line(columns.map((column) => column.title)), 'bold', colour)
  return `${[title, ...rows.map(line)].join('\n')}\n`
}

import { type Column, styled, table } from './table.ts'

/** A cell of a table; its text is safe to show. */
export interface Cell {
  readonly text: string
  /** Half of the figure's interval. */
  readonly half?: string | undefined
  /** Stands beside the others for comparison only. */
  readonly isAside?: boolean
}

/** A column of a table. */
export interface CellColumn extends Column {
  /** Its title where there is room for it. */
  readonly long?: string
}

/** A part of what is said to people, in a terminal or in a file. */
export type Block =
  | { readonly is: 'title'; readonly text: string }
  | {
      readonly is: 'table'
      readonly columns: readonly CellColumn[]
      readonly rows: readonly (readonly Cell[])[]
      /** Whether, in a terminal, half intervals stand below the figures, where beside them they would not fit. */
      readonly halvesBelow?: boolean
    }
  | { readonly is: 'lines'; readonly lines: readonly string[] }
  | { readonly is: 'notes'; readonly lines: readonly string[] }

/** Blocks for a terminal, an empty line between them and two before a title. Empty ones are left out. */
export function documentText(blocks: readonly Block[], colour: boolean): string {
  const parts = blocks.flatMap((block, i) => {
    const text = blockText(block, colour).trimEnd()
    if (text === '') return []
    return i > 0 && block.is === 'title' ? `\n${text}` : text
  })
  return `${parts.join('\n\n')}\n`
}

function blockText(block: Block, colour: boolean): string {
  if (block.is === 'title') return styled(block.text, 'bold', colour)
  if (block.is === 'lines') return block.lines.join('\n')
  if (block.is === 'notes') return block.lines.map((line) => styled(line, 'dim', colour)).join('\n')
  const { columns, rows, halvesBelow } = block
  const beside = ({ text, half, isAside }: Cell) => {
    const whole = half === undefined || halvesBelow ? text : `${text} ± ${half}`
    return isAside ? styled(whole, 'dim', colour) : whole
  }
  const below = ({ half }: Cell) => (half === undefined ? '' : styled(`±${half}`, 'dim', colour))
  const lines = rows.flatMap((row) => {
    const hasHalves = halvesBelow && row.some(({ half }) => half !== undefined)
    return hasHalves ? [row.map(beside), row.map(below)] : [row.map(beside)]
  })
  return table(columns, lines, colour)
}

/** Characters that mean something in Markdown or in the HTML that may stand in it. */
const SPECIAL = /[\\`*_[\]<>#|~&$]/g

/** Blocks as Markdown with tables as GitHub reads them; what names from outside hold is shown as it is. */
export function documentMarkdown(blocks: readonly Block[]): string {
  return `${blocks
    .map(blockMarkdown)
    .filter((text) => text !== '')
    .join('\n\n')}\n`
}

function blockMarkdown(block: Block): string {
  const plain = (text: string) => text.replace(SPECIAL, '\\$&')
  if (block.is === 'title') return `## ${plain(block.text)}`
  if (block.is === 'lines') return block.lines.map(plain).join('  \n')
  if (block.is === 'notes') return block.lines.map((line) => `* ${plain(line)}`).join('\n')
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  const { columns, rows } = block
  return [
    line(columns.map(({ title, long }) => plain(long ?? title))),
    line(columns.map(({ align }) => (align === 'right' ? '---:' : '---'))),
    ...rows.map((row) =>
      line(row.map(({ text, half }) => plain(half === undefined ? text : `${text} ± ${half}`))),
    ),
  ].join('\n')
}

import type { Report } from '../samples/index.ts'
import { printable } from './printable.ts'

/** Characters of one piece of output: a write for each line would take most of the time. */
const PIECE_CHARACTERS = 1 << 18

/** Names of other processors have points of their own, as `b.eq`. */
const PREFIXED = /^(rep|repe|repne|lock)\.(.+)$/

/** How an opcode is written, behind its address. */
interface Layout {
  /** What goes before and behind an address, and what stands there where there is none. */
  readonly before: string
  readonly behind: string
  readonly without: string
  /** The rest of the line, line feed included. */
  after(name: string): string
}

/** The opcodes of a report as text, a line each: address and name. In pieces of many lines. */
export function opcodeText(report: Report): Generator<string> {
  const spaced = (name: string) => printable(name.replace(PREFIXED, '$1 $2'))
  return lines(report, { before: '0x', behind: '  ', without: '', after: (name) => `${spaced(name)}\n` })
}

/**
 * The same as JSON, an object a line: `{"address":"0x401000","opcode":"movsd","prefix":"rep","path":"a.exe"}`. The address
 * is null where the source has none, the prefix null where the instruction has none.
 */
export function opcodeJson(report: Report, path: string): Generator<string> {
  return lines(report, {
    before: '{"address":"0x',
    behind: '"',
    without: '{"address":null',
    after(name) {
      const [, prefix = null, opcode = name] = PREFIXED.exec(name) ?? []
      return `,${JSON.stringify({ opcode, prefix, path }).slice(1)}\n`
    },
  })
}

function* lines({ trace }: Report, { before, behind, without, after }: Layout): Generator<string> {
  const { sequence, places, vocabulary } = trace
  if (!sequence) return
  const endings = vocabulary.map(after)
  const addresses = places?.address ?? null
  let piece = ''
  for (let i = 0; i < sequence.length; i++) {
    const address = addresses?.[i] ?? Number.NaN
    const start = Number.isNaN(address) ? without : `${before}${address.toString(16)}${behind}`
    piece += start + endings[sequence[i]!]
    if (piece.length > PIECE_CHARACTERS) {
      yield piece
      piece = ''
    }
  }
  if (piece !== '') yield piece
}

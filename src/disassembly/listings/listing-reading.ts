import type { Architecture } from '../../binaries/index.ts'
import type { Container } from '../../samples/index.ts'
import { newBatch } from '../decoder.ts'
import { addOpcode, keptOpcodes, type OpcodeColumns, opcodeColumns } from '../opcode-columns.ts'
import { paddingFinder } from '../padding.ts'
import { flowOfText } from './flow.ts'
import type { Listing } from './listing.ts'
import type { InstructionLine, ListingFormat } from './listing-format.ts'
import { opcodeReader } from './opcode-reader.ts'

/** Of so many instructions one rejected line is told only; where there are more, the listing was not understood as a whole. */
const INSTRUCTIONS_A_REJECT = 1000

/** Rejected words that are told. */
const SHOWN_REJECTS = 5

/** A listing that is being read. */
export interface Reading {
  readonly format: ListingFormat
  readonly columns: OpcodeColumns
  readonly names: string[]
  readonly indices: Map<string, number>
  readonly rejectedWords: Set<string>
  readonly nameOf: Awaited<ReturnType<typeof opcodeReader>>
  readonly container: Container | null
  readonly isPadding: (text: string, name: string) => boolean
  architecture: Architecture
  /** Prefixes that stood in a line of their own. */
  before: InstructionLine | null
  /** Instructions that may still show that a listing which names no processor is of 64 bits. */
  watched: number
  rejected: number
  padding: number
  hiddenBytes: number
}

const ATT_REGISTER = /%(?:[re]?[abcd]x|[re]?[sd]i|[re]?[sb]p|[abcd][lh]|r\d+[dwb]?)\b/
const WIDE_REGISTER = /\br(?:[abcd]x|[sd]i|[sb]p|(?:8|9|1[0-5])[dwb]?)\b/
const WATCHED = 10_000

/** Characters of prefixes that are kept for the line behind theirs. */
const MAX_PREFIXES = 64

/** Begins to read. @param head what the listing begins with @param most instructions that are kept in order @param processor where it is known */
export async function newReading(
  format: ListingFormat,
  head: string,
  most: number,
  processor?: Architecture,
): Promise<Reading> {
  const named = processor ?? format.processor(head)
  const architecture = named ?? 'x86'
  return {
    format,
    columns: opcodeColumns(most),
    names: [],
    indices: new Map(),
    rejectedWords: new Set(),
    nameOf: await opcodeReader(architecture, format.name === 'objdump' && ATT_REGISTER.test(head)),
    isPadding: architecture.startsWith('x86') ? paddingTeller() : () => false,
    container: format.container(head),
    architecture,
    before: null,
    watched: named === null ? WATCHED : 0,
    rejected: 0,
    padding: 0,
    hiddenBytes: 0,
  }
}

function paddingTeller(): (text: string, name: string) => boolean {
  const find = paddingFinder()
  const batch = newBatch(1, false)
  const answer = new Uint8Array(1)
  return (text, name) => {
    batch.flows[0] = flowOfText(text, name)
    find(batch, 1, answer)
    return answer[0] === 1
  }
}

/** Takes the next line. */
export function takeLine(reading: Reading, line: string): void {
  const { format, columns, names, indices } = reading
  const found = format.cut(line)
  if (found === null) {
    reading.hiddenBytes += format.hiddenBytes?.(line) ?? 0
    return
  }
  const text = reading.before === null ? found.text : `${reading.before.text} ${found.text}`
  const { address } = reading.before ?? found
  const { name, word, isPrefix } = reading.nameOf(text)
  reading.before = isPrefix ? { address, text: text.slice(0, MAX_PREFIXES) } : null
  if (isPrefix) return
  if (name === null) {
    reject(reading, word)
    return
  }
  if (reading.watched > 0) {
    reading.watched--
    if (WIDE_REGISTER.test(found.text)) {
      reading.architecture = 'x86-64'
      reading.watched = 0
    }
  }
  if (reading.isPadding(found.text, name)) {
    reading.padding++
    return
  }
  let index = indices.get(name)
  if (index === undefined) {
    index = names.push(name) - 1
    indices.set(name, index)
  }
  addOpcode(columns, address, index)
}

/** Words with other characters are names that the lines declare. */
const LIKE_MNEMONIC = /^[a-z][a-z0-9.]{0,15}$/

function reject(reading: Reading, word: string): void {
  if (!LIKE_MNEMONIC.test(word)) return
  reading.rejected++
  if (reading.rejectedWords.size < SHOWN_REJECTS) reading.rejectedWords.add(word)
}

/** What was read. */
export function listingOf({ format, columns, names, ...reading }: Reading): Listing {
  const { architecture, container, padding, rejected, hiddenBytes } = reading
  const kept = keptOpcodes(columns, names)
  const notes: string[] = []
  const remarks: string[] = []
  if (architecture === 'other') notes.push('its instructions are of a processor that taxon does not know')
  if (hiddenBytes > 0) notes.push(`the listing hides ${hiddenBytes} bytes of code in collapsed functions`)
  notes.push(...kept.notes)
  if (rejected > 0) {
    const words = [...reading.rejectedWords].join(', ')
    const many = rejected * INSTRUCTIONS_A_REJECT > kept.length
    const told = `${rejected} lines begin with no mnemonic of ${architecture} and are left out: ${words}`
    if (architecture !== 'other') (many ? notes : remarks).push(told)
  }
  return {
    ...kept,
    executable: null,
    format: format.name,
    architecture,
    container,
    padding,
    rejected,
    notes,
    remarks,
  }
}

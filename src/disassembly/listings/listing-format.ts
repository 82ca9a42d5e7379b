import type { Architecture } from '../../binaries/index.ts'
import type { Container } from '../../samples/index.ts'
import type { ListingName } from './listing.ts'

/** A line that holds an instruction. */
export interface InstructionLine {
  /** NaN where the listing has none. */
  readonly address: number
  /** Prefixes, mnemonic and operands, from the first of them on; a comment may follow. */
  readonly text: string
}

/** How one program writes its listings; one is one file and one line in `listings.ts`. */
export interface ListingFormat {
  readonly name: ListingName
  /** Whether a text that begins so is of this format. */
  accepts(head: string): boolean
  /** The processor that the beginning of a listing speaks of; null where it does not say. */
  processor(head: string): Architecture | null
  /** What the executable is laid out as, by the beginning of a listing; null where it does not say. */
  container(head: string): Container | null
  /** What a line holds of an instruction, or null when it holds none. Called once for each line, in order. */
  cut(line: string): InstructionLine | null
  /** Bytes of code that a line says are hidden behind it, 0 of most. */
  hiddenBytes?(line: string): number
}

/** Rules tried in order: the first whose words stand in a text names the processor. */
export type ProcessorSigns = readonly (readonly [words: RegExp, processor: Architecture])[]

/** The processor of the first sign that is seen in a text, or null. */
export function firstSign(signs: ProcessorSigns, text: string): Architecture | null {
  return signs.find(([words]) => words.test(text))?.[1] ?? null
}

import type { InstructionLine, ListingFormat } from './listing-format.ts'

/*
 * What radare2 and rizin print for `pif` and `pI` (instructions alone) and for `pid` (address and bytes before them), without
 * colours:
 *
 *   mov ebp, esp
 *   0x00401001                   89e5  mov ebp, esp
 */
const LINE =
  /^[ \t]*(?:0x([0-9a-f]{1,16})[ \t]+(?:(?:[0-9a-f]{2})+\.?[ \t]+)?)?([a-z][a-z0-9.]*(?:[ \t].*)?)$/

/** Words of which any code has some; of other text hardly every line begins with a short lower-case word and has these. */
const COMMON =
  /^(?:mov|push|pop|call|ret|jmp|je|jne|lea|add|sub|xor|cmp|test|ldr|str|bl|stp|ldp|lw|sw|addiu|move|jal|nop)(?![a-z0-9])/
const MIN_LINES = 4

/** What radare2 prints of instructions. */
export const radare2Listing: ListingFormat = {
  name: 'radare2',
  accepts(head) {
    // The last line of the head may be cut.
    const lines = head
      .split('\n')
      .map((line) => line.trimEnd())
      .filter((line) => line !== '')
      .slice(0, 256)
    if (lines.length < MIN_LINES) return false
    const words = lines.map((line) => LINE.exec(line)?.[2] ?? null)
    if (words.slice(0, -1).includes(null)) return false
    return words.filter((word) => word !== null && COMMON.test(word)).length * 3 >= words.length
  },
  processor(head) {
    if (/\b(?:lw|sw|addiu|jalr) /.test(head) && /[ ,](?:sp|zero|ra|v0)\b/.test(head)) return 'mips'
    if (/\b(?:stp|ldp) x29|\b[wx]\d{1,2}, /.test(head)) return 'arm64'
    if (
      /\b(?:ldr|str|push|pop|bl|mov) .*\b(?:r\d{1,2}|lr|fp|ip)\b/.test(head) &&
      !/\b[re][abcd]x\b/.test(head)
    )
      return 'arm'
    return null
  },
  container: () => null,
  cut(line): InstructionLine | null {
    const match = LINE.exec(line)
    if (match === null) return null
    const [, address, text] = match
    return { address: address === undefined ? Number.NaN : Number.parseInt(address, 16), text: text! }
  },
}

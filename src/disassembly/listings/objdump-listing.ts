import { firstSign, type InstructionLine, type ListingFormat, type ProcessorSigns } from './listing-format.ts'

/*
 * What `objdump -d` prints, that of GNU binutils or of LLVM, in Intel's or AT&T's syntax, with the bytes or without:
 *
 *     401004:<tab>c7 45 fc 0a 00 00 00 <tab>mov    DWORD PTR [rbp-0x4],0xa
 *
 * Of a long instruction the rest of the bytes stands in a line of its own.
 */
const ADDRESS = /^[ \t]*([0-9a-f]{1,16}):[ \t]+/
// Two mnemonics could be bytes as well.
const BYTES =
  /^(?!fadd\t|dc\t)(?:[0-9a-f]{2}|[0-9a-f]{4}|[0-9a-f]{8})(?: (?:[0-9a-f]{2}|[0-9a-f]{4}|[0-9a-f]{8}))*[ \t]*(?:\t|$)/

const FILE_FORMAT = /^.*file format[ \t]+\S+/im

const PE = /file format[ \t]+(?:pei?|coff)-/i
const ELF = /file format[ \t]+elf/i

const PROCESSORS: ProcessorSigns = [
  [/file format[ \t]+(?:elf64-x86-64|elf32-x86-64|pei?-x86-64|coff-x86-64|mach-o-x86-64)/i, 'x86-64'],
  [/file format[ \t]+(?:elf32-i386|pei?-i386|coff-i386)/i, 'x86'],
  [/file format[ \t]+\S*(?:aarch64|arm64)/i, 'arm64'],
  [/file format[ \t]+\S*arm/i, 'arm'],
  [/file format[ \t]+elf64-\S*mips/i, 'mips64'],
  [/file format[ \t]+\S*mips/i, 'mips'],
  [/file format[ \t]+binary/i, 'x86'],
  [FILE_FORMAT, 'other'],
]

/** What `objdump -d` prints. */
export const objdumpListing: ListingFormat = {
  name: 'objdump',
  accepts: (head) => FILE_FORMAT.test(head) && /^Disassembly of section |^[ \t]*[0-9a-f]+:[ \t]/m.test(head),
  processor: (head) => firstSign(PROCESSORS, head),
  container: (head) => (PE.test(head) ? 'pe' : ELF.test(head) ? 'elf' : null),
  cut(line): InstructionLine | null {
    const prefix = ADDRESS.exec(line)
    if (prefix === null) return null
    const rest = line.slice(prefix[0].length)
    const bytes = BYTES.exec(rest)
    const text = (bytes === null ? rest : rest.slice(bytes[0].length)).trim()
    if (text === '' || text.startsWith('.') || text.startsWith('<'))
      return UNKNOWN.test(text) ? { address: hex(prefix[1]!), text } : null
    return { address: hex(prefix[1]!), text }
  },
}

const UNKNOWN = /^<unknown>/

function hex(digits: string): number {
  return Number.parseInt(digits, 16)
}

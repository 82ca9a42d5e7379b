import type { Architecture } from '../../binaries/index.ts'
import { canonicalOpcode } from '../../samples/index.ts'
import { capstoneMnemonics } from '../capstone-session.ts'
import { INVALID, type OpcodeReader, x86Reader } from './x86-reader.ts'

/** Who reads the instructions of a processor; the list of its mnemonics is that of the decoder that taxon itself uses. */
export async function opcodeReader(architecture: Architecture, isAttSyntax: boolean): Promise<OpcodeReader> {
  if (architecture === 'x86' || architecture === 'x86-64') {
    x86Mnemonics ??= await listX86()
    return x86Reader(x86Mnemonics, isAttSyntax)
  }
  if (architecture === 'other') return plainReader(() => false)
  const names = await capstoneMnemonics(architecture)
  const isMnemonic = RULES[architecture] ?? ((word, known) => known.has(word))
  return plainReader((word) => isMnemonic(word, names))
}

/** Whether a word is a mnemonic, given the names that are known without conditions and suffixes. */
type Rule = (word: string, names: ReadonlySet<string>) => boolean

const CONDITION = /(?:eq|ne|[hc]s|lo|cc|mi|pl|v[sc]|hi|ls|ge|lt|gt|le|al)$/
const IRREGULAR =
  /^(?:(?:ldm|stm)(?:eq|ne|[hc]s|lo|cc|mi|pl|v[sc]|hi|ls|ge|lt|gt|le)?(?:fd|fa|ed|ea|ia|ib|da|db)?|it[te]{0,3}|cpsi[ed])$/

/** ARM writes conditions, the setting of flags, sizes and types behind the name, as `ldmeqfd`, `adds`, `b.w`, `vadd.f32`. */
const isArm: Rule = (word, names) => {
  const stem = word.split('.')[0]!
  const bare = stem.replace(/s$/, '')
  const stems = [stem, stem.replace(CONDITION, ''), bare, bare.replace(CONDITION, '')]
  return stems.some((each) => names.has(each) || names.has(each.replace(/s$/, '')) || IRREGULAR.test(each))
}

const isArm64: Rule = (word, names) => names.has(word.split('.')[0]!)

/** What assemblers make several instructions of, or another one, as IDA and objdump show it. */
const MIPS_MACROS: ReadonlySet<string> = new Set(
  'la dla li dli move not neg negu dneg dnegu subu dsubu nop b bal beqz bnez ulw usw sgt sgtu seq sne rem remu'.split(
    ' ',
  ),
)
const isMips: Rule = (word, names) =>
  MIPS_MACROS.has(word) || names.has(word) || names.has(word.split('.')[0]!)

const RULES: { readonly [each in Architecture]?: Rule } = {
  arm: isArm,
  arm64: isArm64,
  mips: isMips,
  mips64: isMips,
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

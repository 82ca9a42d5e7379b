import { canonicalOpcode } from '../../samples/index.ts'
import { intelOf } from './att-syntax.ts'

/** The opcode that the text of an instruction names, or what stands where a mnemonic should. */
export interface ReadOpcode {
  /** Canonical name with its prefix; null when the word is no mnemonic. */
  readonly name: string | null
  readonly word: string
  /** There is nothing but prefixes: LLVM writes them in a line of their own, before that of what they belong to. */
  readonly isPrefix?: boolean
}

/** Names the opcode at the beginning of a text such as `rep movsd` or `lock cmpxchg [rdi], ecx`. */
export type OpcodeReader = (text: string) => ReadOpcode

const WORD = /[ \t]*([^ \t;#]+)/y

const PREFIX = /^(?:lock|rep|repn?[ez])$/

/** Prefixes that tell nothing of what is done. */
const DROPPED =
  /^(?:data16|data32|addr16|addr32|[cdefgs]s:?|bnd|notrack|xacquire|xrelease|large|short|\{[a-z0-9]+\}|rex(?:\.[wrxb]+)?|[cdefgs]s,p[nt]|p[nt])$/i

const UNSIZED = /^(?:movs|cmps|scas|lods|stos|ins|outs)$/
const SIZES: readonly (readonly [words: RegExp, letter: string])[] = [
  [/\bqword\b/i, 'q'],
  [/\bdword\b/i, 'd'],
  [/\bword\b/i, 'w'],
  [/\bbyte\b/i, 'b'],
]

/** Whoever reads x86 in Intel's or AT&T's syntax. @param mnemonics canonical names of all opcodes */
export function x86Reader(mnemonics: ReadonlySet<string>, isAttSyntax: boolean): OpcodeReader {
  const known = new Map<string, string | null>()
  const canonical = (word: string) => {
    let name = known.get(word)
    if (name === undefined) {
      name = canonicalOpcode(word)
      if (!mnemonics.has(name)) name = null
      if (known.size < MAX_KNOWN) known.set(word, name)
    }
    return name
  }
  return (text) => {
    let prefix = ''
    WORD.lastIndex = 0
    for (let match = WORD.exec(text); match !== null; match = WORD.exec(text)) {
      const word = match[1]!.toLowerCase()
      if (PREFIX.test(word)) {
        if (prefix !== 'lock') prefix = word
        continue
      }
      if (DROPPED.test(word)) continue
      const operands = text.slice(WORD.lastIndex, WORD.lastIndex + MAX_OPERANDS)
      if (word === 'int' && /^[ \t]*\$?(?:0x)?3h?(?![0-9a-f])/i.test(operands)) return { name: 'int3', word }
      if (word === 'xchg' && NOTHING.test(operands)) return { name: 'nop', word }
      if (INVALID.has(word)) return { name: 'invalid', word }
      const intel = isAttSyntax ? intelOf(word, operands, mnemonics) : sized(word, operands)
      const name = canonical(intel)
      return { name: name === null || prefix === '' ? name : canonicalOpcode(`${prefix}.${name}`), word }
    }
    return { name: null, word: text.trim(), isPrefix: true }
  }
}

/** The accumulator exchanged with itself, which is what `nop` is. */
const NOTHING = /^[ \t]*%?([re]?ax),[ \t]*%?\1\b/i

/** Characters of operands that are looked at. */
const MAX_OPERANDS = 160

/** Names that are remembered; hostile text has new ones without end. */
const MAX_KNOWN = 10_000

/** How disassemblers call bytes that are no instruction. */
export const INVALID: ReadonlySet<string> = new Set(['(bad)', 'invalid', '<unknown>', 'undefined'])

function sized(word: string, operands: string): string {
  if (!UNSIZED.test(word)) return word
  return word + (SIZES.find(([words]) => words.test(operands))?.[1] ?? '')
}

import { canonicalOpcode } from '../../samples/index.ts'

/*
 * AT&T's syntax as GNU as documents it ("AT&T Syntax versus Intel Syntax", "i386-Mnemonics" and "i386-Bugs" of its manual):
 * a letter behind the mnemonic says the size, extensions name both sizes, and the float operations that subtract and divide
 * have each other's names when their destination is not the top of the stack.
 */
const STRING_OPERATION = /^(movs|cmps|scas|lods|stos|ins|outs)([bwlq]?)$/
const EXTENSION = /^mov([sz])(?:bw|bl|bq|wl|wq|b|w)$/
const SWAPPED = /^f(sub|div)(r?)(p?)$/
const SIZE_LETTERS: ReadonlyMap<string, string> = new Map([
  ['b', 'b'],
  ['w', 'w'],
  ['l', 'd'],
  ['q', 'q'],
])

/** The word that Intel's syntax has for an AT&T one, both in lower case. @param mnemonics canonical names of all opcodes */
export function intelOf(word: string, operands: string, mnemonics: ReadonlySet<string>): string {
  const plain = word.endsWith(',pn') || word.endsWith(',pt') ? word.slice(0, -3) : word
  const string = STRING_OPERATION.exec(plain)
  if (string !== null && !operands.includes('%xmm')) {
    return string[1]! + (SIZE_LETTERS.get(string[2]!) ?? registerSize(operands))
  }
  if (plain === 'movslq') return 'movsxd'
  const extension = EXTENSION.exec(plain)
  if (extension !== null) return `mov${extension[1]}x`
  const swapped = SWAPPED.exec(withoutSize(plain, mnemonics))
  if (swapped !== null && /^[ \t]*%st,%st\([1-7]\)/.test(operands)) {
    return `f${swapped[1]}${swapped[2] === 'r' ? '' : 'r'}${swapped[3]}`
  }
  // `movq` and `movd` are operations of their own on the wide registers only.
  if (plain === 'movq' && !/%x?mm/.test(operands)) return 'mov'
  return mnemonics.has(canonicalOpcode(plain)) ? plain : withoutSize(plain, mnemonics)
}

/** The word without the letters of its size, where that leaves a mnemonic. */
function withoutSize(word: string, mnemonics: ReadonlySet<string>): string {
  for (const letters of word.startsWith('f') ? ['ll', 'l', 's', 't', 'q'] : ['b', 'w', 'l', 'q']) {
    const short = word.slice(0, -letters.length)
    if (word.endsWith(letters) && mnemonics.has(canonicalOpcode(short))) return short
  }
  return word
}

/** The size of the one register that a string operation reads or writes. */
function registerSize(operands: string): string {
  const registers = operands.replace(/\([^)]*\)/g, '')
  if (/%[abcd]l\b/.test(registers)) return 'b'
  if (/%eax\b/.test(registers)) return 'd'
  if (/%rax\b/.test(registers)) return 'q'
  return /%ax\b/.test(registers) ? 'w' : ''
}

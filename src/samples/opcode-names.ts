/** Spellings of one instruction, and the one that is used: Intel's, as objdump's Intel syntax and iced have it. */
const ALIASES: readonly (readonly [canonical: string, ...others: string[]])[] = [
  // Conditions, as IDA and the manuals of Intel name them otherwise.
  ...['j', 'set', 'cmov'].flatMap((stem) =>
    [
      ['e', 'z'],
      ['ne', 'nz'],
      ['b', 'c', 'nae'],
      ['ae', 'nc', 'nb'],
      ['be', 'na'],
      ['a', 'nbe'],
      ['l', 'nge'],
      ['ge', 'nl'],
      ['le', 'ng'],
      ['g', 'nle'],
      ['p', 'pe'],
      ['np', 'po'],
    ].map(([first, ...others]) => [`${stem}${first}`, ...others.map((each) => stem + each)] as const),
  ),
  ['loope', 'loopz'],
  ['loopne', 'loopnz'],
  // The width of an address says which counter is used, not what is done.
  ['loop', 'loopw', 'loopd', 'loopq'],
  ['ret', 'retn', 'retw', 'retq', 'retl'],
  ['retf', 'lret', 'retfq', 'lretq', 'lretw', 'retfw', 'lretl'],
  ['iret', 'iretd', 'iretw', 'iretl'],
  ['jmp', 'jmpq', 'jmpl', 'jmpf', 'ljmp', 'ljmpl', 'ljmpw', 'ljmpq'],
  ['call', 'callq', 'calll', 'callw', 'callf', 'lcall', 'lcalll', 'lcallw', 'lcallq'],
  ['int3', 'int 3'],
  ['int1', 'icebp', 'int01'],
  // `xchg ax,ax` is what objdump makes of a nop with an operand-size prefix.
  ['nop', 'xchg ax,ax', 'xchg ax, ax', 'reservednop', 'nopw', 'nopl', 'nopd', 'nopq'],
  ['wait', 'fwait'],
  // VIA's, which objdump writes with hyphens.
  ...['ecb', 'cbc', 'ctr', 'cfb', 'ofb'].map((mode) => [`xcrypt${mode}`, `xcrypt-${mode}`] as const),
  ['xstore', 'xstore-rng', 'xstorerng'],
  ['fcomip', 'fcompi'],
  ['fucomip', 'fucompi'],
  ['xlatb', 'xlat'],
  ['shl', 'sal'],
  ['mov', 'movabs', 'movabsb', 'movabsw', 'movabsl', 'movabsq'],
  ['pusha', 'pushad', 'pushal', 'pushaw'],
  ['popa', 'popad', 'popal', 'popaw'],
  ['pushf', 'pushfd', 'pushfq', 'pushfw', 'pushfl'],
  ['popf', 'popfd', 'popfq', 'popfw', 'popfl'],
  ['enter', 'enterd', 'enterq', 'enterw', 'enterl'],
  ['leave', 'leaved', 'leaveq', 'leavew', 'leavel'],
  // Objdump says the width of some operands in the name, even in Intel's syntax.
  ['push', 'pushw', 'pushl', 'pushq'],
  ['pop', 'popw', 'popl', 'popq'],
  ...['sgdt', 'sidt', 'lgdt', 'lidt'].map(
    (name) => [name, `${name}d`, `${name}w`, `${name}l`, `${name}q`] as const,
  ),
  ...['fnsave', 'frstor', 'fldenv', 'fnstenv'].map(
    (name) => [name, `${name}w`, `${name}s`, `${name}d`] as const,
  ),
  // AT&T's names of sign extensions.
  ['cbw', 'cbtw'],
  ['cwde', 'cwtl'],
  ['cdqe', 'cltq'],
  ['cwd', 'cwtd'],
  ['cdq', 'cltd'],
  ['cqo', 'cqto'],
  ['sysret', 'sysretd', 'sysretq', 'sysretl'],
  ['sysexit', 'sysexitd', 'sysexitq', 'sysexitl'],
  ['invalid', '(bad)', '.byte', 'bad', 'illegal'],
  ['ud0', 'ud2b0'],
  ['ud1', 'ud2b'],
  ['ud2', 'ud2a'],
]

const canonicalNames = new Map(
  ALIASES.flatMap(([canonical, ...others]) => others.map((other) => [other, canonical] as const)),
)

/** Comparisons with their predicate in the name, as `cmpneqps` or `vpcmpltuw`: the predicate is an operand. */
const COMPARISON =
  /^(v?cmp)(?:eq|lt|le|unord|neq|nlt|nle|ord|nge|ngt|false|ge|gt|true)(?:_[a-z]+)?([ps][sdh])$/
const INTEGER_COMPARISON = /^(vpcmp)(?:(?:lt|le|neq|nlt|nle)(?=u?[bwdq]$)|eq(?=u))(u?[bwdq])$/
const XOP_COMPARISON = /^(vpcom)(?:lt|le|gt|ge|eq|neq|false|true)(u?[bwdq])$/
const CARRYLESS_PRODUCT = /^(v?pclmul)[lh]q[lh](qdq)$/

const PREFIXES = new Map([
  ['rep', 'rep'],
  ['repe', 'repe'],
  ['repz', 'repe'],
  ['repne', 'repne'],
  ['repnz', 'repne'],
  ['lock', 'lock'],
])
const STRING_OPERATION = /^(?:movs|cmps|scas|lods|stos|ins|outs)[bwdq]$/
const COMPARING = /^(?:cmps|scas)/

/** Longer names are of no instruction; expressions need not be tried on them. */
const MAX_NAME_LENGTH = 64

/**
 * The one spelling that taxon uses for an opcode, whichever disassembler wrote it: `je` for `jz`, `ret` for `retn`.
 * A prefix that changes what is done stands in front of its mnemonic with a point or a space, as `rep.movsd` or `repz
 * cmpsb`, and is kept with a point; a rep before anything but a string operation does nothing, and is dropped. Applying it
 * twice changes nothing more.
 */
export function canonicalOpcode(name: string): string {
  if (name.length > MAX_NAME_LENGTH) return name
  const spelled = name.toLowerCase()
  const whole = canonicalNames.get(spelled)
  if (whole !== undefined) return whole
  const parts = spelled.split(/[. ]+/)
  const mnemonic = withoutPredicate(parts.at(-1) ?? '')
  const prefixes = parts.slice(0, -1).map((part) => PREFIXES.get(part))
  // No prefix but a part of another name, as in `b.eq` of ARM.
  if (prefixes.includes(undefined)) return spelled
  const prefix = prefixes.includes('lock') ? 'lock' : prefixes.at(-1)
  if (
    prefix === undefined ||
    mnemonic === 'invalid' ||
    (prefix !== 'lock' && !STRING_OPERATION.test(mnemonic))
  )
    return mnemonic
  return `${repeated(prefix, mnemonic)}.${mnemonic}`
}

/** The same byte is written `rep` where nothing is compared and `repe` where something is. */
function repeated(prefix: string, mnemonic: string): string {
  if (prefix === 'lock' || prefix === 'repne') return prefix
  return COMPARING.test(mnemonic) ? 'repe' : 'rep'
}

function withoutPredicate(mnemonic: string): string {
  const known = canonicalNames.get(mnemonic)
  if (known !== undefined) return known
  for (const pattern of [COMPARISON, INTEGER_COMPARISON, XOP_COMPARISON, CARRYLESS_PRODUCT]) {
    const match = pattern.exec(mnemonic)
    if (match) return match[1]! + match[2]!
  }
  return mnemonic
}

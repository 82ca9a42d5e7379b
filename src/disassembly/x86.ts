import { canonicalOpcode } from '../samples/index.ts'
import { type Batch, type CodeReader, type Decoder, FLOW } from './decoder.ts'

type Iced = typeof import('iced-x86')

/** What is known of an instruction's `Code` of iced-x86, found out when it is first met. */
interface CodeFacts {
  readonly opcode: number
  readonly flow: number
  /** Bytes of its relative branch displacement, which end the instruction; 0 if it has none. */
  readonly displacement: number
  /** Whether a rep or lock prefix before it is an opcode of its own. */
  readonly takesPrefix: boolean
}

const LOCK = 0xf0
const REPNE = 0xf2
const REP = 0xf3
const LEA = 0x8d

/** x86 and x64 by iced-x86. Its instruction object is used again for all: twice as fast as one for each. */
export async function x86Decoder(bits: 32 | 64): Promise<Decoder> {
  // Loaded when needed: it takes longer than most commands that do without.
  const iced = await import('iced-x86')
  const names: string[] = []
  const indices = new Map<string, number>()
  const indexOf = (name: string) => {
    const known = indices.get(name)
    if (known !== undefined) return known
    indices.set(name, names.length)
    return names.push(name) - 1
  }
  const invalid = indexOf('invalid')
  const facts: CodeFacts[] = []
  const factsOf = (code: number) => (facts[code] ??= describe(iced, code, indexOf))
  const isPrefix = prefixTable(bits)
  /** The instruction at `at` with the prefix that belongs to its name. */
  const withPrefix = (opcode: number, code: Uint8Array, at: number) => {
    let prefix = ''
    for (let i = at; isPrefix[code[i] ?? 0] === 1 && i < at + 15; i++) {
      if (code[i] === LOCK) prefix = 'lock.'
      else if (prefix !== 'lock.' && code[i] === REP) prefix = 'rep.'
      else if (prefix !== 'lock.' && code[i] === REPNE) prefix = 'repne.'
    }
    return prefix === '' ? opcode : indexOf(canonicalOpcode(prefix + names[opcode]!))
  }

  const open = (code: Uint8Array, address: number): CodeReader => {
    const decoder = new iced.Decoder(bits, code, iced.DecoderOptions.None)
    const instruction = new iced.Instruction()
    function decode(from: number, to: number, batch: Batch): number {
      const { offsets, opcodes, flows, targets } = batch
      const most = offsets.length
      let at = from
      let count = 0
      decoder.position = from
      for (; at < to && count < most; count++) {
        decoder.decodeOut(instruction)
        const number = instruction.code
        offsets[count] = at
        if (number === 0) {
          // As objdump does: what follows the first byte may be an instruction again.
          opcodes[count] = invalid
          flows[count] = FLOW.end
          at++
          decoder.position = at
          continue
        }
        const known = facts[number] ?? factsOf(number)
        const begin = at
        at += instruction.length
        let { opcode, flow } = known
        const first = code[begin]!
        if (known.takesPrefix && isPrefix[first] === 1) opcode = withPrefix(opcode, code, begin)
        if (first === 0 && code[begin + 1] === 0) flow = FLOW.idle
        if (first === LEA && bits === 32 && isIdleLea(code, begin, at)) flow = FLOW.idle
        opcodes[count] = opcode
        flows[count] = flow
        if (targets !== null) {
          const target = address + at + displacementOf(code, at, known.displacement)
          targets[count] = bits === 32 ? (target + 2 ** 32) % 2 ** 32 : target
        }
      }
      batch.end = at
      return count
    }

    const close = () => {
      decoder.free()
      instruction.free()
    }
    return { decode, close }
  }
  return { names, open }
}

/** `lea esi, [esi+0]` in any of its lengths, and the same of another register: what assemblers write for a long `nop`. */
function isIdleLea(code: Uint8Array, begin: number, end: number): boolean {
  const bytes = code[begin + 1]!
  const register = (bytes >> 3) & 7
  const hasScale = (bytes & 7) === 4
  const from = hasScale ? code[begin + 2]! ^ 0x20 : bytes & 7
  if (from !== register || bytes >> 6 === 3) return false
  for (let at = begin + (hasScale ? 3 : 2); at < end; at++) if (code[at] !== 0) return false
  return true
}

/** Signed displacement in the bytes before `end`; NaN where there is none. */
function displacementOf(code: Uint8Array, end: number, size: number): number {
  if (size === 1) return (code[end - 1]! << 24) >> 24
  if (size === 4)
    return code[end - 4]! | (code[end - 3]! << 8) | (code[end - 2]! << 16) | (code[end - 1]! << 24)
  return Number.NaN
}

function prefixTable(bits: 32 | 64): Uint8Array {
  const table = new Uint8Array(256)
  for (const byte of [0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65, 0x66, 0x67, LOCK, REPNE, REP]) table[byte] = 1
  if (bits === 64) table.fill(1, 0x40, 0x50)
  return table
}

function describe(iced: Iced, code: number, indexOf: (name: string) => number): CodeFacts {
  const instruction = iced.Instruction.create(code)
  const info = instruction.opCode
  try {
    const mnemonic = (iced.Mnemonic[info.mnemonic] ?? 'invalid').toLowerCase()
    const kind = info.opCount > 0 ? info.op0Kind : iced.OpCodeOperandKind.None
    return {
      opcode: indexOf(canonicalOpcode(mnemonic)),
      flow: flowOf(iced, instruction.flowControl, mnemonic),
      displacement: DISPLACEMENTS.get(iced.OpCodeOperandKind[kind] ?? '') ?? 0,
      takesPrefix: info.canUseLockPrefix || instruction.isStringInstruction,
    }
  } finally {
    info.free()
    instruction.free()
  }
}

const DISPLACEMENTS = new Map([
  ['br32_1', 1],
  ['br32_4', 4],
  ['br64_1', 1],
  ['br64_4', 4],
])

function flowOf(iced: Iced, control: number, mnemonic: string): number {
  if (mnemonic === 'nop') return FLOW.idle
  if (mnemonic === 'int3') return FLOW.trap
  if (mnemonic === 'hlt') return FLOW.end
  const flows = new Map<number, number>([
    [iced.FlowControl.Call, FLOW.call],
    [iced.FlowControl.IndirectCall, FLOW.call],
    [iced.FlowControl.ConditionalBranch, FLOW.branch],
    [iced.FlowControl.UnconditionalBranch, FLOW.jump],
    [iced.FlowControl.IndirectBranch, FLOW.jump],
    [iced.FlowControl.Return, FLOW.end],
    [iced.FlowControl.Exception, FLOW.end],
  ])
  return flows.get(control) ?? FLOW.next
}

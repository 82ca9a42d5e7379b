import { type Loaded, loadCapstone, MAX_NAMES, openSession } from './capstone-session.ts'
import { type Batch, type CodeReader, type Decoder, FLOW, type Processor } from './decoder.ts'
import { type FlowRules, flowRules } from './flow-rules.ts'

/** ARM, AArch64 and MIPS by Capstone 5. */
export async function capstoneDecoder(processor: Processor): Promise<Decoder> {
  const loaded = await loadCapstone()
  const names = ['invalid']
  const known = new Map<string, Opcode>()
  const rules = flowRules(processor.architecture)
  const opcodeOf = (mnemonic: string): Opcode => {
    let opcode = known.get(mnemonic)
    if (opcode === undefined) {
      const name = ALIASES.get(mnemonic) ?? mnemonic
      let index = names.indexOf(name)
      if (index < 0) index = names.length < MAX_NAMES ? names.push(name) - 1 : INVALID
      opcode = { index, flow: rules.flowOf(name) }
      known.set(mnemonic, opcode)
    }
    return opcode
  }
  return {
    names,
    open: (code, address) => openCode(loaded, processor, rules, opcodeOf, code, address),
  }
}

/** Names of MIPS that say only how large an operand is, and what other disassemblers call them. */
const ALIASES: ReadonlyMap<string, string> = new Map([
  ['dextm', 'dext'],
  ['dextu', 'dext'],
  ['dinsm', 'dins'],
  ['dinsu', 'dins'],
])

/** An opcode as it was when it was first met. */
interface Opcode {
  readonly index: number
  readonly flow: number
}

const INVALID = 0

function openCode(
  loaded: Loaded,
  processor: Processor,
  rules: FlowRules,
  opcodeOf: (mnemonic: string) => Opcode,
  code: Uint8Array,
  address: number,
): CodeReader {
  const session = openSession(loaded, processor, code, address)
  const step = processor.isThumb ? 2 : 4
  // Of a branch that takes effect after the instruction behind it.
  let delayed = { at: -1, flow: 0, target: Number.NaN }

  function decode(from: number, to: number, batch: Batch): number {
    const { offsets, opcodes, flows, targets } = batch
    let [at, count] = [from, 0]
    session.moveTo(from)
    for (; at < to && count < offsets.length; count++) {
      offsets[count] = at
      if (!session.next(at)) {
        opcodes[count] = INVALID
        flows[count] = FLOW.end
        if (targets !== null) targets[count] = Number.NaN
        at = Math.min(at + step, code.length)
        session.moveTo(at)
        continue
      }
      const { index, flow } = opcodeOf(session.mnemonic())
      const operands = rules.asks(flow) || targets !== null ? session.operands() : ''
      let goes = rules.asks(flow) ? rules.refined(flow, operands) : flow
      let target = targets !== null && GOES_SOMEWHERE[goes] === 1 ? targetOf(operands) : Number.NaN
      const end = at + session.size()
      if (at === delayed.at) {
        goes = delayed.flow
        target = delayed.target
      } else if (rules.hasDelay && GOES_SOMEWHERE[goes] === 1) {
        delayed = { at: end, flow: goes, target }
        goes = FLOW.next
        target = Number.NaN
      }
      opcodes[count] = index
      flows[count] = goes
      if (targets !== null) targets[count] = target
      at = end
    }
    batch.end = at
    return count
  }

  return { decode, close: session.close }
}

/** By flow, whether the instruction names where it goes, or goes away. */
const GOES_SOMEWHERE = Uint8Array.from({ length: 8 }, (_, flow) =>
  flow === FLOW.call || flow === FLOW.branch || flow === FLOW.jump || flow === FLOW.end ? 1 : 0,
)

/** The address at the end of the operands of a branch, as `#0x1234` or `0x1234`; NaN where there is none. */
function targetOf(operands: string): number {
  const digits = /0x([0-9a-f]{1,16})$/.exec(operands)?.[1]
  return digits === undefined ? Number.NaN : Number.parseInt(digits, 16)
}

import type { Architecture } from '../binaries/index.ts'
import { FLOW } from './decoder.ts'

/** How the instructions of a processor go on, told from their text. */
export interface FlowRules {
  /** What comes after an instruction of that name: one of `FLOW`, or a number that `asks`. */
  flowOf(mnemonic: string): number
  /** Whether the operands must be looked at. */
  asks(flow: number): boolean
  /** The flow of an instruction that asks. */
  refined(flow: number, operands: string): number
  /** Branches take effect after the instruction behind them. */
  readonly hasDelay: boolean
}

/** Not of `FLOW`: it ends a function if it writes the program counter. */
const MAY_END = 7

type Rules = readonly (readonly [names: RegExp, flow: number])[]

const CONDITION = '(?:eq|ne|[hc]s|lo|cc|mi|pl|v[sc]|hi|ls|ge|lt|gt|le)'

const ARM64: Rules = [
  [/^(?:bl|blr|blraaz?|blrabz?)$/, FLOW.call],
  [/^(?:b|br|braaz?|brabz?)$/, FLOW.jump],
  [/^(?:ret|retaa|retab|eret|drps)$/, FLOW.end],
  [/^(?:b\.|bc\.|cbn?z|tbn?z)/, FLOW.branch],
  [/^nop$/, FLOW.idle],
  // A word of zeros.
  [/^udf$/, FLOW.idle],
  [/^brk$/, FLOW.trap],
]

const ARM: Rules = [
  [new RegExp(`^blx?(?:${CONDITION})?$`), FLOW.call],
  [/^(?:b|b\.w|bx|tbb|tbh)$/, FLOW.jump],
  [new RegExp(`^(?:b|bx)${CONDITION}(?:\\.w)?$|^cbn?z$`), FLOW.branch],
  [/^(?:pop|ldm|ldmib|ldmda|ldmdb|ldr|mov|add|sub)(?:\.w)?$/, MAY_END],
  [/^nop(?:\.w)?$/, FLOW.idle],
  [/^(?:udf|bkpt)(?:\.w)?$/, FLOW.trap],
]

const MIPS: Rules = [
  [/^(?:jal|jalr|jalx|bal|balc|b[gl][et]zall?|jialc)(?:\.hb)?$/, FLOW.call],
  [/^(?:j|b|bc|jic)$/, FLOW.jump],
  [/^(?:jr|jrc|eret|deret)(?:\.hb)?$/, FLOW.end],
  [/^b(?!itswap|reak|posge32$|addu|set)[a-z0-9.]+$/, FLOW.branch],
  [/^nop$/, FLOW.idle],
  [/^break$/, FLOW.trap],
]

const RULES: { readonly [each in Architecture]?: Rules } = {
  arm64: ARM64,
  arm: ARM,
  mips: MIPS,
  mips64: MIPS,
}

/** How code of a processor flows, as far as padding and the following of the flow must know. */
export function flowRules(architecture: Architecture): FlowRules {
  const rules = RULES[architecture] ?? []
  return {
    flowOf: (mnemonic) => rules.find(([names]) => names.test(mnemonic))?.[1] ?? FLOW.next,
    asks: (flow) => flow === MAY_END,
    // `pop {r4, pc}`, `ldr pc, [r0]`, `mov pc, lr`: loaded last or written first.
    refined: (_flow, operands) => (/^pc,|\bpc\}/.test(operands) ? FLOW.end : FLOW.next),
    hasDelay: architecture === 'mips' || architecture === 'mips64',
  }
}

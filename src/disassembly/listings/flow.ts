import { FLOW } from '../decoder.ts'

const FLOWS: ReadonlyMap<string, number> = new Map([
  ...[
    'ret',
    'retf',
    'iretd',
    'iretq',
    'iret',
    'hlt',
    'ud0',
    'ud1',
    'ud2',
    'sysret',
    'sysretq',
    'sysexit',
    'sysexitq',
    'invalid',
  ].map((name) => [name, FLOW.end] as const),
  ['jmp', FLOW.jump],
  ['call', FLOW.call],
  ['nop', FLOW.idle],
  ['int3', FLOW.trap],
])

const ZEROS = /^add[bl]?[ \t]+(?:byte ptr \[[re]ax\],[ \t]*al|%al,\(%[re]ax\))/i

/** What assemblers write for a long `nop`. */
const IDLE_LEA =
  /^leal?[ \t]+(?:(e[a-z]{2}),[ \t]*(?:ds:)?\[\1(?: ?\+ ?eiz(?:\*1)?)?(?:\+(?:0x)?0+h?)?\]|(?:0x0)?\(%(e[a-z]{2})(?:,%eiz(?:,1)?)?\),[ \t]*%\2)/i

/** What comes after an x86 instruction, as far as the finding of padding must know: one of `FLOW`. */
export function flowOfText(text: string, name: string): number {
  if ((name === 'add' && ZEROS.test(text)) || (name === 'lea' && IDLE_LEA.test(text))) return FLOW.idle
  return FLOWS.get(name) ?? FLOW.next
}

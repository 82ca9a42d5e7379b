import { spawn, spawnSync } from 'node:child_process'
import { createInterface } from 'node:readline'
import type { Disassembly } from '../src/disassembly/index.ts'
import { canonicalOpcode } from '../src/samples/index.ts'

/** Whether GNU objdump is here; tests that need it skip with a printed reason where it is not, and fail under CI. */
export function hasObjdump(): boolean {
  const has = spawnSync('objdump', ['--version'], { encoding: 'utf8' }).stdout?.includes('GNU') ?? false
  if (!has && process.env.CI) throw new Error('GNU objdump is missing, and CI must have it')
  if (!has) console.info('skipped: GNU objdump is not on this machine (Debian: apt-get install binutils)')
  return has
}

const INSTRUCTION = /^ *([0-9a-f]+):\t(.*)$/
const PREFIX =
  /^(?:data16|data32|addr16|addr32|[cdefgs]s|bnd|notrack|xacquire|xrelease|\{\w+\}|rex(?:\.[WRXB]+)?|[cdefgs]s,p[nt]|p[nt])$/
const REPEATING = /^(?:lock|repz|repnz|rep)$/
const UNSIZED = /^(?:movs|cmps|scas|lods|stos|ins|outs)$/

/**
 * The instructions that `objdump -d -M intel` finds, by address, in taxon's spelling. Read in a few lines of its own and not
 * by taxon's reader of listings, so as to judge it as well.
 */
export async function objdumpOpcodes(
  file: string,
  more: readonly string[] = [],
): Promise<Map<number, string>> {
  const given = ['-d', '-z', '-w', '-M', 'intel', '--no-show-raw-insn', ...more, file]
  const child = spawn('objdump', given, { stdio: ['ignore', 'pipe', 'ignore'] })
  const opcodes = new Map<number, string>()
  const names = new Map<string, string>()
  for await (const line of createInterface({ input: child.stdout })) {
    const match = INSTRUCTION.exec(line)
    if (match === null) continue
    const spelled = spelledOpcode(match[2]!)
    const name = names.get(spelled) ?? canonicalOpcode(spelled)
    names.set(spelled, name)
    opcodes.set(Number.parseInt(match[1]!, 16), name)
  }
  return opcodes
}

function spelledOpcode(text: string): string {
  if (/xchg +ax,ax/.test(text)) return 'xchg ax,ax'
  const words = text.trim().split(/ +/)
  let prefix = ''
  for (const [i, word] of words.entries()) {
    if (REPEATING.test(word)) prefix = prefix === 'lock ' ? prefix : `${word} `
    else if (!PREFIX.test(word)) {
      const size = UNSIZED.test(word)
        ? /\b(B|W|D|Q)(?:YTE|ORD|WORD) PTR/.exec(words.slice(i).join(' '))?.[1]
        : ''
      return prefix + word + (size?.toLowerCase() ?? '')
    }
  }
  // Prefixes alone: what follows them is no instruction.
  return '(bad)'
}

/** How far two readings of the same code agree. */
export interface Agreement {
  /** Instructions that objdump found, those of them that taxon found at the same address, and with the same name. */
  readonly instructions: number
  readonly sameStarts: number
  readonly sameNames: number
  /** How often each pair of names differed, as `theirs / ours`. */
  readonly differences: ReadonlyMap<string, number>
}

/** Compares instruction by instruction. */
export function agreement(theirs: ReadonlyMap<number, string>, ours: Disassembly): Agreement {
  let [sameStarts, sameNames] = [0, 0]
  const differences = new Map<string, number>()
  for (const [i, address] of ours.addresses.entries()) {
    const name = theirs.get(address)
    if (name === undefined) continue
    sameStarts++
    const own = ours.names[ours.opcodes[i]!]!
    if (own === name) sameNames++
    else differences.set(`${name} / ${own}`, (differences.get(`${name} / ${own}`) ?? 0) + 1)
  }
  return { instructions: theirs.size, sameStarts, sameNames, differences }
}

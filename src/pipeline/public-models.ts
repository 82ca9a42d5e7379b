import type { Report } from '../samples/index.ts'

/** A public set that `taxon corpus pull` fetches, and the recipe that learns from it. */
interface PublicModel {
  readonly set: string
  readonly recipe: string
  /** What it tells, for people. */
  readonly tells: string
  /** Formats (`Report.format`) and processors of what it was gathered from. */
  readonly formats: readonly string[]
  readonly dialects: readonly string[]
}

/** What can be learned from public sets of opcodes. Others than these can be told only by a model of one's own. */
export const PUBLIC_MODELS: readonly PublicModel[] = [
  {
    set: 'ransomtrack',
    recipe: 'opcodes-detect',
    tells: 'ransomware or benign',
    formats: ['pe32', 'pe64', 'ida', 'objdump', 'radare2'],
    dialects: ['x86', 'x86-64'],
  },
  {
    set: 'big2015-opcodes',
    recipe: 'opcodes-families',
    tells: 'which of nine families',
    formats: ['pe32', 'ida', 'objdump', 'radare2'],
    dialects: ['x86'],
  },
  {
    set: 'elf-opcode-counts',
    recipe: 'opcodes-detect-elf',
    tells: 'malicious or benign',
    formats: ['elf32', 'elf64'],
    dialects: ['x86', 'x86-64'],
  },
]

/** How a model for a report of opcodes can be had, a sentence with two commands each; none where there is no public set. */
export function waysToModel({ format, trace }: Report): string[] {
  return PUBLIC_MODELS.filter(
    ({ formats, dialects }) => formats.includes(format) && dialects.includes(trace.dialect),
  ).map(
    ({ set, recipe, tells }) =>
      `for a model (${tells}): taxon corpus pull ${set} -o ${set} && taxon train ${recipe} ${set} -o ${recipe}.safetensors`,
  )
}

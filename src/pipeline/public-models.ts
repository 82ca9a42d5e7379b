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

const PUBLIC_MODELS: readonly PublicModel[] = [
  {
    set: 'ransomtrack',
    recipe: 'opcodes-detect',
    tells: 'ransomware or benign',
    formats: ['pe32', 'ida', 'objdump', 'radare2'],
    dialects: ['x86'],
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
    tells:
      'malicious or benign Linux programs, but only of counts of the lines of objdump, as its set has them',
    formats: ['elf32', 'elf64'],
    dialects: ['x86', 'x86-64'],
  },
]

const OWN_MODEL =
  'for a model of your own samples: taxon corpus import DIR --labels CSV -o my-corpus && taxon train svm my-corpus -o my.safetensors'

/** How a model for a report of opcodes can be had, from public sets first: a sentence with two commands each. */
export function waysToModel({ format, trace }: Report): string[] {
  const ways = PUBLIC_MODELS.filter(
    ({ formats, dialects }) => formats.includes(format) && dialects.includes(trace.dialect),
  ).map(
    ({ set, recipe, tells }) =>
      `for a model (${tells}): taxon corpus pull ${set} -o ${set} && taxon train ${recipe} ${set} -o ${recipe}.safetensors`,
  )
  return [...ways, OWN_MODEL]
}

import type { Report } from '../samples/index.ts'

/** A public set that `taxon corpus pull` fetches, and the recipe that learns from it a model of executables. */
interface PublicModel {
  readonly set: string
  readonly recipe: string
  /** What it tells, for people. */
  readonly tells: string
  /** What it was gathered from, the only thing that a model of it judges. */
  readonly dialect: string
}

const PUBLIC_MODELS: readonly PublicModel[] = [
  { set: 'ransomtrack', recipe: 'opcodes-detect', tells: 'ransomware or benign', dialect: 'pe-x86' },
  { set: 'big2015-opcodes', recipe: 'opcodes-families', tells: 'which of nine families', dialect: 'pe-x86' },
]

const OWN_MODEL =
  'for a model of your own samples: taxon corpus import DIR --labels CSV -o my-corpus && taxon train svm my-corpus -o my.safetensors'

const NONE_FOR_ELF =
  'no public set makes a model that judges ELF files: that of taxon corpus pull elf-opcode-counts and taxon train opcodes-detect-elf judges only counts of the lines of objdump, see docs/models.md'

/**
 * How a model for a report of opcodes can be had: a sentence with two commands each, public sets first. Only models that
 * would judge this very report are named.
 */
export function waysToModel({ trace }: Report): string[] {
  const ways = PUBLIC_MODELS.filter(({ dialect }) => dialect === trace.dialect).map(
    ({ set, recipe, tells }) =>
      `for a model (${tells}): taxon corpus pull ${set} -o ${set} && taxon train ${recipe} ${set} -o ${recipe}.safetensors`,
  )
  return [...ways, OWN_MODEL, ...(trace.dialect.startsWith('elf-') ? [NONE_FOR_ELF] : [])]
}

import type { Section } from './executable.ts'

/** What the signs of packing are looked for in, whatever the format. */
export interface PackingFacts {
  readonly entry: number | null
  readonly isLibrary: boolean
  readonly sections: readonly (Section & { readonly isWritable: boolean })[]
  readonly imports: number | null
  /** Whether the file holds the mark that a packer leaves in it. */
  readonly mark: string | null
}

/** Names that packers and protectors give to their sections, as their own output shows them. */
const PACKER_SECTIONS = new Map([
  ['UPX0', 'UPX'],
  ['UPX1', 'UPX'],
  ['UPX2', 'UPX'],
  ['UPX!', 'UPX'],
  ['.UPX0', 'UPX'],
  ['.UPX1', 'UPX'],
  ['.aspack', 'ASPack'],
  ['.adata', 'ASPack'],
  ['.ASPack', 'ASPack'],
  ['ASPack', 'ASPack'],
  ['.MPRESS1', 'MPRESS'],
  ['.MPRESS2', 'MPRESS'],
  ['.petite', 'Petite'],
  ['petite', 'Petite'],
  ['.nsp0', 'NsPack'],
  ['.nsp1', 'NsPack'],
  ['nsp0', 'NsPack'],
  ['nsp1', 'NsPack'],
  ['.vmp0', 'VMProtect'],
  ['.vmp1', 'VMProtect'],
  ['.vmp2', 'VMProtect'],
  ['.themida', 'Themida'],
  ['.winlice', 'WinLicense'],
  ['.enigma1', 'Enigma'],
  ['.enigma2', 'Enigma'],
  ['MEW', 'MEW'],
  ['FSG!', 'FSG'],
  ['PEC2', 'PECompact'],
  ['pec1', 'PECompact'],
  ['pec2', 'PECompact'],
  ['PECompact2', 'PECompact'],
  ['PELOCKnt', 'PELock'],
  ['PEBundle', 'PEBundle'],
  ['.perplex', 'Perplex'],
  ['.packed', 'RLPack'],
  ['.RLPack', 'RLPack'],
  ['.WWPACK', 'WWPack32'],
  ['.WWP32', 'WWPack32'],
  ['.yP', "yoda's protector"],
  ['.y0da', "yoda's protector"],
  ['yC', "yoda's crypter"],
  ['.Upack', 'Upack'],
  ['.ByDwing', 'Upack'],
  ['.taz', 'PESpin'],
  ['.svkp', 'SVKP'],
  ['.spack', 'Simple Pack'],
  ['.neolite', 'NeoLite'],
  ['.neolit', 'NeoLite'],
  ['kkrunchy', 'kkrunchy'],
  ['.sforce3', 'StarForce'],
  ['BitArts', 'Crunch'],
  ['.MaskPE', 'MaskPE'],
  ['.shrink1', 'Shrinker'],
  ['ProCrypt', 'ProCrypt'],
  ['.pklstb', 'PKLite32'],
])

/** Bits a byte; what compilers write stays below 6.9, what is compressed or encrypted comes close to 8. */
const HIGH_ENTROPY = 7.2
/** Fewer bytes tell nothing by their entropy. */
const TELLING_BYTES = 4096
/** A program that takes so few functions finds the others by itself, or does very little. */
const FEW_IMPORTS = 10

/**
 * The signs that what a program does is hidden in packed or encrypted bytes, as short sentences. One strong sign is
 * enough; of the weak ones, which ordinary files show now and then, two are needed, or none is told.
 */
export function packingSigns(facts: PackingFacts): string[] {
  const strong = strongSigns(facts)
  const weak = weakSigns(facts)
  return strong.length > 0 || weak.length > 1 ? [...strong, ...weak] : []
}

function strongSigns({ entry, sections, mark }: PackingFacts): string[] {
  const signs: string[] = []
  const packers = new Set(sections.flatMap(({ name }) => PACKER_SECTIONS.get(name) ?? []))
  for (const packer of packers) signs.push(`a section is named as by ${packer}`)
  if (mark !== null) signs.push(`it bears the mark of ${mark}`)
  const dense = sections.find(
    (each) => each.isExecutable && each.size >= TELLING_BYTES && each.entropy >= HIGH_ENTROPY,
  )
  if (dense) {
    signs.push(
      `its code looks compressed or encrypted (entropy ${dense.entropy.toFixed(2)} in section ${shown(dense)})`,
    )
  }
  const empty = sections.find(
    (each) => each.isExecutable && each.size === 0 && each.memorySize >= TELLING_BYTES,
  )
  if (empty) signs.push(`section ${shown(empty)} holds code only once it runs`)
  const first = sectionOf(sections, entry)
  if (entry !== null && !first) signs.push('its entry point is in no section')
  else if (first && !first.isExecutable)
    signs.push(`its entry point is in section ${shown(first)}, which is not executable`)
  return signs
}

function weakSigns({ entry, isLibrary, sections, imports }: PackingFacts): string[] {
  const signs: string[] = []
  const first = sectionOf(sections, entry)
  if (first?.isWritable) signs.push(`its entry point is in section ${shown(first)}, which is writable`)
  if (first && sections.length > 2 && first === sections.at(-1))
    signs.push('its entry point is in the last section')
  if (!isLibrary && imports !== null && imports < FEW_IMPORTS)
    signs.push(`it imports only ${imports} functions`)
  const dense = sections.find(
    (each) =>
      !each.isExecutable &&
      each.size >= TELLING_BYTES &&
      each.entropy >= HIGH_ENTROPY &&
      each.name !== '.rsrc',
  )
  if (dense)
    signs.push(`section ${shown(dense)} looks compressed or encrypted (entropy ${dense.entropy.toFixed(2)})`)
  return signs
}

function sectionOf<S extends Section>(sections: readonly S[], address: number | null): S | undefined {
  if (address === null) return undefined
  return sections.find((each) => address >= each.address && address < each.address + each.memorySize)
}

function shown({ name }: Section): string {
  return name === '' ? 'without a name' : JSON.stringify(name)
}

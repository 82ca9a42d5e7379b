import { adfaLd } from './adfa-ld.ts'
import { big2015Opcodes } from './big2015-opcodes.ts'
import { elfOpcodeCounts } from './elf-opcode-counts.ts'
import { malApi2019 } from './mal-api-2019.ts'
import { malbehavdV1 } from './malbehavd-v1.ts'
import type { PublicSet } from './public-set.ts'
import { ransomtrack } from './ransomtrack.ts'

export type { PublicFile, PublicSet, TracesLine } from './public-set.ts'

/** The public sets that `taxon corpus pull` knows, in the order in which they are told. */
export const publicSets: readonly PublicSet[] = [
  big2015Opcodes,
  ransomtrack,
  elfOpcodeCounts,
  malbehavdV1,
  malApi2019,
  adfaLd,
]

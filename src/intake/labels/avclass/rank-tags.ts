import { byCodePoint } from '../../../core/index.ts'
import type { AvclassData } from './avclass-data.ts'
import { expandedTags, labelTags, withoutVariant } from './label-tags.ts'

/** What an engine called a sample. */
export interface Detection {
  readonly engine: string
  readonly detection: string
}

/** A tag and who voted for it. */
export interface RankedTag {
  readonly tag: string
  /** Of the taxonomy, e.g. `FAM:zeroaccess`; `UNK:<tag>` where the taxonomy does not know it. */
  readonly path: string
  /** `FAM`, `CLASS`, `BEH`, `FILE`, `UNC`, or `UNK`: not in the taxonomy. */
  readonly kind: string
  readonly votes: number
  readonly engines: readonly string[]
}

/**
 * The tags of all detections by votes, of equal ones the last in the alphabet first (as AVClass does). Engines that give
 * exactly the same name copy one another: the first of them votes. An engine has one vote a tag.
 */
export function rankTags(
  detections: readonly Detection[],
  hashes: readonly string[],
  data: AvclassData,
): RankedTag[] {
  const voters = new Map<string, Set<string>>()
  for (const { engine, detection } of distinctDetections(detections)) {
    const own = labelTags(withoutVariant(engine, detection), hashes, data)
    for (const tag of expandedTags(own, data)) voters.set(tag, (voters.get(tag) ?? new Set()).add(engine))
  }
  const ranked = [...voters].map(([tag, engines]) => {
    const { path = `UNK:${tag}`, kind = 'UNK' } = data.taxonomy.get(tag) ?? {}
    return { tag, path, kind, votes: engines.size, engines: [...engines] }
  })
  return ranked.sort((a, b) => b.votes - a.votes || byCodePoint(b.tag, a.tag))
}

/** Detections without those whose name has come already, in what two engines put around another's name or without it. */
function distinctDetections(detections: readonly Detection[]): Detection[] {
  const seen = new Set<string>()
  return detections.flatMap(({ engine, detection }) => {
    const own = bareDetection(detection)
    if (own === '' || seen.has(own)) return []
    seen.add(own)
    return [{ engine, detection: own }]
  })
}

/**
 * A detection without what is no part of the name: Emsisoft adds ` (B)` to the names of others, F-Secure puts `Malware.`
 * before them, ClamAV says whose signature it is. Empty where nothing is left.
 */
export function bareDetection(detection: string): string {
  // AVClass keeps what Python's `string.printable` holds.
  const printable = detection.replace(/[^\t-\r\x20-\x7e]/g, '').trim()
  return printable
    .replace(/\.UNOFFICIAL$/, '')
    .replace(/ \(B\)$/, '')
    .replace(/^Malware\./, '')
}

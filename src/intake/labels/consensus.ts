import type { AvclassData } from './avclass/avclass-data.ts'
import { labelTags } from './avclass/label-tags.ts'
import { bareDetection, type RankedTag, rankTags } from './avclass/rank-tags.ts'
import type { EngineLabel } from './label-source.ts'

/** The labels of one sample weighed against each other. None of them is lost: what speaks against is in `clash`. */
export interface Consensus {
  /** 1 malicious, 0 benign, null where too few say so or they contradict each other. */
  readonly malicious: 0 | 1 | null
  /** Null where no two engines agree and no person named one. */
  readonly family: string | null
  /** The family, else `SINGLETON:<sha256>`: of its own kind, not of one kind with others that have no name. */
  readonly cluster: string
  /** Type such as `backdoor`, by the same rule from the tags of the taxonomy's CLASS. */
  readonly category: string | null
  /** Who decided the family: `people` (a list, an analyst), `engines` by votes, or nobody. */
  readonly basis: 'people' | 'engines' | 'nobody'
  /** Those who gave the family. */
  readonly votes: number
  readonly engines: readonly string[]
  /** Engines that found something, copies counted once; and those that looked at all of the sample, copies counted once. */
  readonly detected: number
  readonly scanned: number
  /** What at least two engines agree on, best first. */
  readonly tags: readonly RankedTag[]
  readonly clash: Clash
  /** What to know of how it came about, e.g. that AVClass's files were not there. */
  readonly notes: readonly string[]
  /** Of the rules that it was made by. */
  readonly version: string | null
}

/** What speaks against the consensus. */
export interface Clash {
  /** Other families, with their votes. */
  readonly families: readonly {
    readonly family: string
    readonly votes: number
    readonly engines: readonly string[]
  }[]
  /** Sources that take the sample for malicious, and for benign, where there are both; else empty. */
  readonly malicious: readonly string[]
  readonly benign: readonly string[]
}

/** Engines that must agree on a name, and detect or pass a sample, for it to count (AVClass's threshold). */
export const MIN_VOTES = 2

/** Sources whose labels are the word of people: it goes before that of engines. */
const PEOPLE: ReadonlySet<string> = new Set(['analyst', 'csv'])

const NO_AVCLASS =
  'families and categories are not told from detections: the files of AVClass are missing (--avclass DIR)'

/**
 * The consensus of a sample's labels; labels whose source is `consensus` are passed over.
 *
 * Family and category: as AVClass 2 has it, the first FAM tag, or token unknown to the taxonomy, that two engines or more
 * agree on; without AVClass's files none, since words alone do not tell names from noise. Malicious: two detections, or
 * more than half of those who looked. Benign: at least two engines looked at all of the sample and found nothing. What
 * people say, if they agree, goes before all that.
 * @param hashes SHA-256 first, then any other hashes of the sample, in lower case
 */
export function consensusOf(
  labels: readonly EngineLabel[],
  avclass: AvclassData | null,
  hashes: readonly [sha256: string, ...others: string[]],
): Consensus {
  const own = labels.filter(({ source }) => source !== 'consensus')
  const people = own.filter(({ source }) => PEOPLE.has(source))
  const engines = own.filter(({ source }) => !PEOPLE.has(source))
  const detections = engines.flatMap(({ engine, detection, state }) =>
    detection === null || state !== 'found' ? [] : [{ engine, detection }],
  )
  const ranked = avclass ? rankTags(detections, hashes, avclass) : []
  const family = familyOf(people, ranked, avclass)
  const agreed = ranked.filter(({ votes }) => votes >= MIN_VOTES)
  const { detected, scanned } = countOf(engines)
  return {
    malicious: verdictOf(own),
    ...family,
    cluster: family.family ?? `SINGLETON:${hashes[0]}`,
    category:
      agreedOn(people.map((label) => label.category)) ??
      agreed.find(({ kind }) => kind === 'CLASS')?.tag ??
      null,
    detected,
    scanned,
    tags: agreed,
    clash: { families: otherFamilies(family.family, people, ranked, avclass), ...sidesOf(own) },
    notes: avclass || detections.length === 0 ? [] : [NO_AVCLASS],
    version: avclass?.version ?? null,
  }
}

type Family = Pick<Consensus, 'family' | 'basis' | 'votes' | 'engines'>

function familyOf(
  people: readonly EngineLabel[],
  ranked: readonly RankedTag[],
  avclass: AvclassData | null,
): Family {
  const naming = people.filter((label) => label.family !== null)
  const keys = new Set(naming.map((label) => familyKey(label.family!, avclass)))
  if (keys.size === 1) {
    const engines = [...new Set(naming.map(({ engine }) => engine))]
    return { family: naming[0]!.family, basis: 'people', votes: engines.length, engines }
  }
  const best = ranked.find((tag) => tag.votes >= MIN_VOTES && isFamily(tag))
  if (!best) return { family: null, basis: 'nobody', votes: 0, engines: [] }
  return { family: best.tag, basis: 'engines', votes: best.votes, engines: best.engines }
}

function isFamily({ kind }: RankedTag): boolean {
  return kind === 'FAM' || kind === 'UNK'
}

/** What a family is called by AVClass, so that Zbot and zeus are one; else its letters and digits. */
function familyKey(family: string, avclass: AvclassData | null): string {
  const tags = avclass ? [...labelTags(family, [], avclass)] : []
  const known = tags.find((tag) => avclass!.taxonomy.get(tag)?.kind === 'FAM')
  return known ?? family.toLowerCase().replace(/[^\p{L}\p{N}]/gu, '')
}

function otherFamilies(
  family: string | null,
  people: readonly EngineLabel[],
  ranked: readonly RankedTag[],
  avclass: AvclassData | null,
): Clash['families'] {
  const key = family === null ? null : familyKey(family, avclass)
  const stated = new Map<string, { family: string; engines: Set<string> }>()
  for (const label of people) {
    if (label.family === null || familyKey(label.family, avclass) === key) continue
    const own = familyKey(label.family, avclass)
    const known = stated.get(own) ?? { family: label.family, engines: new Set() }
    stated.set(own, { ...known, engines: known.engines.add(label.engine) })
  }
  // A token that the taxonomy does not know is a name only where engines agree on it.
  const voted = ranked.filter((tag) => tag.kind === 'FAM' || (tag.kind === 'UNK' && tag.votes >= MIN_VOTES))
  return [
    ...[...stated.values()].map(({ family, engines }) => ({
      family,
      votes: engines.size,
      engines: [...engines],
    })),
    ...voted
      .filter(({ tag }) => tag !== key)
      .map(({ tag, votes, engines }) => ({ family: tag, votes, engines })),
  ]
}

function verdictOf(labels: readonly EngineLabel[]): 0 | 1 | null {
  const stated = labels.filter(({ source }) => PEOPLE.has(source)).map(({ malicious }) => malicious)
  const said = stated.filter((verdict) => verdict !== null)
  if (said.length > 0) return agreedOn(said)
  const { detected, scanned } = countOf(labels.filter(({ source }) => !PEOPLE.has(source)))
  if (detected >= MIN_VOTES || detected * 2 > scanned) return 1
  return detected === 0 && scanned >= MIN_VOTES ? 0 : null
}

function agreedOn<Value extends string | number>(values: readonly (Value | null)[]): Value | null {
  const said = new Set(values.filter((value) => value !== null))
  const [first] = said
  return said.size === 1 ? first! : null
}

/** An engine counts once whatever sources it speaks through, and engines of one detection count as one. */
function countOf(engines: readonly EngineLabel[]): { detected: number; scanned: number } {
  const finding = engines.filter(({ malicious }) => malicious === 1)
  const names = new Set(finding.map(({ engine }) => engine))
  const seen = new Set<string>()
  const counted = new Set<string>()
  for (const { engine, detection } of finding) {
    const bare = bareDetection(detection ?? '')
    if (bare !== '' && seen.has(bare)) continue
    seen.add(bare)
    counted.add(engine)
  }
  const clean = engines.filter(({ malicious, engine }) => malicious === 0 && !names.has(engine))
  return { detected: counted.size, scanned: counted.size + new Set(clean.map(({ engine }) => engine)).size }
}

/** The verdict of each source alone, where they are not of one mind. */
function sidesOf(labels: readonly EngineLabel[]): Pick<Clash, 'malicious' | 'benign'> {
  const sources = [...new Set(labels.map(({ source }) => source))]
  const verdicts = sources.map((source) => ({
    source,
    verdict: sideOf(labels.filter((label) => label.source === source)),
  }))
  const side = (verdict: 0 | 1) =>
    verdicts.filter((each) => each.verdict === verdict).map(({ source }) => source)
  const [malicious, benign] = [side(1), side(0)]
  return malicious.length > 0 && benign.length > 0 ? { malicious, benign } : { malicious: [], benign: [] }
}

/** Of a source with one engine what that says; of one with several what they agree on. */
function sideOf(labels: readonly EngineLabel[]): 0 | 1 | null {
  return labels.length === 1 ? labels[0]!.malicious : verdictOf(labels)
}

/** The consensus as a label among the others, for a store. */
export function consensusLabel(consensus: Consensus, at: number): EngineLabel {
  const { malicious, family, category, version } = consensus
  return {
    ...{ malicious, family, category, firstSeen: null, by: 'consensus' },
    ...{ source: 'consensus', engine: 'avclass', detection: null, version, at },
    state: malicious === null ? 'undecided' : malicious === 1 ? 'found' : 'clean',
    problem: null,
  }
}

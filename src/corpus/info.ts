import { byCodePoint } from '../core/index.ts'
import { KINDS, type Kind, type View } from '../samples/index.ts'
import type { RowHead } from './row.ts'

/** What a corpus holds, in figures. */
export interface CorpusInfo {
  readonly rows: number
  /** Distinct ids. */
  readonly samples: number
  /** Figures apart for each view and kind, in that order: their traces are never compared. */
  readonly parts: readonly PartInfo[]
  /** Rows by name, most first, then by name; null stands for rows without one. */
  readonly families: readonly NamedRows[]
  readonly categories: readonly NamedRows[]
  readonly dialects: readonly NamedRows[]
  readonly sources: readonly NamedRows[]
  readonly firstSeen: {
    readonly earliest: string | null
    readonly latest: string | null
    readonly unknown: number
  }
  /** Rows whose source was read or recorded only in part. */
  readonly partial: number
}

/** The traces of one view and kind. */
export interface PartInfo {
  readonly view: View
  readonly kind: Kind
  readonly rows: number
  readonly malicious: number
  readonly benign: number
  readonly unlabelled: number
  /** Tokens in the whole traces; the median and the 90th percentile are the nearest ranks. */
  readonly lengths: {
    readonly minimum: number
    readonly median: number
    readonly p90: number
    readonly maximum: number
  }
  /** Distinct contents. */
  readonly groups: number
  /** Rows beyond the first of their group. */
  readonly duplicates: number
  /** Groups with both malicious and benign rows, and the rows in them. */
  readonly labelClashes: Clashes
  /** Groups with rows of different families, rows without one apart, and the rows in them. */
  readonly familyClashes: Clashes
}

/** Groups whose rows disagree in a label, and the rows in them. */
export interface Clashes {
  readonly groups: number
  readonly rows: number
}

/** How many rows bear a name; null for those that bear none. */
export interface NamedRows {
  readonly name: string | null
  readonly rows: number
}

/** Counts rows. Memory grows with the distinct ids and groups. */
export async function corpusInfo(heads: AsyncIterable<RowHead>): Promise<CorpusInfo> {
  const ids = new Set<string>()
  const parts = new Map<string, RowHead[]>()
  const tables = {
    families: new Map<string | null, number>(),
    categories: new Map<string | null, number>(),
    dialects: new Map<string | null, number>(),
    sources: new Map<string | null, number>(),
  }
  const days: string[] = []
  let [rows, partial, undated] = [0, 0, 0]
  for await (const head of heads) {
    rows++
    ids.add(head.id)
    const { family, category, firstSeen } = head.label
    for (const [table, name] of [
      [tables.families, family],
      [tables.categories, category],
      [tables.dialects, head.dialect],
      [tables.sources, head.source],
    ] as const) {
      table.set(name, (table.get(name) ?? 0) + 1)
    }
    if (head.state === 'partial') partial++
    if (firstSeen === null) undated++
    else days.push(firstSeen)
    const key = `${head.view} ${KINDS.indexOf(head.kind)}`
    const part = parts.get(key) ?? []
    parts.set(key, part)
    part.push(head)
  }
  days.sort()
  return {
    rows,
    samples: ids.size,
    parts: [...parts].sort(([a], [b]) => byCodePoint(a, b)).map(([, heads]) => partInfo(heads)),
    families: named(tables.families),
    categories: named(tables.categories),
    dialects: named(tables.dialects),
    sources: named(tables.sources),
    firstSeen: { earliest: days[0] ?? null, latest: days.at(-1) ?? null, unknown: undated },
    partial,
  }
}

function partInfo(heads: readonly RowHead[]): PartInfo {
  const lengths = Float64Array.from(heads, ({ length }) => length).sort()
  const rank = (share: number) => lengths[Math.max(0, Math.ceil(share * lengths.length) - 1)]
  const groups = new Map<string, { rows: number; verdicts: Set<number>; families: Set<string> }>()
  const verdicts = { 1: 0, 0: 0, null: 0 }
  for (const { group, label } of heads) {
    const members = groups.get(group) ?? { rows: 0, verdicts: new Set(), families: new Set() }
    groups.set(group, members)
    members.rows++
    verdicts[`${label.malicious}`]++
    if (label.malicious !== null) members.verdicts.add(label.malicious)
    if (label.family !== null) members.families.add(label.family)
  }
  const clashes = (clash: (group: { verdicts: Set<number>; families: Set<string> }) => boolean): Clashes => {
    const clashing = [...groups.values()].filter(clash)
    return { groups: clashing.length, rows: clashing.reduce((sum, { rows }) => sum + rows, 0) }
  }
  return {
    view: heads[0].view,
    kind: heads[0].kind,
    rows: heads.length,
    malicious: verdicts[1],
    benign: verdicts[0],
    unlabelled: verdicts.null,
    lengths: { minimum: lengths[0], median: rank(0.5), p90: rank(0.9), maximum: lengths[lengths.length - 1] },
    groups: groups.size,
    duplicates: heads.length - groups.size,
    labelClashes: clashes((group) => group.verdicts.size > 1),
    familyClashes: clashes((group) => group.families.size > 1),
  }
}

function named(table: ReadonlyMap<string | null, number>): NamedRows[] {
  return [...table]
    .map(([name, rows]) => ({ name, rows }))
    .sort((a, b) => b.rows - a.rows || byCodePoint(a.name ?? '', b.name ?? ''))
}

import { clustersByKey, seededRandom, shuffle, UsageError } from '../core/index.ts'
import { type Corpus, openCorpus } from './corpus.ts'
import { type ImportCounts, importRows } from './import-rows.ts'
import type { Row, RowHead } from './row.ts'
import { isCorpus } from './shards.ts'

/** How a corpus is split in two. */
export interface SplitOptions {
  /** Share of the rows that the test corpus is to have, in 0 … 1, both excluded. */
  readonly test: number
  readonly seed: number
  /**
   * `group`: classes and families in equal shares on both sides; neither a content nor a sample stands on both.
   * `date`: the newest to the test side, all of a day on one; rows without a date on neither.
   */
  readonly by: 'group' | 'date'
  /** Leave out rows of the larger class until malicious and benign are as many, whole groups at a time. */
  readonly balanced?: boolean
}

/** What a split did. */
export interface SplitCounts {
  readonly train: ImportCounts
  readonly test: ImportCounts
  /** Rows left out to balance the classes. */
  readonly balancedAway: number
  /** Rows left out because nobody said when they were first seen. */
  readonly undated: number
  /** First day of the test side; null unless split by date. */
  readonly from: string | null
  /** Test rows whose content the training side has too: 0 unless split by date. */
  readonly shared: number
}

/**
 * Splits a corpus into two new ones. The same corpus, options and seed give the same split.
 * @throws UsageError for a share that leaves a side empty, or a folder that is a corpus already
 */
export async function splitCorpus(
  directory: string,
  train: string,
  test: string,
  options: SplitOptions,
): Promise<SplitCounts> {
  if (!(options.test > 0 && options.test < 1)) {
    throw new UsageError(`test share: must lie between 0 and 1, got ${options.test}`)
  }
  for (const folder of [train, test]) {
    if (await isCorpus(folder)) throw new UsageError(`${folder}: is a corpus already, a split makes new ones`)
  }
  const corpus = await openCorpus(directory)
  try {
    const heads: RowHead[] = []
    for await (const head of corpus.heads()) heads.push(head)
    const clusters = findClusters(heads)
    const kept = options.balanced
      ? balance(heads, clusters, options.seed)
      : new Uint8Array(heads.length).fill(1)
    const { sides, from } =
      options.by === 'date'
        ? splitByDate(heads, kept, options.test)
        : { sides: splitByCluster(heads, clusters, kept, options), from: null }
    const trainGroups = new Set(heads.filter((_, i) => sides[i] === TRAIN).map(({ group }) => group))
    const shared = heads.filter(({ group }, i) => sides[i] === TEST && trainGroups.has(group)).length
    for (const [side, name] of [
      [TRAIN, 'training'],
      [TEST, 'test'],
    ] as const) {
      if (!sides.includes(side)) throw new UsageError(`${directory}: the ${name} side would have no rows`)
    }
    return {
      train: await importRows(train, rowsOf(corpus, sides, TRAIN)),
      test: await importRows(test, rowsOf(corpus, sides, TEST)),
      balancedAway: kept.filter((keep) => keep === 0).length,
      undated: options.by === 'date' ? heads.filter(({ label }) => label.firstSeen === null).length : 0,
      from,
      shared,
    }
  } finally {
    corpus.close()
  }
}

const NEITHER = 0
const TRAIN = 1
const TEST = 2

async function* rowsOf(corpus: Corpus, sides: Uint8Array, side: number): AsyncGenerator<Row> {
  let i = 0
  for await (const row of corpus.rows()) if (sides[i++] === side) yield row
}

/** The cluster of each row: rows of one content or one sample belong together, and what belongs with them. */
export function findClusters(heads: readonly RowHead[]): Uint32Array {
  return clustersByKey(heads.map(({ id, group }) => [`i${id}`, `g${group}`]))
}

/**
 * Puts each cluster, the largest first, where it brings classes nearer to their shares: with T and R rows of a class on
 * the test and training side, the sum over classes of T²/t + R²/(1-t), which is least at T : R = t : (1-t).
 */
function splitByCluster(
  heads: readonly RowHead[],
  clusters: Uint32Array,
  kept: Uint8Array,
  { test, seed }: SplitOptions,
): Uint8Array {
  const members = new Map<number, number[]>()
  const totals = new Map<string, number>()
  for (const [row, head] of heads.entries()) {
    if (!kept[row]) continue
    const rows = members.get(clusters[row]) ?? []
    members.set(clusters[row], rows)
    rows.push(row)
    totals.set(classOf(head), (totals.get(classOf(head)) ?? 0) + 1)
  }
  const order = shuffle([...members.values()], seededRandom(seed)).sort((a, b) => b.length - a.length)
  const placed = [new Map<string, number>(), new Map<string, number>()]
  const shares = [1 - test, test]
  const sides = new Uint8Array(heads.length)
  for (const rows of order) {
    const counts = new Map<string, number>()
    for (const row of rows) counts.set(classOf(heads[row]), (counts.get(classOf(heads[row])) ?? 0) + 1)
    const [train, tested] = placed.map((classes, side) => {
      let cost = 0
      for (const [name, n] of counts) {
        const total = totals.get(name)!
        cost += (2 * (classes.get(name) ?? 0) * n + n * n) / (shares[side] * (total * total))
      }
      return cost
    })
    const side = tested < train ? 1 : 0
    for (const [name, n] of counts) placed[side].set(name, (placed[side].get(name) ?? 0) + n)
    for (const row of rows) sides[row] = side === 1 ? TEST : TRAIN
  }
  return sides
}

function classOf({ view, label }: RowHead): string {
  return JSON.stringify([view, label.malicious, label.family])
}

function splitByDate(
  heads: readonly RowHead[],
  kept: Uint8Array,
  share: number,
): { sides: Uint8Array; from: string } {
  const days = heads
    .filter((_, i) => kept[i])
    .map(({ label }) => label.firstSeen)
    .filter((day) => day !== null)
    .sort()
  if (days.length === 0) throw new UsageError('split by date: no row has a first_seen date')
  // The day whose first row is nearest to the wanted share from the end.
  const wanted = days.length * (1 - share)
  let from = days[0]
  let nearest = Number.POSITIVE_INFINITY
  for (let i = 0; i < days.length; i++) {
    if ((i === 0 || days[i] !== days[i - 1]) && Math.abs(i - wanted) < nearest) {
      nearest = Math.abs(i - wanted)
      from = days[i]
    }
  }
  const sides = Uint8Array.from(heads, ({ label }, i) => {
    if (!kept[i] || label.firstSeen === null) return NEITHER
    return label.firstSeen < from ? TRAIN : TEST
  })
  return { sides, from }
}

/** 1 for rows to keep: clusters of the larger class alone are left out, in seeded order, while it stays the larger. */
function balance(heads: readonly RowHead[], clusters: Uint32Array, seed: number): Uint8Array {
  const rows = [0, 0]
  const members = new Map<number, { rows: number[]; classes: Set<0 | 1 | null> }>()
  for (const [row, { label }] of heads.entries()) {
    if (label.malicious !== null) rows[label.malicious]++
    const cluster = members.get(clusters[row]) ?? { rows: [], classes: new Set() }
    members.set(clusters[row], cluster)
    cluster.rows.push(row)
    cluster.classes.add(label.malicious)
  }
  if (rows[0] === 0 || rows[1] === 0) throw new UsageError('balance: only one class has rows')
  const larger = rows[1] > rows[0] ? 1 : 0
  let surplus = Math.abs(rows[1] - rows[0])
  const kept = new Uint8Array(heads.length).fill(1)
  for (const cluster of shuffle([...members.values()], seededRandom(seed))) {
    if (cluster.classes.size > 1 || !cluster.classes.has(larger) || cluster.rows.length > surplus) continue
    for (const row of cluster.rows) kept[row] = 0
    surplus -= cluster.rows.length
  }
  return kept
}

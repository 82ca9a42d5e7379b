import { LONGEST, TOTALS, type ToldGrams } from '../kernels/ngrams/ngrams.ts'
import { documentsWorth, gainOf } from './information-gain.ts'

/** Which n-grams are wanted, as plain data. */
export interface BestSettings {
  /** How many of each n, for each training set. */
  readonly count: number
  /** Leave out n-grams that stand in fewer rows of the training set than this. */
  readonly minDocuments: number
  /** For each training set and cell whether its rows belong to it, [sets, cells]. */
  readonly inSet: Uint8Array
  /** Rows of each class in each training set, [sets, classes]. */
  readonly rowsPerClass: Uint32Array
  /** Class of each cell; `classes` where it has none. */
  readonly classOf: Uint32Array
  readonly classes: number
  /** Whether to say in how many rows of each class each n-gram stands; many n-grams take much memory so. */
  readonly withDocuments: boolean
}

/** An n-gram with its information gain in nats. */
export interface RankedGram {
  /** Its tokens, one UTF-16 code unit each: such strings compare token by token and are small. */
  readonly gram: string
  readonly gain: number
  /** The training rows of each class that have it; [] where nobody asked. */
  readonly documents: readonly number[]
}

/** The best n-grams by training set and n, best first: [sets][n - 1]. Of equal gains the one first token by token. */
export type BestLists = readonly (readonly (readonly RankedGram[])[])[]

/** Keeps the best n-grams of those it is offered. */
export interface BestGrams {
  offer(told: ToldGrams): void
  /** Fewest documents with which an n-gram can still be among the best, by n; grows as better ones come. */
  readonly least: Uint32Array
  lists(): BestLists
}

const NONE: readonly number[] = []

/** Keeps the best n-grams of every training set and every n. */
export function bestGrams(settings: BestSettings): BestGrams {
  const { classOf, classes, inSet, rowsPerClass, minDocuments, count, withDocuments } = settings
  const cells = classOf.length
  const sets = cells === 0 ? 0 : inSet.length / cells
  const rows = Array.from({ length: sets }, (_, set) =>
    rowsPerClass.subarray(set * classes, (set + 1) * classes),
  )
  const gains = rows.map(gainOf)
  const worth = rows.map((each) => documentsWorth(each.reduce((sum, n) => sum + n, 0)))
  const kept = rows.map(() => Array.from({ length: LONGEST }, () => gramList(count)))
  const least = new Uint32Array(TOTALS).fill(
    count === 0 || sets === 0 ? 0xffffffff : Math.max(1, minDocuments),
  )
  const raise = (n: number) => {
    let fewest = 0xffffffff
    for (let set = 0; set < sets; set++) fewest = Math.min(fewest, worth[set](kept[set][n - 1].least()))
    least[n] = Math.max(least[n], fewest)
  }
  const documents = new Uint32Array(classes)
  const names: string[] = []
  return {
    least,
    offer({ from, to, documents: all, tokens, cells: counts }) {
      const longest = longestWorth(least, from, to, all)
      if (longest === 0) return
      names.length = 0
      for (let set = 0; set < sets; set++) {
        documents.fill(0)
        let present = 0
        for (let i = 0; i < counts.length; i += 2) {
          if (inSet[set * cells + counts[i]] === 0) continue
          documents[classOf[counts[i]]] += counts[i + 1]
          present += counts[i + 1]
        }
        if (present < Math.max(1, minDocuments)) continue
        const gain = gains[set](documents, 0)
        for (let n = from; n <= longest; n++) {
          const list = kept[set][n - 1]
          if (gain < list.least()) continue
          names[n] ??= String.fromCharCode(...tokens.subarray(0, n))
          const ranked = { gram: names[n], gain, documents: withDocuments ? [...documents] : NONE }
          if (list.offer(ranked)) raise(n)
        }
      }
    },
    lists: () => kept.map((byLength) => byLength.map((list) => list.sorted())),
  }
}

/** The longest n-gram told of that may be among the best, 0 where none may. */
function longestWorth(least: Uint32Array, from: number, to: number, documents: number): number {
  for (let n = to; n >= from; n--) if (documents >= least[n]) return n
  return 0
}

/** The best of several lists of best, which no n-gram may share. */
export function mergeBest(all: readonly BestLists[], count: number): BestLists {
  return all[0].map((byLength, set) =>
    byLength.map((_, n) => {
      const ranked = all.flatMap((lists) => lists[set][n])
      return ranked.sort(byRank).slice(0, count)
    }),
  )
}

/** The best of a range of n, from the best of each n of one training set. */
export function topGrams(
  byLength: readonly (readonly RankedGram[])[],
  [shortest, longest]: readonly [number, number],
  count: number,
): RankedGram[] {
  return byLength
    .slice(shortest - 1, longest)
    .flat()
    .sort(byRank)
    .slice(0, count)
}

/** Better first: by gain, of equal ones the shorter, then the one first token by token. */
export function byRank(a: RankedGram, b: RankedGram): number {
  return b.gain - a.gain || byGram(a.gram, b.gram)
}

/** Ascending by length, then token by token. */
export function byGram(a: string, b: string): number {
  return a.length - b.length || (a < b ? -1 : a > b ? 1 : 0)
}

/** A list of the best n-grams of one length: it grows to twice the size wanted, and then the worse half is dropped. */
function gramList(count: number) {
  const kept: RankedGram[] = []
  let least = Number.NEGATIVE_INFINITY
  const cut = () => {
    // What was kept before is in order already, which the sort makes use of.
    kept.sort(byRank)
    if (count === 0 || kept.length < count) return
    kept.length = count
    least = kept[count - 1].gain
  }
  return {
    /** The gain from which one may be among the best, -∞ while there is room. */
    least: () => least,
    /** @returns whether the least gain may have risen */
    offer(ranked: RankedGram): boolean {
      kept.push(ranked)
      if (kept.length < 2 * count) return false
      cut()
      return true
    },
    sorted(): RankedGram[] {
      cut()
      return kept.slice()
    },
  }
}

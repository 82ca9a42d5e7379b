import { clustersByKey } from '../core/index.ts'
import type { View } from '../samples/index.ts'
import { type Difference, pairedDifferences } from './bootstrap.ts'
import { OVERALL } from './figures.ts'
import { measurer } from './measures.ts'
import { numberGroups } from './numbering.ts'
import { type ScoredRows, selectScored } from './scored-rows.ts'

/** One recipe's answers, with the numbers of the rows they are for. */
export interface Answered {
  readonly recipe: string
  readonly view: View
  readonly rows: Uint32Array
  readonly scored: ScoredRows
}

/** How much better one recipe does than another on the rows that both answered. */
export interface Comparison {
  readonly view: View
  readonly first: string
  readonly second: string
  /** Rows that both answered. */
  readonly rows: number
  readonly accuracy: Difference
  readonly weightedF1: Difference
  readonly macroF1: Difference
}

/**
 * Every other recipe against the first one of its view, by paired bootstrap. Rows that look the same to either recipe
 * are drawn together. Nothing for recipes whose classes differ or that share no row.
 */
export function compareRecipes(answered: readonly Answered[]): Comparison[] {
  return answered.flatMap((second) => {
    const first = answered.find(({ view }) => view === second.view)
    if (!first || first === second) return []
    if (first.scored.classes.join('\n') !== second.scored.classes.join('\n')) return []
    return compare(first, second) ?? []
  })
}

function compare(first: Answered, second: Answered): Comparison | null {
  const places = new Map(Array.from(second.rows, (row, i) => [row, i]))
  const inFirst = Uint32Array.from(first.rows.keys()).filter((i) => places.has(first.rows[i]))
  if (inFirst.length === 0) return null
  const inSecond = inFirst.map((i) => places.get(first.rows[i])!)
  const [a, b] = [selectScored(first.scored, inFirst), selectScored(second.scored, inSecond)]
  const clusters = joinClusters(a.clusters, b.clusters)
  const found = pairedDifferences(measurer({ ...a, clusters }), measurer({ ...b, clusters }))
  const of = (name: (typeof OVERALL)[number]) => found[OVERALL.indexOf(name)]
  return {
    ...{ view: first.view, first: first.recipe, second: second.recipe },
    rows: inFirst.length,
    accuracy: of('accuracy'),
    weightedF1: of('weightedF1'),
    macroF1: of('macroF1'),
  }
}

/** Clusters such that rows that share one of either kind share one. */
export function joinClusters(a: Uint32Array, b: Uint32Array): Uint32Array {
  return numberGroups([...clustersByKey(Array.from(a, (cluster, row) => [`a${cluster}`, `b${b[row]}`]))])
}

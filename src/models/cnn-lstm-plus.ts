import { exp } from '../core/index.ts'
import type { SparseMatrix } from '../features/index.ts'
import { type BlendMember, blendKind, type Sight } from './blend.ts'
import { boosting } from './boosting.ts'
import { type ClassifierKind, type KindSetting, type OwnSettings, ownDefaults } from './classifier-kind.ts'
import { forest } from './forest.ts'
import { nearestNeighbours } from './nearest-neighbours.ts'
import { namedNetworks } from './network/architectures.ts'
import { networkKind } from './network/network-kind.ts'

const network = networkKind(namedNetworks.find(({ name }) => name === 'cnn-lstm')!)

/** Settings of the network, whose epochs are fixed: they end where the rate has fallen. */
const NETWORK_SETTINGS = network.settings.filter(({ name }) => name !== 'patience' && name !== 'members')

const SETTINGS: readonly KindSetting[] = [
  ...NETWORK_SETTINGS,
  { name: 'networks', type: 'whole', otherwise: 1, least: 1, most: 64 },
  { name: 'trees', type: 'whole', otherwise: 200, least: 1, most: 10_000 },
  { name: 'rounds', type: 'whole', otherwise: 150, least: 1, most: 10_000 },
  { name: 'columnShare', type: 'number', otherwise: 0.1, least: 0.001, most: 1 },
  { name: 'neighbours', type: 'whole', otherwise: 5, least: 1, most: 1000 },
]

/** Values are taken for logarithms of no more than e to this, so that no sum of counts overflows. */
export const MOST_LOG = 600

/**
 * Rows with twice as many columns: behind the logarithms of counts each column's share of all counts of the row. A tree
 * can then ask how much of a trace something is, and not only how much of it there is.
 */
const withShares: Sight = sight('shares', 2, (x) => {
  const values = valuesOf(x)
  const starts = x.starts.map((at) => 2 * at)
  const indices = new Uint32Array(2 * x.indices.length)
  const both = new Float64Array(2 * values.length)
  const countAt = (i: number) => exp(Math.min(values[i], MOST_LOG)) - 1
  for (let row = 0; row < x.rows; row++) {
    const [from, to] = [x.starts[row], x.starts[row + 1]]
    let sum = 0
    for (let i = from; i < to; i++) sum += countAt(i)
    for (let i = from; i < to; i++) {
      const [log, share] = [from + i, to + i]
      indices[log] = x.indices[i]
      both[log] = values[i]
      indices[share] = x.columns + x.indices[i]
      both[share] = sum > 0 ? countAt(i) / sum : 0
    }
  }
  return { ...x, columns: 2 * x.columns, starts, indices, values: both }
})

function valuesOf({ values, indices }: SparseMatrix): Float64Array {
  return values ? values.slice() : new Float64Array(indices.length).fill(1)
}

/** Makes the rows anew only for another matrix: what kernels keep goes by the matrix. */
function sight(name: Sight['name'], times: number, make: (x: SparseMatrix) => SparseMatrix): Sight {
  const made = new WeakMap<SparseMatrix, SparseMatrix>()
  return {
    name,
    times,
    rows(x) {
      const known = made.get(x) ?? make(x)
      made.set(x, known)
      return known
    },
  }
}

/**
 * What measurement paid for beside the network of `cnn-lstm`: extremely randomized trees, boosted trees and the nearest
 * neighbours over n-grams, all in one vote. The grid is the networks' share of it; the three others have equal shares of
 * the rest.
 */
export const cnnLstmPlus = blendKind({
  name: 'cnn-lstm-plus',
  gridName: 'networkShare',
  defaultGrid: [0.1, 0.2],
  settings: SETTINGS,
  folds: ({ validations }) => validations,
  steps: ({ networks, horizon }) => networks * horizon,
  members: (own) => [
    ...Array.from({ length: own.networks }, (_, i) => networkMember(own, i)),
    other('forest', forest, 0, 2, { trees: own.trees, extra: 1 }, withShares),
    other('boosting', boosting, 1, 0.1, { rounds: own.rounds, columnShare: own.columnShare }, withShares),
    other('neighbours', nearestNeighbours, 0, own.neighbours, {}),
  ],
})

/** A member that is no network. @param value the only one of its grid */
function other(
  name: string,
  kind: ClassifierKind,
  slope: number,
  value: number,
  own: OwnSettings,
  sight?: Sight,
): BlendMember {
  return {
    ...{ name, kind, slope },
    weight: (share) => (1 - share) / 3,
    settings: (given) => ({ ...given, value, own: { ...ownDefaults(kind), ...own } }),
    ...(sight ? { sight } : {}),
  }
}

function networkMember(own: OwnSettings, i: number): BlendMember {
  return {
    name: `network${i}`,
    kind: network,
    slope: 1,
    weight: (share) => share / own.networks,
    settings: (given) => ({
      ...given,
      value: own.horizon,
      seed: (Math.imul(given.seed, 7919) + i + 1) >>> 0,
      own: { ...own, members: 1, patience: 0 },
    }),
  }
}

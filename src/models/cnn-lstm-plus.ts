import { exp } from '../core/index.ts'
import type { SparseMatrix } from '../features/index.ts'
import { type BlendMember, blendKind, type Sight } from './blend.ts'
import { boosting } from './boosting.ts'
import type { KindSetting, OwnSettings } from './classifier-kind.ts'
import { ownDefaults } from './classifier-kind.ts'
import { forest } from './forest.ts'
import { linearSvm } from './linear-svm.ts'
import { namedNetworks } from './network/architectures.ts'
import { networkKind } from './network/network-kind.ts'

const network = networkKind(namedNetworks.find(({ name }) => name === 'cnn-lstm')!)

/** Settings of the network, whose epochs are fixed: they end where the rate has fallen. */
const NETWORK_SETTINGS = network.settings.filter(({ name }) => name !== 'patience' && name !== 'members')

const SETTINGS: readonly KindSetting[] = [
  ...NETWORK_SETTINGS,
  { name: 'networks', type: 'whole', otherwise: 3, least: 1, most: 64 },
  { name: 'trees', type: 'whole', otherwise: 300, least: 1, most: 10_000 },
  { name: 'rounds', type: 'whole', otherwise: 150, least: 1, most: 10_000 },
  { name: 'columnShare', type: 'number', otherwise: 0.1, least: 0.001, most: 1 },
  { name: 'C', type: 'number', otherwise: 10, least: 1e-6, most: 1e6 },
]

/** Rows divided by their Euclidean lengths, as an SVM wants them. */
const normalised: Sight = sight(1, (x) => {
  const values = valuesOf(x)
  for (let row = 0; row < x.rows; row++) {
    const own = values.subarray(x.starts[row], x.starts[row + 1])
    const length = Math.sqrt(own.reduce((sum, value) => sum + value * value, 0))
    if (length > 0) for (let i = 0; i < own.length; i++) own[i] /= length
  }
  return { ...x, values }
})

/**
 * Rows with twice as many columns: behind the logarithms of counts each column's share of all counts of the row. A tree
 * can then ask how much of a trace something is, and not only how much of it there is.
 */
const withShares: Sight = sight(2, (x) => {
  const values = valuesOf(x)
  const starts = x.starts.map((at) => 2 * at)
  const indices = new Uint32Array(2 * x.indices.length)
  const both = new Float64Array(2 * values.length)
  for (let row = 0; row < x.rows; row++) {
    const [from, to] = [x.starts[row], x.starts[row + 1]]
    let sum = 0
    for (let i = from; i < to; i++) sum += exp(values[i]) - 1
    for (let i = from; i < to; i++) {
      const [log, share] = [from + i, to + i]
      indices[log] = x.indices[i]
      both[log] = values[i]
      indices[share] = x.columns + x.indices[i]
      both[share] = (exp(values[i]) - 1) / sum
    }
  }
  return { ...x, columns: 2 * x.columns, starts, indices, values: both }
})

function valuesOf({ values, indices }: SparseMatrix): Float64Array {
  return values ? values.slice() : new Float64Array(indices.length).fill(1)
}

/** Makes the rows anew only for another matrix: what kernels keep goes by the matrix. */
function sight(times: number, make: (x: SparseMatrix) => SparseMatrix): Sight {
  const made = new WeakMap<SparseMatrix, SparseMatrix>()
  return {
    times,
    rows(x) {
      const known = made.get(x) ?? make(x)
      made.set(x, known)
      return known
    },
  }
}

/**
 * What measurement paid for beside the network of `cnn-lstm`: networks from several beginnings, extremely randomized
 * trees, boosted trees and a linear SVM over n-grams, all of them in one vote. The grid is the networks' share of it; the
 * others have equal shares of the rest.
 */
export const cnnLstmPlus = blendKind({
  name: 'cnn-lstm-plus',
  gridName: 'networkShare',
  defaultGrid: [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6],
  settings: SETTINGS,
  folds: ({ validations }) => validations,
  steps: ({ networks, horizon }) => networks * horizon,
  members: (own) => [
    ...Array.from({ length: own.networks }, (_, i) => networkMember(own, i)),
    {
      name: 'forest',
      kind: forest,
      slope: 0,
      weight: (share) => (1 - share) / 2,
      sight: withShares,
      settings: (given) => ({
        ...given,
        value: 2,
        own: { ...ownDefaults(forest), trees: own.trees, extra: 1 },
      }),
    },
    {
      name: 'boosting',
      kind: boosting,
      slope: 1,
      weight: (share) => (1 - share) / 4,
      sight: withShares,
      settings: (given) => ({
        ...given,
        value: 0.1,
        own: { ...ownDefaults(boosting), rounds: own.rounds, columnShare: own.columnShare },
      }),
    },
    {
      name: 'svm',
      kind: linearSvm,
      slope: 2,
      weight: (share) => (1 - share) / 4,
      sight: normalised,
      settings: (given) => ({ ...given, value: own.C, tolerance: 0.01, own: ownDefaults(linearSvm) }),
    },
  ],
})

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

import type { SparseMatrix } from '../../features/index.ts'
import { chooseEngine, floatBytesOf, openEngine } from '../../kernels/network/engine.ts'
import type { Model, Tensor } from '../classifier.ts'
import { bestOther } from '../linear-model.ts'
import type { Architecture } from './architecture.ts'
import { layOut, type NetworkSize } from './layout.ts'
import { type Network, openNetwork } from './network.ts'
import { type Shares, sharesOf } from './shares.ts'
import type { Parameter } from './stage.ts'
import { sizesOf } from './train-network.ts'

/** What is learned of a network: its members' weights, each in the order of its parameters. */
export interface LearnedNetwork {
  readonly architecture: Architecture
  readonly vocabulary: number
  readonly columns: number
  readonly members: readonly Float32Array[]
  /** Mean loss of each epoch, over the members. */
  readonly losses: Float64Array
}

/** A network as a model: its decision values are the means of its members' logarithms of the softmax. */
export function networkModel(name: string, classes: number, learned: LearnedNetwork): Model {
  const { members } = learned
  let opened: { readonly size: NetworkSize; readonly networks: readonly Network[] } | null = null
  /** Networks with room for these rows: those opened before, where they have it. */
  function networksFor(x: SparseMatrix): readonly Network[] {
    const { steps, entries } = sizesOf(x)
    if (!opened || opened.size.steps < steps || opened.size.entries < entries) {
      const size = networkSize(learned, classes, steps, entries)
      opened = { size, networks: members.map((weights) => openWith(size, weights)) }
    }
    return opened.networks
  }
  function decide(x: SparseMatrix): Float64Array {
    const rows = Uint32Array.from({ length: x.rows }, (_, row) => row)
    const decided = networksFor(x).map((network) => network.decide(x, rows))
    return decided[0].map((_, i) => decided.reduce((sum, each) => sum + each[i], 0) / decided.length)
  }
  function shares(x: SparseMatrix, row: number, target: number): Shares & { rival: number; lead: number } {
    const alone = takeRow(x, row)
    const decisions = decide(alone)
    const rival = bestOther(decisions, target)
    const found = sharesOf(learned, classes, alone, target, rival)
    return { ...found, rival, lead: decisions[target] - (rival < 0 ? 0 : decisions[rival]) }
  }
  return {
    name,
    classes,
    decide,
    contributions(x, row, target) {
      const { columns, columnShares, stepShares, rival, lead } = shares(x, row, target)
      const base = [...columnShares, ...stepShares].reduce((rest, share) => rest - share, lead)
      return { columns, shares: columnShares, base, rival }
    },
    ...(learned.architecture.sequence.length > 0
      ? { steps: (x: SparseMatrix, row: number, target: number) => shares(x, row, target).stepShares }
      : {}),
    losses: learned.losses,
    tensors: tensorsOf(learned, classes),
  }
}

/** The size of a network that decides, and learns nothing. */
export function networkSize(
  { architecture, vocabulary, columns }: LearnedNetwork,
  classes: number,
  steps: number,
  entries: number,
): NetworkSize {
  return {
    ...{ architecture, vocabulary, columns, classes, steps, entries },
    ...{ microBatches: 0, threads: 1, floatBytes: floatBytesOf(chooseEngine()) },
  }
}

function openWith(size: NetworkSize, weights: Float32Array): Network {
  const layout = layOut(size)
  const network = openNetwork(size, layout, openEngine(chooseEngine(), layout.bytes), 0)
  network.weights.set(weights)
  network.pack()
  return network
}

/** One row as a matrix of its own. */
function takeRow({ columns, starts, indices, values, sequences }: SparseMatrix, row: number): SparseMatrix {
  const cut = <T extends Uint32Array | Float64Array>(array: T, of: Uint32Array) =>
    array.slice(of[row], of[row + 1]) as T
  const startsOf = (of: Uint32Array) => Uint32Array.of(0, of[row + 1] - of[row])
  return {
    rows: 1,
    columns,
    starts: startsOf(starts),
    indices: cut(indices, starts),
    values: values && cut(values, starts),
    ...(sequences && {
      sequences: {
        ...sequences,
        starts: startsOf(sequences.starts),
        tokens: cut(sequences.tokens, sequences.starts),
      },
    }),
  }
}

/** The parameters that an architecture declares. */
export function parametersOf(
  learned: Omit<LearnedNetwork, 'members' | 'losses'>,
  classes: number,
): readonly Parameter[] {
  const { architecture, vocabulary, columns } = learned
  const none = { steps: 0, entries: 0, microBatches: 0, threads: 1, floatBytes: 4 } as const
  return layOut({ architecture, vocabulary, columns, classes, ...none }).parameters
}

const sizeOf = (shape: readonly number[]) => shape.reduce((product, n) => product * n, 1)

function tensorsOf(learned: LearnedNetwork, classes: number): Record<string, Tensor> {
  const tensors: Record<string, Tensor> = {
    losses: { shape: [learned.losses.length], data: learned.losses },
  }
  const parameters = parametersOf(learned, classes)
  learned.members.forEach((weights, member) => {
    for (const { name, shape, at } of parameters) {
      tensors[`${member}.${name}`] = { shape, data: weights.slice(at, at + sizeOf(shape)) }
    }
  })
  return tensors
}

/** What tensors hold of a network; null where they are not those of such a network. */
export function learnedFrom(
  tensors: Readonly<Record<string, Tensor>>,
  network: Omit<LearnedNetwork, 'members' | 'losses'>,
  classes: number,
  members: number,
): LearnedNetwork | null {
  const parameters = parametersOf(network, classes)
  const { losses } = tensors
  if (!(losses?.data instanceof Float64Array) || losses.shape.length !== 1) return null
  if (Object.keys(tensors).length !== 1 + members * parameters.length) return null
  const count = parameters.reduce((sum, { shape }) => sum + sizeOf(shape), 0)
  const read: Float32Array[] = []
  for (let member = 0; member < members; member++) {
    const weights = new Float32Array(count)
    for (const { name, shape, at } of parameters) {
      const tensor = tensors[`${member}.${name}`]
      if (!(tensor?.data instanceof Float32Array) || tensor.shape.join() !== shape.join()) return null
      weights.set(tensor.data, at)
    }
    read.push(weights)
  }
  return { ...network, members: read, losses: losses.data }
}

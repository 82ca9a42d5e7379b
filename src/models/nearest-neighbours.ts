import { exp } from '../core/index.ts'
import type { SparseMatrix } from '../features/index.ts'
import type { Contributions, Model, Tensor } from './classifier.ts'
import type { ClassifierKind } from './classifier-kind.ts'
import { bestOther } from './linear-model.ts'

const NAME = 'nearest-neighbours'

/**
 * The most similar training rows vote (Cover & Hart, "Nearest Neighbor Pattern Classification", 1967): similarity is the
 * cosine of two rows, and a neighbour's vote e^(sharpness · (similarity - that of the nearest)). Where a row shares no
 * column with any other, the classes' shares of the training rows decide. The grid is the number of neighbours. The model
 * keeps every training row, so its size is that of the corpus.
 */
export const nearestNeighbours: ClassifierKind = {
  name: NAME,
  gridName: 'neighbours',
  defaultGrid: [5],
  gridRange: { type: 'whole', least: 1, most: 1_000_000 },
  settings: [{ name: 'sharpness', type: 'number', otherwise: 10, least: 0, most: 1000 }],
  // Decisions are votes, whose lead of p over 1 - p is 2p - 1.
  plainSlope: 4,
  parts: () => 1,
  fitPart: (_x, y) => Float64Array.from(y),
  join([y], x, classes, { value, own }) {
    const how = { neighbours: value, sharpness: own.sharpness }
    const owners = Uint32Array.from(y)
    return neighboursModel(classes, { ...unitRows(x), y: owners, shares: sharesOf(owners, classes), ...how })
  },
  load(tensors, columns, classes) {
    const learned = loadNeighbours(tensors, columns, classes)
    return learned && neighboursModel(classes, learned)
  },
}

/** Training rows of length 1, with their classes. */
interface Neighbours {
  readonly rows: number
  readonly columns: number
  readonly starts: Uint32Array
  readonly indices: Uint32Array
  readonly values: Float32Array
  readonly y: Uint32Array
  /** Of the classes among the rows, [classes]. */
  readonly shares: Float64Array
  readonly neighbours: number
  readonly sharpness: number
}

/** Where each column stands in the training rows. */
interface Postings {
  readonly starts: Uint32Array
  readonly rows: Uint32Array
  readonly values: Float32Array
}

function neighboursModel(classes: number, learned: Neighbours): Model {
  const { columns, rows, y, shares, neighbours, sharpness } = learned
  const postings = postingsOf(learned)
  const similarities = new Float64Array(rows)
  /** The nearest rows of a row of length 1 and their votes, which add up to 1; none where nothing is shared. */
  function votesOn(x: Pick<Neighbours, 'starts' | 'indices' | 'values'>, row: number) {
    similarities.fill(0)
    for (let i = x.starts[row]; i < x.starts[row + 1]; i++) {
      const column = x.indices[i]
      for (let at = postings.starts[column]; at < postings.starts[column + 1]; at++) {
        similarities[postings.rows[at]] += x.values[i] * postings.values[at]
      }
    }
    const nearest = largest(similarities, neighbours).filter((other) => similarities[other] > 0)
    const votes = nearest.map((other) => exp(sharpness * (similarities[other] - similarities[nearest[0]])))
    const all = votes.reduce((sum, vote) => sum + vote, 0)
    return nearest.map((other, i) => ({ row: other, vote: votes[i] / all, similarity: similarities[other] }))
  }
  function decide(x: SparseMatrix): Float64Array {
    const unit = unitRows(x)
    const decisions = new Float64Array(x.rows * classes)
    for (let row = 0; row < x.rows; row++) {
      const votes = votesOn(unit, row)
      for (const { row: other, vote } of votes) decisions[row * classes + y[other]] += vote
      if (votes.length === 0) decisions.set(shares, row * classes)
    }
    return decisions
  }
  return {
    name: NAME,
    classes,
    decide,
    contributions(x, row, target): Contributions {
      const decided = decide(x).subarray(row * classes, (row + 1) * classes)
      const rival = bestOther(decided, target)
      const unit = unitRows(x)
      const [from, to] = [unit.starts[row], unit.starts[row + 1]]
      const own = new Float64Array(columns)
      for (const { row: other, vote, similarity } of votesOn(unit, row)) {
        const side = y[other] === target ? 1 : y[other] === rival ? -1 : 0
        // A vote is dealt out as the similarity is made up.
        for (let i = learned.starts[other]; side !== 0 && i < learned.starts[other + 1]; i++) {
          own[learned.indices[i]] += (side * vote * learned.values[i]) / similarity
        }
      }
      const columnsOfRow = unit.indices.slice(from, to)
      const dealt = Float64Array.from(columnsOfRow, (column, i) => own[column] * unit.values[from + i])
      const lead = decided[target] - (rival < 0 ? 0 : decided[rival])
      return {
        columns: columnsOfRow,
        shares: dealt,
        base: dealt.reduce((left, share) => left - share, lead),
        rival,
      }
    },
    tensors: {
      starts: { shape: [rows + 1], data: learned.starts },
      indices: { shape: [learned.indices.length], data: learned.indices },
      values: { shape: [learned.values.length], data: learned.values },
      y: { shape: [rows], data: y },
      how: { shape: [3], data: Float64Array.of(columns, neighbours, sharpness) },
    },
  }
}

function sharesOf(y: Uint32Array, classes: number): Float64Array {
  const shares = new Float64Array(classes)
  for (const own of y) shares[own] += 1 / y.length
  return shares
}

/** The numbers of the largest values, largest first, of equal ones the first. */
function largest(values: Float64Array, count: number): number[] {
  const found: number[] = []
  for (let i = 0; i < values.length; i++) {
    if (found.length === count && !(values[i] > values[found[count - 1]])) continue
    let at = found.length
    while (at > 0 && values[found[at - 1]] < values[i]) at--
    found.splice(at, 0, i)
    if (found.length > count) found.pop()
  }
  return found
}

/** The rows, each divided by its Euclidean length. */
function unitRows({ rows, columns, starts, indices, values }: SparseMatrix) {
  const unit = new Float32Array(indices.length)
  for (let row = 0; row < rows; row++) {
    let sum = 0
    for (let i = starts[row]; i < starts[row + 1]; i++) sum += values ? values[i] * values[i] : 1
    const length = Math.sqrt(sum)
    for (let i = starts[row]; i < starts[row + 1]; i++)
      unit[i] = length > 0 ? (values ? values[i] : 1) / length : 0
  }
  return { rows, columns, starts: Uint32Array.from(starts), indices: Uint32Array.from(indices), values: unit }
}

function postingsOf({ rows, columns, starts, indices, values }: Neighbours): Postings {
  const ends = new Uint32Array(columns + 1)
  for (const column of indices) ends[column + 1]++
  for (let column = 0; column < columns; column++) ends[column + 1] += ends[column]
  const next = ends.slice()
  const found = {
    starts: ends,
    rows: new Uint32Array(indices.length),
    values: new Float32Array(indices.length),
  }
  for (let row = 0; row < rows; row++) {
    for (let i = starts[row]; i < starts[row + 1]; i++) {
      const at = next[indices[i]]++
      found.rows[at] = row
      found.values[at] = values[i]
    }
  }
  return found
}

/** The rows that tensors hold; null where they are none. */
export function loadNeighbours(
  tensors: Readonly<Record<string, Tensor>>,
  columns: number,
  classes: number,
): Neighbours | null {
  if (Object.keys(tensors).sort().join() !== 'how,indices,starts,values,y') return null
  if (Object.values(tensors).some(({ shape }) => shape.length !== 1)) return null
  const [starts, indices, y] = [tensors.starts.data, tensors.indices.data, tensors.y.data]
  const [values, how] = [tensors.values.data, tensors.how.data]
  if (!(starts instanceof Uint32Array && indices instanceof Uint32Array && y instanceof Uint32Array))
    return null
  if (!(values instanceof Float32Array && how instanceof Float64Array) || how.length !== 3) return null
  const [width, neighbours, sharpness] = how
  if (width !== columns || !Number.isInteger(neighbours) || neighbours < 1 || sharpness < 0) return null
  const rows = y.length
  if (starts.length !== rows + 1 || starts[0] !== 0 || starts[rows] !== indices.length) return null
  if (values.length !== indices.length || y.some((own) => own >= classes)) return null
  for (let row = 0; row < rows; row++) {
    if (starts[row] > starts[row + 1]) return null
    for (let i = starts[row]; i < starts[row + 1]; i++) {
      if (indices[i] >= columns || (i > starts[row] && indices[i] <= indices[i - 1])) return null
    }
  }
  return { rows, columns, starts, indices, values, y, shares: sharesOf(y, classes), neighbours, sharpness }
}

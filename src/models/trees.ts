import type { SparseMatrix } from '../features/index.ts'

/**
 * Binary trees, one after the other, each in preorder: the left child of an inner node is the node after it. Which nodes
 * are leaves thus tells the whole shape, and no pointer of a file can lead astray.
 */
export interface Trees {
  /** First node of each tree, [trees]. */
  readonly roots: Uint32Array
  /** Number of columns of the rows. */
  readonly width: number
  /** Column that each node looks at; `width` at a leaf. [nodes] */
  readonly columns: Uint32Array
  /** Rows whose value is at or below it go left, [nodes]; 0 at a leaf. */
  readonly thresholds: Float64Array
  /** Right child of each inner node, [nodes]; at a leaf, its number among the leaves. */
  readonly right: Uint32Array
  readonly leaves: number
}

/**
 * The trees of such nodes, or null where they are none: a column too many, a tree that does not end, a threshold too
 * many or too few. @param thresholds those of the inner nodes, in order
 */
export function treesOf(nodes: Uint32Array, thresholds: Float64Array, columns: number): Trees | null {
  const roots: number[] = []
  const right = new Uint32Array(nodes.length)
  const spread = new Float64Array(nodes.length)
  const open: number[] = []
  let inner = 0
  let isRoot = true
  for (let node = 0; node < nodes.length; node++) {
    if (isRoot) roots.push(node)
    isRoot = false
    if (nodes[node] > columns) return null
    if (nodes[node] < columns) {
      if (inner === thresholds.length) return null
      spread[node] = thresholds[inner++]
      open.push(node)
      continue
    }
    right[node] = node - inner
    const parent = open.pop()
    if (parent === undefined) isRoot = true
    else right[parent] = node + 1
  }
  if (!isRoot || inner !== thresholds.length || roots.length === 0) return null
  return {
    roots: Uint32Array.from(roots),
    width: columns,
    columns: nodes,
    thresholds: spread,
    right,
    leaves: nodes.length - inner,
  }
}

/** Calls back with one row after the other, all its columns in one array that is used again for the next. */
export function eachDenseRow(x: SparseMatrix, visit: (values: Float64Array, row: number) => void): void {
  const dense = new Float64Array(x.columns)
  for (let row = 0; row < x.rows; row++) {
    fillRow(x, row, dense)
    visit(dense, row)
    for (let i = x.starts[row]; i < x.starts[row + 1]; i++) dense[x.indices[i]] = 0
  }
}

/** One row with all its columns. */
export function denseRow(x: SparseMatrix, row: number): Float64Array {
  const dense = new Float64Array(x.columns)
  fillRow(x, row, dense)
  return dense
}

function fillRow({ starts, indices, values }: SparseMatrix, row: number, dense: Float64Array): void {
  for (let i = starts[row]; i < starts[row + 1]; i++) dense[indices[i]] = values ? values[i] : 1
}

/** The leaf where a row ends in the tree of that root. @param row the value of each column */
export function leafOf(
  { width, columns, thresholds, right }: Trees,
  root: number,
  row: Float64Array,
): number {
  let node = root
  while (columns[node] < width) node = row[columns[node]] <= thresholds[node] ? node + 1 : right[node]
  return node
}

/** What the columns of one row did along its paths through the trees. */
export interface PathShares {
  /** Columns looked at, ascending. */
  readonly columns: Uint32Array
  readonly shares: Float64Array
  /** Sum of the roots' values, by the trees' weights. */
  readonly base: number
}

/**
 * Takes the weighted sum of the leaves' values apart: a node's column gets what the step to its child changed. Saabas,
 * "Interpreting random forests", 2014. @param values of every node, what a row that ends there is given; of a tree of
 * weight 0 nothing is looked at
 */
export function pathShares(
  trees: Trees,
  values: ArrayLike<number>,
  row: Float64Array,
  weightOf: (tree: number) => number,
): PathShares {
  const shares = new Float64Array(row.length)
  const looked = new Uint8Array(row.length)
  let base = 0
  trees.roots.forEach((root, tree) => {
    const weight = weightOf(tree)
    if (weight === 0) return
    base += weight * values[root]
    let node = root
    while (trees.columns[node] < trees.width) {
      const column = trees.columns[node]
      const child = row[column] <= trees.thresholds[node] ? node + 1 : trees.right[node]
      shares[column] += weight * (values[child] - values[node])
      looked[column] = 1
      node = child
    }
  })
  const columns = Uint32Array.from(looked.keys()).filter((column) => looked[column] === 1)
  return { columns, shares: Float64Array.from(columns, (column) => shares[column]), base }
}

/** Arrays one behind the other, as the parts of a fit give what they learned. */
export function joined(arrays: readonly Float64Array[]): Float64Array {
  const all = new Float64Array(arrays.reduce((length, array) => length + array.length, 0))
  let at = 0
  for (const array of arrays) {
    all.set(array, at)
    at += array.length
  }
  return all
}

import type { Tensor } from './classifier.ts'
import { pairsOf, type RbfLearned } from './rbf-model.ts'

const NAMES = 'coefficients,gamma,intercepts,perClass,support.indices,support.shape,support.starts'

/** What the tensors of an RBF model hold; null when their names, types, shapes or contents are not as `rbfModel` writes them. */
export function loadRbf(
  tensors: Readonly<Record<string, Tensor>>,
  columns: number,
  classes: number,
): RbfLearned | null {
  const names = Object.keys(tensors).sort().join()
  if (names !== NAMES && names !== `${NAMES},support.values`) return null
  const rows = tensors['support.starts'].data.length - 1
  const stored = tensors['support.indices'].data.length
  const shape = words(tensors['support.shape'], '2')
  const gamma = floats(tensors.gamma, '1')
  const perClass = words(tensors.perClass, `${classes}`)
  const coefficients = floats(tensors.coefficients, `${rows},${classes - 1}`)
  const intercepts = floats(tensors.intercepts, `${pairsOf(classes).length}`)
  const starts = words(tensors['support.starts'], `${rows + 1}`)
  const indices = words(tensors['support.indices'], `${stored}`)
  const values = 'support.values' in tensors ? floats(tensors['support.values'], `${stored}`) : null
  if (shape?.join() !== `${rows},${columns}`) return null
  if (!gamma || !(gamma[0] > 0) || !perClass || !coefficients || !intercepts || !starts || !indices)
    return null
  if ('support.values' in tensors && !values) return null
  if (perClass.reduce((sum, n) => sum + n, 0) !== rows || !areRows(starts, indices, columns)) return null
  return {
    gamma: gamma[0],
    perClass,
    coefficients,
    intercepts,
    support: { rows, columns, starts, indices, values },
  }
}

function floats({ shape, data }: Tensor, wanted: string): Float64Array | null {
  return data instanceof Float64Array && shape.join() === wanted ? data : null
}

function words({ shape, data }: Tensor, wanted: string): Uint32Array | null {
  return data instanceof Uint32Array && shape.join() === wanted ? data : null
}

/** Whether the rows follow one another without a gap, the columns of each ascending and known. */
function areRows(starts: Uint32Array, indices: Uint32Array, columns: number): boolean {
  if (starts[0] !== 0 || starts[starts.length - 1] !== indices.length) return false
  for (let row = 0; row + 1 < starts.length; row++) {
    if (starts[row] > starts[row + 1]) return false
    for (let i = starts[row]; i < starts[row + 1]; i++) {
      if (indices[i] >= columns || (i > starts[row] && indices[i] <= indices[i - 1])) return false
    }
  }
  return true
}

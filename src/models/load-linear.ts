import type { Tensor } from './classifier.ts'
import type { LinearWeights } from './linear-model.ts'

/** The weights in the tensors of a linear model; null when their names, types or shapes are not as `linearModel` writes them. */
export function loadLinear(
  tensors: Readonly<Record<string, Tensor>>,
  columns: number,
  outputs: number,
): LinearWeights | null {
  if (Object.keys(tensors).sort().join() !== 'intercepts,weights') return null
  const { weights, intercepts } = tensors
  if (!(weights.data instanceof Float64Array) || weights.shape.join() !== `${outputs},${columns}`) return null
  if (!(intercepts.data instanceof Float64Array) || intercepts.shape.join() !== `${outputs}`) return null
  return { outputs, weights: weights.data, intercepts: intercepts.data }
}

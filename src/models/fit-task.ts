import type { SparseMatrix } from '../features/index.ts'
import type { FitResources, FitSettings, TriedRows } from './classifier-kind.ts'
import { findClassifier } from './classifiers.ts'

/** One part of one fit, as it is given to a worker thread. */
export interface FitTask {
  readonly type: string
  /** Tasks of one matrix have one number: a worker keeps what it made of the last. */
  readonly matrix: number
  readonly x: SparseMatrix
  readonly y: Uint32Array
  readonly classes: number
  readonly part: number
  readonly settings: FitSettings
  /** Where decisions on other rows are wanted in place of what was learned. */
  readonly tried?: TriedRows
  readonly resources: FitResources
}

/** Does one task; the result depends on nothing but the task. */
export function runFitTask({ type, x, y, classes, part, settings, tried, resources }: FitTask): Float64Array {
  const kind = findClassifier(type)
  if (!kind) throw new Error(`no classifier is called ${type}`)
  if (tried) return kind.path!.decidePart(x, y, classes, part, settings, tried, resources)
  return kind.fitPart(x, y, classes, part, settings, resources)
}

import { serveTasks } from '../core/index.ts'
import type { SparseMatrix } from '../features/index.ts'
import { type FitTask, runFitTask } from './fit-task.ts'

// A matrix arrives anew with every task though its bytes are shared; what was made of it is found by its identity.
let last: { readonly matrix: number; readonly x: SparseMatrix } | null = null

serveTasks<FitTask, Float64Array>((task) => {
  if (last?.matrix !== task.matrix) last = { matrix: task.matrix, x: task.x }
  return runFitTask({ ...task, x: last.x })
})

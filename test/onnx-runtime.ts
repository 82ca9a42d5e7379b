import { InferenceSession, Tensor } from 'onnxruntime-node'
import type { SparseMatrix } from '../src/features/index.ts'
import type { OnnxModel } from '../src/models/index.ts'

/** What onnxruntime, on one thread, makes of inputs: each output's numbers by its name. */
export async function runOnnx(
  { parts }: OnnxModel,
  inputs: Readonly<Record<string, Tensor>>,
): Promise<Record<string, Float32Array>> {
  const session = await InferenceSession.create(Buffer.concat(parts), {
    intraOpNumThreads: 1,
    logSeverityLevel: 3,
  })
  try {
    const found = await session.run(inputs)
    return Object.fromEntries(Object.entries(found).map(([name, { data }]) => [name, data as Float32Array]))
  } finally {
    await session.release()
  }
}

/** The rows of a matrix with their zeros, as the input `columns` of a model takes them. */
export function columnsTensor({ inputs }: OnnxModel, x: SparseMatrix): Tensor {
  const isWide = inputs.find(({ name }) => name === 'columns')?.type === 'float64'
  const dense = isWide ? new Float64Array(x.rows * x.columns) : new Float32Array(x.rows * x.columns)
  for (let row = 0; row < x.rows; row++) {
    for (let i = x.starts[row]!; i < x.starts[row + 1]!; i++) {
      dense[row * x.columns + x.indices[i]!] = x.values ? x.values[i]! : 1
    }
  }
  return dense instanceof Float64Array
    ? new Tensor('float64', dense, [x.rows, x.columns])
    : new Tensor('float32', dense, [x.rows, x.columns])
}

/** The largest difference of numbers from those wanted; relative to those beyond 1. NaN where anything is NaN. */
export function largestDifference(got: ArrayLike<number>, wanted: ArrayLike<number>): number {
  let largest = got.length === wanted.length ? 0 : Number.NaN
  for (let i = 0; i < got.length; i++) {
    const difference = Math.abs(got[i]! - wanted[i]!) / Math.max(1, Math.abs(wanted[i]!))
    if (!(difference <= largest)) largest = difference
  }
  return largest
}

import { InferenceSession, Tensor } from 'onnxruntime-node'
import type { Sequences, SparseMatrix } from '../src/features/index.ts'
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

/**
 * The rows of a matrix as the inputs of a model take them. @param behind makes what stands behind the tokens of a row, where
 * nothing should look
 */
export function onnxInputs(
  { inputs }: OnnxModel,
  x: SparseMatrix,
  behind: () => number = () => 0,
): Record<string, Tensor> {
  return Object.fromEntries(
    inputs.map(({ name, type }) => {
      if (name === 'columns') return [name, columnsTensor(x, type === 'float64')]
      return [name, name === 'tokens' ? tokensTensor(x.sequences!, behind) : lengthsTensor(x.sequences!)]
    }),
  )
}

function columnsTensor(x: SparseMatrix, isWide: boolean): Tensor {
  const dense = isWide ? new Float64Array(x.rows * x.columns) : new Float32Array(x.rows * x.columns)
  for (let row = 0; row < x.rows; row++) {
    for (let i = x.starts[row]!; i < x.starts[row + 1]!; i++) {
      dense[row * x.columns + x.indices[i]!] = x.values ? x.values[i]! : 1
    }
  }
  const shape = [x.rows, x.columns]
  return dense instanceof Float64Array
    ? new Tensor('float64', dense, shape)
    : new Tensor('float32', dense, shape)
}

const lengthsOf = ({ starts }: Sequences) => Array.from(starts.subarray(1), (end, row) => end - starts[row]!)

function tokensTensor(sequences: Sequences, behind: () => number): Tensor {
  const lengths = lengthsOf(sequences)
  const steps = Math.max(1, ...lengths)
  const tokens = new BigInt64Array(lengths.length * steps)
  lengths.forEach((length, row) => {
    for (let t = 0; t < steps; t++) {
      const token = t < length ? sequences.tokens[sequences.starts[row]! + t]! : behind()
      tokens[row * steps + t] = BigInt(token)
    }
  })
  return new Tensor('int64', tokens, [lengths.length, steps])
}

function lengthsTensor(sequences: Sequences): Tensor {
  const lengths = lengthsOf(sequences)
  return new Tensor('int64', BigInt64Array.from(lengths, BigInt), [lengths.length])
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

import { PANEL_COLUMNS } from '../../../kernels/network/engine.ts'
import { addressOf, type Place, packedSize, type Rows, type Stage } from '../stage.ts'

/** A product with a kernel [inputs, units] and a bias. */
export function dense(
  { units }: { readonly units: number },
  x: Rows,
  place: Place,
): { out: Rows; stage: Stage } {
  const inputs = x.width
  const kernel = place.parameter('kernel', [inputs, units], Math.sqrt(6 / (inputs + units)))
  const bias = place.parameter('bias', [units], 0)
  const out = rowsOf(units, place)
  const packed = place.shared.floats(packedSize(inputs, units, PANEL_COLUMNS))
  const transposed = place.shared.floats(packedSize(units, inputs, PANEL_COLUMNS))
  return {
    out,
    stage: {
      pack(run) {
        const from = addressOf(run, run.weights, kernel)
        run.operations.pack(packed, from, inputs, units, units, 1, 0, inputs)
        run.operations.pack(transposed, from, units, inputs, 1, units, 0, units)
      },
      forward(run) {
        const { operations, weights, rows } = run
        const b = addressOf(run, weights, bias)
        operations.multiplyPacked(out.values, units, x.values, inputs, packed, b, rows, inputs, units)
      },
      backward(run) {
        const { operations, gradients, rows } = run
        const dKernel = addressOf(run, gradients, kernel)
        operations.multiplyTransposed(dKernel, x.values, inputs, out.gradient, units, rows, inputs, units)
        operations.columnSums(addressOf(run, gradients, bias), out.gradient, units, rows, units)
        operations.multiplyPacked(x.gradient, inputs, out.gradient, units, transposed, 0, rows, units, inputs)
      },
    },
  }
}

/** The same on the sparse rows of the matrix: only what a row has is multiplied. */
export function sparseDense(
  { units }: { readonly units: number },
  place: Place,
): { out: Rows; stage: Stage } {
  const { columns, input } = place
  // A row has far fewer entries than there are columns; the spread of a dense layer of as many inputs would be too small.
  const kernel = place.parameter('kernel', [columns, units], Math.sqrt(6 / (Math.min(columns, 128) + units)))
  const bias = place.parameter('bias', [units], 0)
  const out = rowsOf(units, place)
  const { entryStarts, entryColumns, entryValues } = input
  return {
    out,
    stage: {
      forward(run) {
        const { operations, weights, rows } = run
        const [k, b] = [addressOf(run, weights, kernel), addressOf(run, weights, bias)]
        operations.multiplySparse(out.values, k, b, entryStarts, entryColumns, entryValues, rows, units)
      },
      backward(run) {
        const { operations, gradients, rows } = run
        const dKernel = addressOf(run, gradients, kernel)
        operations.multiplySparseGradient(
          dKernel,
          out.gradient,
          entryStarts,
          entryColumns,
          entryValues,
          rows,
          units,
        )
        operations.columnSums(addressOf(run, gradients, bias), out.gradient, units, rows, units)
      },
    },
  }
}

/** Room for a row of `width` numbers of each row of a micro-batch. */
function rowsOf(width: number, { own, rows }: Place): Rows {
  const size = rows * width
  return { values: own.floats(size), gradient: own.floats(size), width }
}

import type { Place, Rows, Run, Stage } from '../stage.ts'

/** Zeros a share of the numbers in training and scales up the others, in place. */
export function dropout({ rate }: { readonly rate: number }, x: Rows, { input, salt }: Place): Stage {
  const dropBelow = Math.floor(rate * 2 ** 32)
  const drop = ({ operations, rows, seed }: Run, values: number) => {
    const own = (seed ^ Math.imul(salt + 1, 0x9e3779b9)) >>> 0
    operations.dropout(values, input.rowNames, rows, x.width, own, dropBelow, 1 / (1 - rate))
  }
  return {
    forward(run) {
      if (run.training && rate > 0) drop(run, x.values)
    },
    backward(run) {
      if (run.training && rate > 0) drop(run, x.gradient)
    },
  }
}

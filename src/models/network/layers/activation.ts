import type { Run, Stage } from '../stage.ts'

/** Rectifier or hyperbolic tangent, in place. @param count how many numbers there are in a run */
export function activation(
  { of }: { readonly of: 'relu' | 'tanh' },
  { values, gradient }: { readonly values: number; readonly gradient: number },
  count: (run: Run) => number,
): Stage {
  return {
    forward(run) {
      const { operations } = run
      if (of === 'relu') operations.relu(values, count(run))
      else operations.squash(values, count(run))
    },
    backward(run) {
      const { operations } = run
      if (of === 'relu') operations.reluGradient(gradient, values, count(run))
      else operations.squashGradient(gradient, values, count(run))
    },
  }
}

import type { Place, Stage, Steps } from '../stage.ts'

/** The largest of each window of steps; the next level of time. */
export function maxPool(
  { size }: { readonly size: number },
  x: Steps,
  place: Place,
): { out: Steps; stage: Stage } {
  const { channels, level } = x
  const capacity = place.capacity(level + 1) * channels
  const { own, levels } = place
  const out: Steps = {
    values: own.floats(capacity),
    gradient: own.floats(capacity),
    channels,
    level: level + 1,
  }
  const chosen = own.bytes(capacity)
  const [from, to] = [levels[level], levels[level + 1]]
  const where = [channels, from.starts, from.lengths, to.starts, to.lengths] as const
  return {
    out,
    stage: {
      forward({ operations, rows, levels: numbers }) {
        operations.maxPool(out.values, chosen, x.values, ...where, rows, size)
        operations.clearGuards(out.values, channels, to.starts, to.lengths, rows, numbers[level + 1].total)
      },
      backward: ({ operations, rows }) =>
        operations.maxPoolGradient(x.gradient, out.gradient, chosen, ...where, rows, size),
    },
  }
}

import { addressOf, type Place, type Rows, type Stage, type Steps } from '../stage.ts'

/** One row of all steps of a sequence: their mean, the largest of each channel, or a mean by attention. */
export function poolOverTime(
  kind: 'mean-pool' | 'max-over-time' | 'attention-pool',
  x: Steps,
  place: Place,
): { out: Rows; stage: Stage } {
  const { channels, level } = x
  const size = place.rows * channels
  const out: Rows = { values: place.own.floats(size), gradient: place.own.floats(size), width: channels }
  const { starts, lengths } = place.levels[level]
  return { out, stage: kinds[kind](x, out, place, [channels, starts, lengths]) }
}

type Where = readonly [channels: number, starts: number, lengths: number]
type Pool = (x: Steps, out: Rows, place: Place, where: Where) => Stage

const kinds: Readonly<Record<'mean-pool' | 'max-over-time' | 'attention-pool', Pool>> = {
  'mean-pool': (x, out, _place, where) => ({
    forward: ({ operations, rows }) => operations.meanPool(out.values, out.width, x.values, ...where, rows),
    backward: ({ operations, rows }) =>
      operations.meanPoolGradient(x.gradient, out.gradient, out.width, ...where, rows),
  }),
  'max-over-time': (x, out, { own, rows: most }, where) => {
    const chosen = own.words(most * x.channels)
    return {
      forward: ({ operations, rows }) =>
        operations.maxOverTime(out.values, out.width, chosen, x.values, ...where, rows),
      backward: ({ operations, rows }) =>
        operations.maxOverTimeGradient(x.gradient, out.gradient, out.width, chosen, ...where, rows),
    }
  },
  'attention-pool': (x, out, place, where) => {
    const query = place.parameter('kernel', [x.channels], Math.sqrt(1 / x.channels))
    const shares = place.own.floats(place.capacity(x.level))
    return {
      forward(run) {
        const { operations, weights, rows } = run
        const q = addressOf(run, weights, query)
        operations.attentionPool(out.values, out.width, shares, x.values, q, ...where, rows)
      },
      backward(run) {
        const { operations, weights, gradients, rows } = run
        const [q, dQ] = [addressOf(run, weights, query), addressOf(run, gradients, query)]
        const at = [out.gradient, out.width, shares, x.values, q] as const
        operations.attentionPoolGradient(x.gradient, dQ, ...at, ...where, rows)
      },
    }
  },
}

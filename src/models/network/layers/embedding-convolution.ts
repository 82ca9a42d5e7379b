import { addressOf, type Place, type Stage, type Steps } from '../stage.ts'

/** Convolution of one-hot tokens: a sum of rows of the kernel [width, vocabulary, maps]. */
export function embeddingConvolution(
  { maps, width }: { readonly maps: number; readonly width: number },
  place: Place,
): { out: Steps; stage: Stage } {
  const { vocabulary, input, levels, own } = place
  const kernel = place.parameter('kernel', [width, vocabulary, maps], Math.sqrt(3 / width))
  const bias = place.parameter('bias', [maps], 0)
  const size = place.capacity(0) * maps
  const out: Steps = { values: own.floats(size), gradient: own.floats(size), channels: maps, level: 0 }
  const [{ starts, lengths }] = levels
  return {
    out,
    stage: {
      forward(run) {
        const { operations, weights, rows } = run
        const [k, b] = [addressOf(run, weights, kernel), addressOf(run, weights, bias)]
        const { tokens, tokenStarts } = input
        operations.embed(
          out.values,
          k,
          b,
          tokens,
          tokenStarts,
          starts,
          lengths,
          rows,
          vocabulary,
          maps,
          width,
        )
        operations.clearGuards(out.values, maps, starts, lengths, rows, run.levels[0].total)
      },
      backward(run) {
        const { operations, gradients, rows } = run
        const { total } = run.levels[0]
        const [k, b] = [addressOf(run, gradients, kernel), addressOf(run, gradients, bias)]
        const { tokens, tokenStarts } = input
        operations.clearGuards(out.gradient, maps, starts, lengths, rows, total)
        operations.embedGradient(
          k,
          out.gradient,
          tokens,
          tokenStarts,
          starts,
          lengths,
          rows,
          vocabulary,
          maps,
          width,
        )
        operations.columnSums(b, out.gradient, maps, total, maps)
      },
    },
  }
}

import { PANEL_COLUMNS } from '../../../kernels/network/engine.ts'
import { addressOf, type Place, packedSize, type Stage, type Steps } from '../stage.ts'

/**
 * Convolution over steps. Steps lie one behind the other, so `width` of them are one row of a product with the kernel
 * [width · inputs, maps]: rows overlap, and those that reach over the guards give numbers that nobody reads.
 */
export function convolution(
  { maps, width }: { readonly maps: number; readonly width: number },
  x: Steps,
  place: Place,
): { out: Steps; stage: Stage } {
  const { channels, level } = x
  const terms = width * channels
  const kernel = place.parameter('kernel', [width, channels, maps], Math.sqrt(6 / (terms + width * maps)))
  const bias = place.parameter('bias', [maps], 0)
  const size = place.capacity(level) * maps
  const out: Steps = {
    values: place.own.floats(size),
    gradient: place.own.floats(size),
    channels: maps,
    level,
  }
  const packed = place.shared.floats(packedSize(terms, maps, PANEL_COLUMNS))
  const flipped = place.shared.floats(packedSize(width * maps, channels, PANEL_COLUMNS))
  const left = (width - 1) / 2
  const { starts, lengths } = place.levels[level]
  return {
    out,
    stage: {
      pack(run) {
        const { operations, weights, floatBytes } = run
        const from = addressOf(run, weights, kernel)
        operations.pack(packed, from, terms, maps, maps, 1, 0, terms)
        for (let k = 0; k < width; k++) {
          const tap = from + (width - 1 - k) * channels * maps * floatBytes
          operations.pack(flipped, tap, maps, channels, 1, maps, k * maps, width * maps)
        }
      },
      forward(run) {
        const { operations, weights, floatBytes, rows } = run
        const { total } = run.levels[level]
        const inner = total - 2 * left
        operations.multiplyPacked(
          out.values + left * maps * floatBytes,
          maps,
          x.values,
          channels,
          packed,
          addressOf(run, weights, bias),
          inner,
          terms,
          maps,
        )
        operations.clearGuards(out.values, maps, starts, lengths, rows, total)
      },
      backward(run) {
        const { operations, gradients, floatBytes, rows } = run
        const { total } = run.levels[level]
        const inner = total - 2 * left
        operations.clearGuards(out.gradient, maps, starts, lengths, rows, total)
        const dOut = out.gradient + left * maps * floatBytes
        const dKernel = addressOf(run, gradients, kernel)
        operations.multiplyTransposed(dKernel, x.values, channels, dOut, maps, inner, terms, maps)
        operations.columnSums(addressOf(run, gradients, bias), out.gradient, maps, total, maps)
        const dIn = x.gradient + left * channels * floatBytes
        operations.multiplyPacked(
          dIn,
          channels,
          out.gradient,
          maps,
          flipped,
          0,
          inner,
          width * maps,
          channels,
        )
      },
    },
  }
}

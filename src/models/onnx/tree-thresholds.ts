import { type Encoder, valuesAround } from '../../features/index.ts'
import type { Trees } from '../trees.ts'

/**
 * Thresholds that send every row of float32 values where `trees` sends the same row in float64; null where no such
 * thresholds can be told. Rounding may carry a value over a threshold beside it. But a presence or a count has few values,
 * and where those on both sides of a threshold stay apart in float32, a threshold between them is as good.
 */
export function float32Thresholds(trees: Trees, encoder: Encoder): Float64Array | null {
  const found = trees.thresholds.slice()
  for (let node = 0; node < found.length; node++) {
    if (trees.columns[node] === trees.width) continue
    const around = valuesAround(encoder, trees.columns[node], found[node])
    if (!around) return null
    const [below, above] = around.map(Math.fround)
    if (below >= above) return null
    if (found[node] < below || found[node] >= above) found[node] = below
  }
  return found
}

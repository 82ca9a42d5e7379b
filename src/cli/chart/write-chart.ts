import { extname } from 'node:path'
import { UsageError, writeWhole } from '../../core/index.ts'
import type { CorpusSweep } from '../../pipeline/index.ts'
import type { Drawing } from './drawing.ts'
import { pngOf } from './png.ts'
import { svgOf } from './svg.ts'
import { sweepChart } from './sweep-chart.ts'

/** How a drawing is written, by the ending of the file's name. */
const WRITERS = new Map<string, (drawing: Drawing) => string | Uint8Array>([
  ['.svg', svgOf],
  ['.png', (drawing) => pngOf(drawing)],
])

/** What draws a sweep to a file, whole or not at all. @throws UsageError unless the name ends in .svg or .png */
export function chartWriter(path: string): (sweep: CorpusSweep) => Promise<void> {
  const write = WRITERS.get(extname(path).toLowerCase())
  if (!write) {
    throw new UsageError(`--chart: a name that ends in .svg or .png is wanted, got ${JSON.stringify(path)}`)
  }
  return (sweep) => writeWhole(path, [write(sweepChart(sweep))])
}

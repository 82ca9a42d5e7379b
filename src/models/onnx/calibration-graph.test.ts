import { Tensor } from 'onnxruntime-node'
import { describe, expect, it } from 'vitest'
import { largestDifference, runOnnx } from '../../../test/onnx-runtime.ts'
import { seededRandom } from '../../core/index.ts'
import { type Calibration, calibrate } from '../calibration.ts'
import { calibrationGraph } from './calibration-graph.ts'
import { makeGraph } from './graph.ts'
import { onnxFile } from './onnx-file.ts'

async function inOnnx(calibration: Calibration, decisions: Float64Array, classes: number) {
  const graph = makeGraph('calibration')
  const shape = ['rows', classes]
  const given = graph.input({ name: 'decisions', type: 'float64', shape })
  graph.output('probabilities', shape, calibrationGraph(graph, calibration, given))
  const { inputs, outputs } = graph.parts()
  const tensor = new Tensor('float64', decisions, [decisions.length / classes, classes])
  const model = { parts: onnxFile(graph.parts(), {}), inputs, outputs }
  return (await runOnnx(model, { decisions: tensor })).probabilities!
}

describe('calibrationGraph', () => {
  it.each([1, 2, 3, 9])(
    'agrees with calibrate on %i classes, ties and far ends among them',
    async (classes) => {
      const random = seededRandom(classes)
      const ends = [0, 1, -1, 5e-324, 1e3, -1e3, 1e8, -1e30, 1e300, -1e300]
      const decisions = Float64Array.from({ length: 600 * classes }, () =>
        random.below(3) === 0 ? ends[random.below(ends.length)] : 20 * random.unit() - 10,
      )
      const slopes = Float64Array.from({ length: classes }, () => 8 * random.unit() - 1)
      const offsets = Float64Array.from({ length: classes }, () => 6 * random.unit() - 3)
      const calibration = { slopes, offsets }
      const found = await inOnnx(calibration, decisions, classes)
      expect(largestDifference(found, calibrate(calibration, decisions, classes))).toBeLessThan(1e-7)
    },
  )

  it('gives every class its share where none has a probability', async () => {
    const calibration = { slopes: Float64Array.of(0, 0), offsets: Float64Array.of(-1e4, -1e4) }
    expect(await inOnnx(calibration, Float64Array.of(1, 2), 2)).toEqual(Float32Array.of(0.5, 0.5))
  })

  it('keeps the proportion of probabilities that are next to nothing', async () => {
    const calibration = { slopes: Float64Array.of(0, 0), offsets: Float64Array.of(-60, -61) }
    const found = await inOnnx(calibration, Float64Array.of(0, 0), 2)
    expect(found[0]! / found[1]!).toBeCloseTo(Math.E, 5)
  })
})

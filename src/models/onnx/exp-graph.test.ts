import { Tensor } from 'onnxruntime-node'
import { describe, expect, it } from 'vitest'
import { runOnnx } from '../../../test/onnx-runtime.ts'
import { exp, log, seededRandom } from '../../core/index.ts'
import { expGraph } from './exp-graph.ts'
import { makeGraph } from './graph.ts'
import { onnxFile } from './onnx-file.ts'

/** How far onnxruntime's numbers lie from those wanted; taken in float64. */
async function differences(powers: Float64Array, wanted: Float64Array): Promise<Float32Array> {
  const graph = makeGraph('exp')
  const [x, y] = ['x', 'y'].map((name) => graph.input({ name, type: 'float64', shape: ['rows'] }))
  graph.output('differences', ['rows'], graph.node('Sub', [expGraph(graph, x!), y!]))
  const { inputs, outputs } = graph.parts()
  const shape = [powers.length]
  const given = { x: new Tensor('float64', powers, shape), y: new Tensor('float64', wanted, shape) }
  return (await runOnnx({ parts: onnxFile(graph.parts(), {}), inputs, outputs }, given)).differences!
}

describe('expGraph', () => {
  it('gives the very numbers of exp', async () => {
    const random = seededRandom(1)
    const powers = Float64Array.from({ length: 20_000 }, (_, i) =>
      i % 2 === 0 ? log(1 + i) : 2 * (random.unit() - 0.5) * 690 * random.unit(),
    )
    const found = await differences(powers, powers.map(exp))
    expect(found.every((difference) => difference === 0)).toBe(true)
  })

  it('ends where far enough is', async () => {
    const powers = Float64Array.of(1e300, -1e300, 690, -690, 0)
    const wanted = Float64Array.of(exp(690), exp(-690), exp(690), exp(-690), 1)
    expect([...(await differences(powers, wanted))]).toEqual([0, 0, 0, 0, 0])
  })
})

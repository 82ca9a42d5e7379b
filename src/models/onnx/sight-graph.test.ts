import { Tensor } from 'onnxruntime-node'
import { describe, expect, it } from 'vitest'
import { runOnnx } from '../../../test/onnx-runtime.ts'
import { randomRows } from '../../../test/sparse-rows.ts'
import { log, seededRandom } from '../../core/index.ts'
import type { SparseMatrix } from '../../features/index.ts'
import type { Sight } from '../blend.ts'
import { ownDefaults } from '../classifier-kind.ts'
import { cnnLstmPlus } from '../cnn-lstm-plus.ts'
import { eachDenseRow } from '../trees.ts'
import { makeGraph } from './graph.ts'
import { onnxFile } from './onnx-file.ts'
import { sightGraph } from './sight-graph.ts'

const sights = new Map(
  cnnLstmPlus.members(ownDefaults(cnnLstmPlus)).flatMap(({ sight }) => (sight ? [[sight.name, sight]] : [])),
)

function dense(x: SparseMatrix): Tensor {
  const values: number[] = []
  eachDenseRow(x, (row) => values.push(...row))
  return new Tensor('float64', Float64Array.from(values), [x.rows, x.columns])
}

/** What lies between the rows that onnxruntime sees and those that a sight shows; taken in float64. */
async function differences(sight: Sight, x: SparseMatrix): Promise<Float32Array> {
  const seen = sight.rows(x)
  const graph = makeGraph('sight')
  const given = graph.input({ name: 'given', type: 'float64', shape: ['rows', x.columns] })
  const wanted = graph.input({ name: 'wanted', type: 'float64', shape: ['rows', seen.columns] })
  const found = graph.node('Sub', [sightGraph(graph, sight, given), wanted])
  graph.output('differences', ['rows', seen.columns], found)
  const { inputs, outputs } = graph.parts()
  const model = { parts: onnxFile(graph.parts(), {}), inputs, outputs }
  const { differences } = await runOnnx(model, { given: dense(x), wanted: dense(seen) })
  return differences!
}

/** Rows of logarithms of small and large counts, some of them empty. */
function logCounts(seed: number): SparseMatrix {
  const random = seededRandom(seed)
  const value = () => log(2 + random.below(2 ** random.below(20)))
  return randomRows(random, 60, 200, (row) => (row % 8) / 8, value, false)
}

const rowOf = (values: number[]): SparseMatrix => ({
  rows: 1,
  columns: values.length,
  starts: Uint32Array.of(0, values.length),
  indices: Uint32Array.from(values.keys()),
  values: Float64Array.from(values),
})

describe('sightGraph', () => {
  it('shows trees the very numbers that they learned from', async () => {
    for (let seed = 1; seed <= 5; seed++) {
      const found = await differences(sights.get('shares')!, logCounts(seed))
      expect(found.every((difference) => difference === 0)).toBe(true)
    }
  })

  it.each([...sights.keys()])(
    'has an answer, %s, to values that are no logarithms of counts',
    async (name) => {
      for (const values of [[1e-300, 2e-300], [5000, 1], [800, 800], []]) {
        const x = rowOf(values)
        expect((await differences(sights.get(name)!, x)).every((difference) => difference === 0)).toBe(true)
        expect(sights.get(name)!.rows(x).values!.every(Number.isFinite)).toBe(true)
      }
    },
  )
})

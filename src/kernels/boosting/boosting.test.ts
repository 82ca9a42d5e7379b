import { describe, expect, it } from 'vitest'
import { randomRows } from '../../../test/sparse-rows.ts'
import { seededRandom } from '../../core/index.ts'
import { binColumns } from '../bins.ts'
import type { SparseRows } from '../sparse-rows.ts'
import { boostedGrower, growBoosted } from './boosting.ts'
import { type BoostingSettings, reference } from './reference.ts'

function problem(rows: number, columns: number, density: number, binary: boolean, seed = 1) {
  const random = seededRandom(seed)
  const value = (column: number) => Math.floor(random.unit() * 12) - 3 + (column % 2) * random.unit()
  const x = randomRows(random, rows, columns, () => density, value, binary)
  const pairs = new Float64Array(2 * rows)
  for (let row = 0; row < rows; row++) {
    if (random.below(5) === 0) continue
    pairs[2 * row] = random.unit() - 0.5
    pairs[2 * row + 1] = random.unit() / 4
  }
  return { x, pairs }
}

const all = (columns: number) => Uint32Array.from({ length: columns }, (_, column) => column)
const plain = (columns: number): BoostingSettings => {
  return { depth: 4, rate: 0.3, l2: 1, minWeight: 0.1, active: all(columns) }
}

describe('the boosting kernel', () => {
  it.each([
    [0, 4, 0.5, true],
    [1, 1, 1, false],
    [5, 0, 0, true],
    [30, 3, 0.5, true],
    [60, 9, 0.3, false],
    [200, 40, 0.1, true],
    [150, 30, 0.4, false],
    [300, 5, 1, false],
  ])(
    'gives the tree of the reference for [%i, %i] of density %d, binary %s',
    (rows, columns, density, binary) => {
      const { x, pairs } = problem(rows, columns, density, binary)
      for (const bins of [256, 5]) {
        const binned = binColumns(x, bins)
        const settings = plain(columns)
        expect(growBoosted(x, binned, pairs, settings)).toEqual(reference(x, binned, pairs, settings))
        const active = settings.active.filter((column) => column % 3 !== 1)
        const deep = { ...settings, depth: 9, l2: 0, minWeight: 1e-3, active }
        expect(growBoosted(x, binned, pairs, deep)).toEqual(reference(x, binned, pairs, deep))
      }
    },
  )

  it('grows again on the same rows as if it were the first time', () => {
    const { x, pairs } = problem(100, 20, 0.3, false)
    const binned = binColumns(x, 64)
    const { active, ...settings } = plain(20)
    const { choose, grow } = boostedGrower(x, binned, settings.depth)
    choose(active)
    const first = grow(pairs, settings)
    choose(active.slice(3, 9))
    grow(
      pairs.map((each) => each / 2),
      settings,
    )
    choose(active)
    expect(grow(pairs, settings)).toEqual(first)
  })

  it('is solved by hand: two leaves of -Σg / (Σh + l2)', () => {
    const x: SparseRows = {
      ...{ rows: 4, columns: 1, starts: Uint32Array.of(0, 0, 0, 1, 2) },
      ...{ indices: Uint32Array.of(0, 0), values: Float64Array.of(3, 5) },
    }
    const pairs = Float64Array.of(1, 1, 2, 1, -1, 1, -1, 1)
    const settings = { ...plain(1), depth: 1, rate: 0.5 }
    const { nodes, values } = growBoosted(x, binColumns(x, 256), pairs, settings)
    const [left, right] = [Math.fround((-0.5 * 3) / 3), Math.fround((-0.5 * -2) / 3)]
    expect([...nodes]).toEqual([0, 1.5, Math.fround((-0.5 * 1) / 5), -1, left, -1, right])
    expect([...values]).toEqual([left, left, right, right])
  })
})

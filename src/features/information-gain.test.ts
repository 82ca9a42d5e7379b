import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { pythonWith, runPython } from '../../test/python.ts'
import { seededRandom } from '../core/index.ts'
import { bestByScore, informationGain } from './information-gain.ts'

describe('informationGain', () => {
  it('is all that there is to know of the class for a column that tells it', () => {
    expect(informationGain(Uint32Array.of(3, 0, 0, 5), Uint32Array.of(3, 5))[0]).toBeCloseTo(
      -(3 / 8) * Math.log(3 / 8) - (5 / 8) * Math.log(5 / 8),
      14,
    )
  })

  it('is nothing for a column that is everywhere, nowhere, or spread as the classes are', () => {
    const gains = informationGain(Uint32Array.of(4, 8, 0, 0, 1, 2), Uint32Array.of(4, 8))
    for (const gain of gains) expect(Math.abs(gain)).toBeLessThan(1e-15)
  })

  it('is nothing where there are no rows', () => {
    expect(informationGain(Uint32Array.of(0, 0), Uint32Array.of(0, 0))).toEqual(Float64Array.of(0))
  })

  const python = pythonWith('sklearn')
  it.skipIf(!python)('is what scikit-learn finds, to 1e-12', () => {
    const random = seededRandom(5)
    for (const classes of [2, 9]) {
      const y = Uint32Array.from({ length: 300 }, () => random.below(classes))
      const columns = 40
      const rows = Array.from(y, (own) =>
        Array.from({ length: columns }, (_, j) => Number(random.unit() < (j % classes === own ? 0.6 : 0.3))),
      )
      const documents = new Uint32Array(columns * classes)
      rows.forEach((row, i) => {
        row.forEach((value, j) => {
          documents[j * classes + y[i]] += value
        })
      })
      const rowsPerClass = new Uint32Array(classes)
      for (const own of y) rowsPerClass[own]++
      const script = `
import json, sys
from sklearn.feature_selection import mutual_info_classif
given = json.load(sys.stdin)
print(json.dumps(list(mutual_info_classif(given['x'], given['y'], discrete_features=True))))`
      const want = runPython(python!, script, { x: rows, y: [...y] }) as number[]
      const got = informationGain(documents, rowsPerClass)
      for (let j = 0; j < columns; j++) expect(Math.abs(got[j] - want[j])).toBeLessThan(1e-12)
    }
  })
})

describe('bestByScore', () => {
  it('keeps the largest scores, the first of equals, in the order of the items', () => {
    const scores = fc.array(fc.integer({ min: 0, max: 5 }), { maxLength: 40 })
    fc.assert(
      fc.property(scores, fc.nat(45), (values, count) => {
        const items = Uint32Array.from(values, (_, i) => 10 * i)
        const order = values.map((_, i) => i).sort((a, b) => values[b] - values[a] || a - b)
        const want = order.slice(0, count).map((i) => 10 * i)
        expect([...bestByScore(items, values, count)]).toEqual(want.sort((a, b) => a - b))
      }),
    )
  })
})

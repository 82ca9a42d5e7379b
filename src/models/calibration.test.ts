import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { pythonWith, runPython } from '../../test/python.ts'
import { seededRandom } from '../core/index.ts'
import { calibrate, fitCalibration, fitSigmoid, plainCalibration, type Sigmoids } from './calibration.ts'

/** Values whose chance of label 1 is 1 / (1 + e^-(slope·value + offset)). */
function drawn(rows: number, slope: number, offset: number, seed: number) {
  const random = seededRandom(seed)
  const values = Float64Array.from({ length: rows }, () => random.unit() * 6 - 3)
  const labels = Uint32Array.from(values, (value) =>
    Number(random.unit() < 1 / (1 + Math.exp(-slope * value - offset))),
  )
  return { values, labels }
}

describe('fitSigmoid', () => {
  it.each([
    [2, 0.5],
    [0.7, -1],
    [-1.5, 0],
  ])('finds the slope %d and offset %d that drew the labels', (slope, offset) => {
    const { values, labels } = drawn(20_000, slope, offset, 3)
    const [a, b] = fitSigmoid(values, labels)
    expect(Math.abs(a - slope)).toBeLessThan(0.1)
    expect(Math.abs(b - offset)).toBeLessThan(0.1)
  })

  it('stays finite where the classes are apart, or only one is', () => {
    const apart = Float64Array.of(-2, -1, 1, 2)
    for (const labels of [
      [0, 0, 1, 1],
      [1, 1, 1, 1],
      [0, 0, 0, 0],
    ]) {
      expect(fitSigmoid(apart, Uint32Array.from(labels)).every(Number.isFinite)).toBe(true)
    }
    expect(fitSigmoid(new Float64Array(0), new Uint32Array(0)).every(Number.isFinite)).toBe(true)
    expect(fitSigmoid(Float64Array.of(1e4, -1e4, 0), Uint32Array.of(1, 0, 1)).every(Number.isFinite)).toBe(
      true,
    )
  })

  const python = pythonWith('sklearn')
  it.skipIf(!python)('finds what scikit-learn finds', () => {
    const script = `
import json, sys, numpy
from sklearn.calibration import _sigmoid_calibration
given = json.load(sys.stdin)
print(json.dumps([list(map(float, _sigmoid_calibration(numpy.array(v), numpy.array(l)))) for v, l in given]))`
    const sets = [1, 2, 3, 4].map((seed) => drawn(200, seed / 2, 1 - seed / 2, seed))
    const answers = runPython(
      python!,
      script,
      sets.map(({ values, labels }) => [[...values], [...labels]]),
    ) as number[][]
    sets.forEach(({ values, labels }, i) => {
      const [a, b] = fitSigmoid(values, labels)
      expect(Math.abs(a + answers[i][0])).toBeLessThan(1e-3)
      expect(Math.abs(b + answers[i][1])).toBeLessThan(1e-3)
    })
  })
})

describe('calibrate', () => {
  it('gives rows that add up to 1, larger for larger decisions, whatever the decisions are', () => {
    const value = fc.double({ min: -1e30, max: 1e30, noNaN: true })
    fc.assert(
      fc.property(fc.array(value, { minLength: 2, maxLength: 6 }), (row) => {
        const decisions = Float64Array.from(row)
        const p = calibrate(plainCalibration(row.length), decisions, row.length)
        expect(p.reduce((sum, each) => sum + each, 0)).toBeCloseTo(1, 12)
        const [best] = [...row.keys()].sort((a, b) => row[b] - row[a])
        expect(p[best]).toBe(Math.max(...p))
      }),
    )
  })

  it('mirrors the two classes of a pair', () => {
    const { values, labels } = drawn(500, 1, 0.5, 8)
    const decisions = Float64Array.from({ length: 1000 }, (_, i) =>
      i % 2 === 1 ? values[i >> 1] : -values[i >> 1],
    )
    const calibration = fitCalibration(decisions, labels, 2) as Sigmoids
    const p = calibrate(calibration, decisions, 2)
    for (let row = 0; row < 500; row++) {
      const alone = 1 / (1 + Math.exp(-(calibration.slopes[1] * 2 * values[row] + calibration.offsets[1])))
      expect(p[2 * row + 1]).toBeCloseTo(alone, 12)
    }
  })

  it('divides by a temperature where its kind says so, which leaves the order of classes as it is', () => {
    const decisions = Float64Array.of(2, 0, 2, 0, 0, 2, 0, 2)
    const calibration = fitCalibration(decisions, Uint32Array.of(0, 0, 1, 0), 2, 'temperature')
    expect([...calibrate(calibration, Float64Array.of(2, 0), 2)]).toEqual([
      expect.closeTo(0.7, 10),
      expect.closeTo(0.3, 10),
    ])
    expect(calibrate(plainCalibration(2, 0.5, 'temperature'), Float64Array.of(1, 0), 2)[0]).toBeCloseTo(
      1 / (1 + Math.exp(-0.5)),
      12,
    )
  })
})

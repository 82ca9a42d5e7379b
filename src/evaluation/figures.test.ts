import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { confusionMatrix, figures, OVERALL } from './figures.ts'

describe('figures', () => {
  it('agrees with a case worked by hand', () => {
    // truth a a a b b c, predicted a a b b c c: precision a 2/2, b 1/2, c 1/2; recall 2/3, 1/2, 1
    const confusion = confusionMatrix(Uint32Array.of(0, 0, 0, 1, 1, 2), Uint32Array.of(0, 0, 1, 1, 2, 2), 3)
    expect([...confusion]).toEqual([2, 1, 0, 0, 1, 1, 0, 0, 1])
    const found = figures(confusion, ['a', 'b', 'c'])
    expect(found.accuracy).toBeCloseTo(4 / 6, 15)
    expect(found.classes.map((each) => each.precision)).toEqual([1, 0.5, 0.5])
    expect(found.classes.map((each) => each.recall)).toEqual([2 / 3, 0.5, 1])
    expect(found.classes.map((each) => each.f1)).toEqual([0.8, 0.5, 2 / 3])
    expect(found.macroF1).toBeCloseTo((0.8 + 0.5 + 2 / 3) / 3, 15)
    expect(found.weightedF1).toBeCloseTo((0.8 * 3 + 0.5 * 2 + 2 / 3) / 6, 15)
    expect(found.macroPrecision).toBeCloseTo(2 / 3, 15)
    expect(found.macroRecall).toBeCloseTo((2 / 3 + 0.5 + 1) / 3, 15)
    expect(found.weightedPrecision).toBeCloseTo((3 + 0.5 * 2 + 0.5) / 6, 15)
    expect(found.weightedRecall).toBe(found.accuracy)
    expect(found.classes.map((each) => each.support)).toEqual([3, 2, 1])
  })

  it('leaves a class that never occurs out of macro F1, and counts one that is only predicted as 0', () => {
    const names = ['a', 'b', 'never']
    const all = figures(confusionMatrix(Uint32Array.of(0, 1), Uint32Array.of(0, 1), 3), names)
    expect(all.macroF1).toBe(1)
    const only = figures(confusionMatrix(Uint32Array.of(0, 1), Uint32Array.of(0, 2), 3), names)
    expect([only.macroF1, only.macroPrecision, only.macroRecall]).toEqual(Array(3).fill(1 / 3))
    expect(only.classes[2]).toEqual({ name: 'never', precision: 0, recall: 0, f1: 0, support: 0 })
  })

  it('gives zeros for no rows', () => {
    const none = figures(confusionMatrix(new Uint32Array(), new Uint32Array(), 2), ['a', 'b'])
    expect(OVERALL.map((name) => none[name])).toEqual(OVERALL.map(() => 0))
  })

  it('stays in 0 … 1 and is 1 exactly when every row is right', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(3), fc.nat(3)), { minLength: 1 }), (rows) => {
        const y = Uint32Array.from(rows, ([truth]) => truth)
        const predicted = Uint32Array.from(rows, ([, called]) => called)
        const found = figures(confusionMatrix(y, predicted, 4), ['a', 'b', 'c', 'd'])
        const right = rows.every(([truth, called]) => truth === called)
        for (const name of OVERALL) {
          expect(found[name]).toBeGreaterThanOrEqual(0)
          expect(found[name]).toBeLessThanOrEqual(1 + 1e-12)
          // A wrong name that no row has costs weighted precision nothing.
          if (right || name !== 'weightedPrecision') expect(found[name] > 1 - 1e-12).toBe(right)
        }
      }),
    )
  })
})

import { describe, expect, it } from 'vitest'
import { quickSettings, quickValue } from '../../test/quick-recipe.ts'
import { randomRows } from '../../test/sparse-rows.ts'
import { type Random, seededRandom } from '../core/index.ts'
import type { Sequences, SparseMatrix } from '../features/index.ts'
import { type ClassifierKind, classifierOf, ownDefaults } from './classifier-kind.ts'
import { classifiers } from './classifiers.ts'
import { bestOther } from './linear-model.ts'

const settingsOf = (kind: ClassifierKind) => {
  const settings = { value: 1, tolerance: 1e-4, balanced: false, seed: 3, own: ownDefaults(kind) }
  return kind.path
    ? { ...settings, value: quickValue(kind.defaultGrid), own: quickSettings(settings.own) }
    : settings
}

/** Rows whose class shows in some of the columns, and in the tokens of their sequences; `binary` leaves the values out. */
function labelled(rows: number, columns: number, classes: number, binary: boolean, seed = 1) {
  const random = seededRandom(seed)
  const y = Uint32Array.from({ length: rows }, (_, row) => row % classes)
  const lean = (row: number, column: number) => (column % classes === y[row] ? 0.8 : 0.15)
  const x = randomRows(random, rows, columns, lean, () => 1 + random.below(4), binary)
  return { x: { ...x, sequences: leaningSequences(random, y, classes) }, y }
}

/** Sequences of which half the tokens are of their class's own three, in an order of its own. */
function leaningSequences(random: Random, y: Uint32Array, classes: number): Sequences {
  const vocabulary = 3 * classes + 1
  const starts = new Uint32Array(y.length + 1)
  const tokens: number[] = []
  y.forEach((own, row) => {
    const length = 15 + random.below(20)
    for (let t = 0; t < length; t++) {
      tokens.push(random.below(2) === 0 ? random.below(vocabulary) : 1 + 3 * own + (t % 3))
    }
    starts[row + 1] = tokens.length
  })
  return { vocabulary, starts, tokens: Uint32Array.from(tokens) }
}

const largest = (row: Float64Array) => row.indexOf(Math.max(...row))

describe.each(classifiers.map((kind) => [kind.name, kind] as const))('%s', (_, kind) => {
  describe.each([
    [2, true],
    [2, false],
    [5, true],
    [5, false],
  ])('with %i classes, binary %s', (classes, binary) => {
    const { x, y } = labelled(200, 30, classes, binary)
    const model = classifierOf(kind, settingsOf(kind)).fit(x, y, classes)
    const decisions = model.decide(x)
    const rowOf = (row: number) => decisions.subarray(row * classes, (row + 1) * classes)

    it('learns classes that differ', () => {
      const right = y.filter((own, row) => largest(rowOf(row)) === own).length
      expect(right / y.length).toBeGreaterThan(0.9)
      expect(decisions.every(Number.isFinite)).toBe(true)
    })

    it('learns the same twice, and leaves its input as it was', () => {
      const before = structuredClone({ x, y })
      const again = classifierOf(kind, settingsOf(kind)).fit(x, y, classes)
      expect(again.tensors).toEqual(model.tensors)
      again.decide(x)
      again.contributions(x, 0, 0)
      expect({ x, y }).toEqual(before)
    })

    it('comes back from its tensors', () => {
      const { vocabulary } = x.sequences
      const load = (tensors: typeof model.tensors, more = 0) =>
        kind.load(tensors, x.columns + more, classes, vocabulary + more, settingsOf(kind).own)
      expect(load(model.tensors)?.decide(x)).toEqual(decisions)
      expect(load(model.tensors, 1)).toBeNull()
      expect(load({})).toBeNull()
      expect(load({ ...model.tensors, more: { shape: [1], data: new Float64Array(1) } })).toBeNull()
    })

    it('decides a row the same alone and among others', () => {
      const { sequences } = x
      const alone: SparseMatrix = {
        ...x,
        rows: 1,
        starts: Uint32Array.of(0, x.starts[8] - x.starts[7]),
        indices: x.indices.slice(x.starts[7], x.starts[8]),
        values: x.values?.slice(x.starts[7], x.starts[8]) ?? null,
        sequences: {
          vocabulary: sequences.vocabulary,
          starts: Uint32Array.of(0, sequences.starts[8] - sequences.starts[7]),
          tokens: sequences.tokens.slice(sequences.starts[7], sequences.starts[8]),
        },
      }
      expect(model.decide(alone)).toEqual(rowOf(7).slice())
    })

    it('gives contributions that add up to the decision', () => {
      for (let target = 0; target < classes; target++) {
        for (const row of [0, 5, 13]) {
          const { columns, shares, base, rival } = model.contributions(x, row, target)
          expect(shares).toHaveLength(columns.length)
          expect(columns.every((column, i) => i === 0 || columns[i - 1] < column)).toBe(true)
          const steps = model.steps?.(x, row, target) ?? new Float64Array(0)
          expect([0, x.sequences.starts[row + 1] - x.sequences.starts[row]]).toContain(steps.length)
          const sum = [...shares, ...steps].reduce((total, share) => total + share, base)
          const own = rowOf(row)
          expect([-1, bestOther(own, target)]).toContain(rival)
          expect(sum).toBeCloseTo(own[target] - (rival < 0 ? 0 : own[rival]), 9)
        }
      }
    })
  })

  it('declares settings that a recipe can state', () => {
    const names = [kind.gridName, ...kind.settings.map(({ name }) => name)]
    expect(new Set([...names, 'type', 'tolerance', 'balanced', 'folds']).size).toBe(names.length + 4)
    for (const { otherwise, least, most, type } of kind.settings) {
      expect(otherwise).toBeGreaterThanOrEqual(least)
      expect(otherwise).toBeLessThanOrEqual(most)
      if (type === 'flag') expect([least, most]).toEqual([0, 1])
      if (type === 'whole') expect(Number.isInteger(otherwise)).toBe(true)
    }
  })

  it('takes rows of a single class', () => {
    const { x } = labelled(20, 6, 2, true)
    const model = classifierOf(kind, settingsOf(kind)).fit(x, new Uint32Array(20), 2)
    const decisions = model.decide(x)
    expect(decisions.every(Number.isFinite)).toBe(true)
    for (let row = 0; row < 20; row++) expect(decisions[2 * row]).toBeGreaterThan(decisions[2 * row + 1])
  })

  it('takes a class that has no rows, and never chooses it', () => {
    const { x, y } = labelled(60, 9, 2, true)
    const decisions = classifierOf(kind, settingsOf(kind)).fit(x, y, 3).decide(x)
    for (let row = 0; row < 60; row++) expect(largest(decisions.subarray(3 * row, 3 * row + 3))).not.toBe(2)
  })

  it('takes empty rows, no columns and no rows', () => {
    const [starts, indices] = [new Uint32Array(5), new Uint32Array(0)]
    const sequences: Sequences = { vocabulary: 3, starts, tokens: new Uint32Array(0) }
    const nothing: SparseMatrix = { rows: 4, columns: 3, starts, indices, values: null, sequences }
    const y = Uint32Array.of(0, 1, 1, 1)
    const decide = (x: SparseMatrix, labels: Uint32Array) =>
      classifierOf(kind, settingsOf(kind)).fit(x, labels, 2).decide(x)
    expect(decide(nothing, y).every(Number.isFinite)).toBe(true)
    expect(decide({ ...nothing, columns: 0 }, y).every(Number.isFinite)).toBe(true)
    const none = Uint32Array.of(0)
    const noRows = { ...nothing, rows: 0, starts: none, sequences: { ...sequences, starts: none } }
    expect(decide(noRows, new Uint32Array(0))).toHaveLength(0)
    // With nothing to see, the commoner class is chosen.
    expect(largest(decide(nothing, y).subarray(0, 2))).toBe(1)
  })
})

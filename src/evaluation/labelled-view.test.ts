import { describe, expect, it } from 'vitest'
import { madeUpRows } from '../../test/made-up-rows.ts'
import { DEFAULT_FEATURES } from '../features/index.ts'
import { findRecipe } from '../models/index.ts'
import {
  checkHeldOutKinds,
  labelledViews,
  type RowSource,
  readGroups,
  readTraces,
  recipeKind,
} from './labelled-view.ts'

const rows = madeUpRows([
  { tokens: 'a b a', malicious: 1, kind: 'sequence' },
  { tokens: 'a b', malicious: 0, kind: 'counts' },
  { tokens: 'mov add', malicious: 1, view: 'opcodes', kind: 'sequence' },
  { tokens: 'b a', malicious: 0, kind: 'counts' },
])

describe('labelledViews', () => {
  it('tells views apart and keeps the order of rows', async () => {
    const views = await labelledViews(rows)
    expect(views.map(({ view, labels }) => [view, labels.map(({ malicious }) => malicious)])).toEqual([
      ['opcodes', [1]],
      ['calls', [1, 0, 0]],
    ])
    expect(views[1].examples.map(({ kind }) => kind)).toEqual(['sequence', 'counts'])
    expect(views[1].dialects).toEqual(['cuckoo-2'])
    expect((await readTraces(rows, 'calls')).map(({ length }) => length)).toEqual([3, 2, 2])
  })

  it('marks rows without a token', async () => {
    const [calls] = await labelledViews(madeUpRows([{ tokens: 'a' }, { tokens: '' }]))
    expect([...calls.empty]).toEqual([0, 1])
  })

  it('is empty for no rows', async () => {
    expect(await labelledViews(madeUpRows([]))).toEqual([])
  })

  it('stops when told to', async () => {
    await expect(labelledViews(rows, AbortSignal.abort())).rejects.toThrow('abort')
  })
})

describe('readTraces', () => {
  it('keeps of the places what recipes read: the processes, where they ask for one of them', async () => {
    const places = { process: Uint32Array.of(0, 1), call: Uint32Array.of(0, 0), time: null, address: null }
    const placed: RowSource = {
      async *rows() {
        for await (const row of madeUpRows([{ tokens: 'a b', kind: 'sequence' }]).rows())
          yield { ...row, trace: { ...row.trace, places } }
        yield* madeUpRows([{ tokens: 'a' }]).rows()
      },
    }
    const read = async (process?: 'merged' | 'main') =>
      (await readTraces(placed, 'calls', undefined, process)).map((trace) => trace.places)
    expect(await read()).toEqual([null, null])
    expect(await read('main')).toEqual([{ ...places, call: null }, null])
  })
})

describe('readGroups', () => {
  it('groups rows by what each recipe sees of them, at the kind they share', async () => {
    const features = { ...DEFAULT_FEATURES, weight: 'count' as const }
    const looks = [
      { features, kind: 'counts' as const },
      { features, kind: 'set' as const },
    ]
    const [byCount, bySet] = await readGroups(rows, 'calls', looks)
    expect(byCount).toHaveLength(3)
    expect(byCount[1]).toBe(byCount[2])
    expect(byCount[0]).not.toBe(byCount[1])
    expect(new Set(bySet).size).toBe(1)
  })
})

describe('recipeKind', () => {
  it('is the least knowing kind of the rows, or an error for one the recipe does not take', async () => {
    const [, calls] = await labelledViews(rows)
    const recipe = findRecipe('svm')!
    expect(recipeKind(recipe, calls)).toBe('counts')
    expect(() => recipeKind({ ...recipe, kinds: ['sequence', 'set'] }, calls)).toThrow(
      'recipe svm: takes sequence and set traces, the corpus has counts traces of calls',
    )
  })
})

describe('checkHeldOutKinds', () => {
  it('refuses rows that know less than those learned from', async () => {
    const [, calls] = await labelledViews(rows)
    const recipe = findRecipe('svm')!
    expect(() => checkHeldOutKinds(recipe, calls, 'sequence')).toThrow(
      'held-out corpus: it has counts traces of calls, and recipe svm learns from sequence traces here',
    )
    checkHeldOutKinds(recipe, calls, 'counts')
    checkHeldOutKinds(recipe, calls, 'set')
  })
})

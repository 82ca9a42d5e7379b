import { describe, expect, it } from 'vitest'
import { type Label, UNLABELLED } from '../samples/index.ts'
import { chooseTarget, clashingGroups, makeTask, makeTestTask } from './task.ts'

const label = (malicious: 0 | 1 | null, family: string | null = null): Label => ({
  ...UNLABELLED,
  malicious,
  family,
})
/** Rows with these labels, none of them empty. */
const rows = (labels: readonly Label[], empty = new Uint8Array(labels.length)) => ({ labels, empty })
const options = { target: 'auto', distinct: false, minGroups: 2 } as const

describe('chooseTarget', () => {
  it.each([
    [[label(0), label(1)], 'malicious'],
    [[label(1, 'a'), label(1, 'b')], 'family'],
    [[label(null, 'a'), label(null, 'b'), label(0, 'c'), label(1)], 'malicious'],
    [
      [
        { ...label(1), category: 'worm' },
        { ...label(1), category: 'dropper' },
      ],
      'category',
    ],
  ])('of %j is %s', (labels, target) => {
    expect(chooseTarget(labels, 'auto')).toBe(target)
  })

  it('refuses labels that tell nothing apart', () => {
    expect(() => chooseTarget([label(1), label(1)], 'auto')).toThrow('do not tell two classes apart')
    expect(() => chooseTarget([label(0), label(1)], 'family')).toThrow('family')
  })
})

describe('makeTask', () => {
  it('leaves out unlabelled rows and counts them', () => {
    const labels = [label(0), label(null), label(1), label(0), label(1), label(null)]
    const task = makeTask(rows(labels), ['a', 'b', 'c', 'd', 'e', 'f'], options)
    expect([...task.rows]).toEqual([0, 2, 3, 4])
    expect([...task.y]).toEqual([0, 1, 0, 1])
    expect(task.classes).toEqual(['benign', 'malicious'])
    expect(task.leftOut.unlabelled).toBe(2)
  })

  it('leaves out rows without a token and counts those that are labelled', () => {
    const labels = [label(0), label(1), label(null), label(0), label(1), label(1)]
    const task = makeTask(
      rows(labels, Uint8Array.of(0, 0, 1, 0, 1, 0)),
      ['a', 'b', 'e', 'c', 'e', 'd'],
      options,
    )
    expect([...task.rows]).toEqual([0, 1, 3, 5])
    expect(task.leftOut).toMatchObject({ unlabelled: 1, empty: 1 })
  })

  it('leaves out families with too few distinct inputs', () => {
    const families = ['b', 'b', 'a', 'a', 'one', 'copies', 'copies']
    const labels = families.map((family) => label(1, family))
    const task = makeTask(rows(labels), ['1', '2', '3', '4', '5', '6', '6'], options)
    expect(task.classes).toEqual(['a', 'b'])
    expect([...task.y]).toEqual([1, 1, 0, 0])
    expect(task.leftOut.rare).toEqual([
      { name: 'copies', rows: 2 },
      { name: 'one', rows: 1 },
    ])
  })

  it('refuses families of which only one has enough inputs', () => {
    const labels = ['a', 'a', 'b'].map((family) => label(1, family))
    expect(() => makeTask(rows(labels), ['1', '2', '3'], options)).toThrow('fewer than two classes of family')
  })

  it('does not guess from too few benign inputs', () => {
    const labels = [label(0), label(0), label(1), label(1)]
    expect(() => makeTask(rows(labels), ['a', 'a', 'b', 'c'], options)).toThrow(
      'too few distinct benign inputs',
    )
  })

  it('keeps one row of each group, by majority, and drops ties', () => {
    const labels = [0, 1, 1, 0, 1, 0, 0, 1, 1].map((malicious) => label(malicious as 0 | 1))
    const groups = ['x', 'x', 'x', 'tie', 'tie', 'p', 'p', 'q', 'r']
    const task = makeTask(rows([...labels, label(0)]), [...groups, 's'], { ...options, distinct: true })
    expect([...task.rows]).toEqual([0, 5, 7, 8, 9])
    expect([...task.y]).toEqual([1, 0, 1, 1, 0])
    expect(task.leftOut).toMatchObject({ repeated: 3, tiedGroups: 1, tiedRows: 2 })
    expect(clashingGroups(task)).toBe(0)
    expect(clashingGroups(makeTask(rows([...labels, label(0)]), [...groups, 's'], options))).toBe(2)
  })

  it('takes family names that mean something to JavaScript', () => {
    const families = ['__proto__', '__proto__', 'constructor', 'constructor']
    const task = makeTask(rows(families.map((family) => label(1, family))), ['1', '2', '3', '4'], options)
    expect(task.classes).toEqual(['__proto__', 'constructor'])
  })
})

describe('makeTestTask', () => {
  it('counts rows of classes that were never learned', () => {
    const learned = makeTask(
      rows(['a', 'a', 'b', 'b'].map((family) => label(1, family))),
      ['1', '2', '3', '4'],
      options,
    )
    const labels = ['b', 'new', 'a', 'new'].map((family) => label(1, family))
    const task = makeTestTask(rows(labels), ['1', '2', '3', '4'], learned, false)
    expect([...task.y]).toEqual([1, 0])
    expect(task.leftOut.rare).toEqual([{ name: 'new', rows: 2 }])
    expect(() => makeTestTask(rows([label(1, 'new')]), ['1'], learned, false)).toThrow('held-out corpus')
  })
})

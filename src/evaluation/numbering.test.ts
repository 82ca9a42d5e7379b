import { describe, expect, it } from 'vitest'
import { countNumbers, numberGroups } from './numbering.ts'

describe('numberGroups', () => {
  it('numbers equal values alike in the order of first appearance', () => {
    expect([...numberGroups(['b', 'a', 'b', 'c', 'a'])]).toEqual([0, 1, 0, 2, 1])
    expect(countNumbers(numberGroups(['b', 'a', 'b', 'c', 'a']))).toBe(3)
    expect(countNumbers(numberGroups([]))).toBe(0)
  })
})

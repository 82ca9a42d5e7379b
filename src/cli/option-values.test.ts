import { availableParallelism } from 'node:os'
import { describe, expect, it } from 'vitest'
import { numberBetween, oneOf, threadCount, wholeNumber } from './option-values.ts'

describe('numbers given as options', () => {
  it('takes those in range', () => {
    expect(wholeNumber('folds', '5', 2, 10)).toBe(5)
    expect(numberBetween('prior', '0.01', 0, 1)).toBe(0.01)
  })

  it.each(['', ' ', 'x', '1.5', '11', '-1', 'NaN'])('refuses %j as a whole number from 2 to 10', (text) => {
    expect(() => wholeNumber('folds', text, 2, 10)).toThrow('--folds: a whole number from 2 to 10 is wanted')
  })

  it.each(['', 'x', '2', '-0.1', 'NaN'])('refuses %j as a number from 0 to 1', (text) => {
    expect(() => numberBetween('prior', text, 0, 1)).toThrow('--prior: a number from 0 to 1 is wanted')
  })
})

describe('threadCount', () => {
  it('is all cores unless told otherwise', () => {
    expect(threadCount(undefined)).toBe(availableParallelism())
    expect(threadCount('3')).toBe(3)
    expect(() => threadCount('0')).toThrow('--threads: a whole number from 1 to 256 is wanted, got "0"')
  })
})

describe('oneOf', () => {
  it('takes a word of the list, or none', () => {
    expect(oneOf('by', 'date', ['group', 'date'])).toBe('date')
    expect(oneOf('by', undefined, ['group', 'date'])).toBeNull()
    expect(() => oneOf('by', 'size', ['group', 'date'])).toThrow('--by: group or date is wanted, got "size"')
  })
})

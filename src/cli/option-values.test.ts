import { availableParallelism } from 'node:os'
import { describe, expect, it } from 'vitest'
import { numberBetween, oneOf, sizeInBytes, threadCount, wholeNumber } from './option-values.ts'

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

describe('sizeInBytes', () => {
  it.each([
    ['500', 500],
    ['1kB', 1000],
    ['1.5 MB', 1_500_000],
    ['2GB', 2e9],
    ['2g', 2e9],
    ['1GiB', 2 ** 30],
    ['1TB', 1e12],
  ])('reads %j', (text, bytes) => {
    expect(sizeInBytes('memory', text)).toBe(bytes)
  })

  it.each(['', 'GB', '-1GB', '1XB', '1iB', '1e9'])('refuses %j', (text) => {
    expect(() => sizeInBytes('memory', text)).toThrow('--memory: a size such as 500MB or 2GB is wanted')
  })
})

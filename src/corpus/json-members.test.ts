import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { jsonMembers } from './json-members.ts'

describe('jsonMembers', () => {
  it.each([
    ['{}', []],
    [' { } ', []],
    [
      '{"a":1.0,"a":12345678901234567890}',
      [
        ['"a"', '1.0'],
        ['"a"', '12345678901234567890'],
      ],
    ],
    [
      '{ "a,}\\"" : [1, {"b":"]}"}] , "c":null }',
      [
        ['"a,}\\""', '[1, {"b":"]}"}]'],
        ['"c"', 'null'],
      ],
    ],
  ])('reads %s', (text, wanted) => {
    expect(jsonMembers(text).map(({ key, value }) => [key, value])).toEqual(wanted)
  })

  it('puts any object together again', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.constantFrom(0, 2), (object, indent) => {
        const text = JSON.stringify(object, null, indent)
        const again = `{${jsonMembers(text).map(({ key, value }) => `${key}:${value}`)}}`
        expect(JSON.parse(again)).toEqual(JSON.parse(text))
      }),
    )
  })
})

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { csvField, csvLine, csvRecords } from './csv.ts'
import { MalformedInputError } from './errors.ts'

const fields = (text: string) => [...csvRecords(text)].map((record) => record.fields)

describe('csvRecords', () => {
  it.each([
    [
      'a,b\n1,2\n',
      [
        ['a', 'b'],
        ['1', '2'],
      ],
    ],
    [
      'a,b\r\n1,2',
      [
        ['a', 'b'],
        ['1', '2'],
      ],
    ],
    ['\ufeffa\n\n\nb', [['a'], ['b']]],
    ['"a,""b""\nc",d', [['a,"b"\nc', 'd']]],
    [
      'a,\n,b',
      [
        ['a', ''],
        ['', 'b'],
      ],
    ],
    ['a,', [['a', '']]],
    ['""', [['']]],
    ['""\r\n"x"\r\n', [[''], ['x']]],
    ['', []],
    ['__proto__,constructor', [['__proto__', 'constructor']]],
  ])('reads %j', (text, wanted) => {
    expect(fields(text)).toEqual(wanted)
  })

  it('reads back whatever was quoted', () => {
    const record = fc.array(fc.string({ unit: 'binary' }), { minLength: 1, maxLength: 5 })
    fc.assert(
      fc.property(fc.array(record, { maxLength: 6 }), fc.constantFrom('\n', '\r\n'), (records, end) => {
        const text = records
          .map((each) => each.map((field) => `"${field.replaceAll('"', '""')}"`).join(','))
          .join(end)
        expect(fields(text)).toEqual(records)
      }),
    )
  })

  it('says on which line a record begins', () => {
    expect([...csvRecords('a\n"b\nc"\n\nd')].map(({ line }) => line)).toEqual([1, 2, 5])
  })

  it.each(['"a', 'a"b', '"a"b', 'x,"', '"a""'])('refuses %j', (text) => {
    expect(() => fields(text)).toThrow(MalformedInputError)
  })

  it('ends with a result or a named error on any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('"', ',', '\n', '\r', 'a', '\ufeff') }), (text) => {
        try {
          fields(text)
        } catch (error) {
          expect(error).toBeInstanceOf(MalformedInputError)
        }
      }),
      { numRuns: 2000 },
    )
  })
})

describe('csvField', () => {
  it.each([
    ['plain', 'plain'],
    ['a,b', '"a,b"'],
    ['say "x"', '"say ""x"""'],
    ['=cmd()', "'=cmd()"],
    ['-1', "'-1"],
    ['@a,b', `"'@a,b"`],
    ['\tx', "'\tx"],
    ['\r', `"'\r"`],
    ['a=b', 'a=b'],
    ['', ''],
    [null, ''],
    [-0.5, '-0.5'],
  ])('writes %j as %j', (value, want) => {
    expect(csvField(value)).toBe(want)
  })

  it('joins a line', () => {
    expect(csvLine(['a', 1, null])).toBe('a,1,\r\n')
  })
})

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { der, identifier } from '../../test/made-up-signature.ts'
import { MalformedInputError } from '../core/index.ts'
import { fieldsOf, identifierOf, MAX_VALUES, readDer, TAG, valuesIn } from './der.ts'

const hex = (text: string) => Uint8Array.from(Buffer.from(text.replaceAll(' ', ''), 'hex'))

describe('readDer', () => {
  it.each([
    ['02 01 05', 2, '05'],
    ['30 00', 0x30, ''],
    ['04 03 010203 ff', 4, '010203'],
    [`04 81 80 ${'aa'.repeat(128)}`, 4, 'aa'.repeat(128)],
    [`04 82 0100 ${'bb'.repeat(256)}`, 4, 'bb'.repeat(256)],
  ])('reads %s', (bytes, tag, content) => {
    const value = readDer(hex(bytes))
    expect([value.tag, Buffer.from(value.content).toString('hex')]).toEqual([tag, content])
  })

  it.each([
    ['', 'a value is missing'],
    ['30', 'a value is missing'],
    ['30 80 0000', 'a length is indefinite'],
    ['30 05 0201', 'a value ends beyond what holds it'],
    ['30 84 ffffffff 00', 'a value ends beyond what holds it'],
    ['30 85 0100000000', 'a length takes 5 bytes'],
    ['30 82 01', 'a value ends beyond'],
    ['04 81 01 aa', 'a length is not in its shortest form'],
    [`04 82 0080 ${'aa'.repeat(128)}`, 'a length is not in its shortest form'],
    ['1f 01 00', 'a tag takes several bytes'],
  ])('refuses %s: %s', (bytes, problem) => {
    expect(() => readDer(hex(bytes))).toThrow(problem)
  })

  it('reads back whatever is written, to the byte', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 70_000 }), fc.constantFrom(2, 4, 0x30, 0xa0), (content, tag) => {
        const written = der(tag, content)
        const value = readDer(Buffer.concat([written, Buffer.from('more')]))
        expect(value.tag).toBe(tag)
        expect(Buffer.compare(value.content, content)).toBe(0)
        expect(value.whole.length).toBe(written.length)
        expect(value.offset).toBe(written.length - content.length)
      }),
      { numRuns: 200 },
    )
  })

  it('gives for any bytes a value inside them, or an error', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        try {
          for (const { offset, content } of valuesIn(readDer(bytes)))
            expect(offset + content.length).toBeLessThanOrEqual(bytes.length)
        } catch (error) {
          expect(error).toBeInstanceOf(MalformedInputError)
        }
      }),
      { numRuns: 5000 },
    )
  })
})

describe('valuesIn', () => {
  it('holds to its cap', () => {
    const many = (count: number) => readDer(der(0x30, ...new Array(count).fill(der(5))))
    expect(valuesIn(many(MAX_VALUES))).toHaveLength(MAX_VALUES)
    expect(() => valuesIn(many(MAX_VALUES + 1))).toThrow('more than 256 values')
  })
})

describe('fieldsOf', () => {
  it('takes fields in their order, and leaves what is not the next', () => {
    const fields = fieldsOf(readDer(der(0x30, der(2, hex('01')), der(0xa1), der(4))))
    expect(fields.takeIf(TAG.field0)).toBeNull()
    expect([...fields.take(TAG.integer).content]).toEqual([1])
    expect(fields.takeIf(TAG.field1)).not.toBeNull()
    expect(() => fields.take(TAG.set)).toThrow('a value has tag 0x4, not 0x31')
    expect(() => fields.take(TAG.set)).toThrow('a field is missing')
    expect(() => fieldsOf(readDer(der(4)))).toThrow('a value has tag 0x4, not 0x30')
  })
})

describe('identifierOf', () => {
  it.each(['2.5.4.3', '1.2.840.113549.1.7.2', '0.9.2342', '2.999.4294967295'])('spells %s', (dotted) => {
    const [a, b, ...rest] = dotted.split('.')
    const written =
      a === '2' && b === '999' ? hex('06 07 8837 8fffffff7f') : identifier([a, b, ...rest].join('.'))
    expect(identifierOf(readDer(written))).toBe(dotted)
  })

  it.each([
    ['06 00', 'cut off'],
    ['06 02 2a 86', 'cut off'],
    ['06 03 2a 80 01', 'padded'],
    ['06 07 2a ffffffffff 7f', 'too large'],
    [`06 21 ${'2a'.repeat(33)}`, 'too long'],
    ['04 01 2a', 'tag 0x4'],
  ])('refuses %s: %s', (bytes, problem) => {
    expect(() => identifierOf(readDer(hex(bytes)))).toThrow(problem)
  })
})

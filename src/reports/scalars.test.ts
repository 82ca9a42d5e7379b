import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { NameTable } from './name-table.ts'
import { decodeText, numberAt, timeReader } from './scalars.ts'

const number = (text: string) => numberAt(Buffer.from(`x${text}y`), 1, 1 + Buffer.byteLength(text))
const time = (text: string) => timeReader()(Buffer.from(`"${text}"`), 1, 1 + text.length)

describe('numberAt', () => {
  it('gives the nearest double of any decimal', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.integer(), fc.maxSafeInteger()),
        (value) => {
          expect(number(String(value))).toBe(Object.is(value, -0) ? 0 : value)
          expect(number(value.toFixed(6))).toBe(Number(value.toFixed(6)))
        },
      ),
      { numRuns: 2000 },
    )
  })

  it.each([
    ['1717620749.691396', 1717620749.691396],
    ['1717617500.0009766', 1717617500.0009766],
    ['-0', -0],
    ['1e3', 1000],
    ['+5', 5],
    ['.5', 0.5],
    ['0012', 12],
    ['Infinity', Number.POSITIVE_INFINITY],
    ['-Infinity', Number.NEGATIVE_INFINITY],
    ['1e999', Number.POSITIVE_INFINITY],
    ['NaN', Number.NaN],
    ['null', Number.NaN],
    ['true', Number.NaN],
    ['', Number.NaN],
    ['-', Number.NaN],
    ['.', Number.NaN],
    ['1.2.3', Number.NaN],
    ['0x10', 16],
    ['12abc', Number.NaN],
    ['9'.repeat(500), Number.NaN],
  ])('reads %s', (text, value) => {
    expect(number(text)).toBe(value)
  })
})

describe('timeReader', () => {
  it.each([
    ['2021-01-28 02:14:04,697', Date.UTC(2021, 0, 28, 2, 14, 4, 697) / 1000],
    ['2021-01-28 02:14:04.697', Date.UTC(2021, 0, 28, 2, 14, 4, 697) / 1000],
    ['2021-01-28T02:14:04', Date.UTC(2021, 0, 28, 2, 14, 4) / 1000],
    ['1969-12-31 23:59:59,500', -0.5],
    ['1717620749.691396', 1717620749.691396],
    ['2021-13-28 02:14:04,697', Number.NaN],
    ['2021-01-28 0x:14:04,697', Number.NaN],
    ['2021-01-xx 02:14:04,697', Number.NaN],
    ['yesterday', Number.NaN],
    ['', Number.NaN],
  ])('reads %s', (text, seconds) => {
    expect(time(text)).toBe(seconds)
  })

  it('is not misled by the day it remembers', () => {
    const read = timeReader()
    const at = (text: string) => read(Buffer.from(text), 0, text.length)
    expect(at('2021-01-28 00:00:00,000') - at('2021-01-27 00:00:00,000')).toBe(86_400)
    expect(at('2021-99-28 00:00:00,000')).toBeNaN()
    expect(at('2021-01-28 00:00:01,000')).toBe(Date.UTC(2021, 0, 28, 0, 0, 1) / 1000)
  })
})

describe('decodeText', () => {
  it('reads what JSON.stringify wrote', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const bytes = Buffer.from(JSON.stringify(text))
        expect(decodeText(bytes, 1, bytes.length - 1)).toBe(text)
      }),
    )
  })
})

describe('the name table', () => {
  it('numbers names by first appearance, as a map would', () => {
    fc.assert(
      fc.property(
        fc.array(fc.array(fc.string({ unit: 'binary', maxLength: 20 })), { maxLength: 3 }),
        (documents) => {
          const table = new NameTable()
          for (const names of documents) {
            table.clear()
            const numbers = new Map<string, number>()
            for (const name of names) {
              if (!numbers.has(name)) numbers.set(name, numbers.size)
              const bytes = Buffer.from(JSON.stringify(name))
              const escaped = bytes.includes(92)
              expect(table.intern(bytes, 1, bytes.length - 1, escaped)).toBe(numbers.get(name))
              expect(table.internText(name)).toBe(numbers.get(name))
            }
            expect(table.names).toEqual([...numbers.keys()])
          }
        },
      ),
    )
  })

  it('grows far', () => {
    const table = new NameTable()
    for (let index = 0; index < 5000; index++) expect(table.internText(`name ${index}`)).toBe(index)
    for (let index = 0; index < 5000; index++) expect(table.internText(`name ${index}`)).toBe(index)
    expect(table.names[4999]).toBe('name 4999')
  })
})

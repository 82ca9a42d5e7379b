import { describe, expect, it } from 'vitest'
import { byteLength, bytesField, messageField, packedField, textField, varintField } from './protobuf.ts'

const hex = (fields: readonly Uint8Array[]) => Buffer.concat(fields).toString('hex')

describe('the wire format', () => {
  // The examples of protobuf.dev/programming-guides/encoding.
  it('writes what the guide to it writes', () => {
    expect(hex(varintField(1, 150))).toBe('089601')
    expect(hex(textField(2, 'testing'))).toBe('120774657374696e67')
    expect(hex(messageField(3, varintField(1, 150)))).toBe('1a03089601')
    expect(hex(packedField(6, [3, 270, 86942]))).toBe('3206038e029ea705')
  })

  it.each([
    [0, '00'],
    [127, '7f'],
    [128, '8001'],
    [2 ** 31, '8080808008'],
    [2 ** 32, '8080808010'],
    [Number.MAX_SAFE_INTEGER, 'ffffffffffffff0f'],
  ])('writes the number %i', (value, digits) => {
    expect(hex(varintField(1, value))).toBe(`08${digits}`)
  })

  it('writes numbers of fields beyond 15 and lengths beyond 127', () => {
    expect(hex(varintField(20, 2))).toBe('a00102')
    expect(hex(bytesField(1, new Uint8Array(200)))).toBe(`0ac801${'00'.repeat(200)}`)
    expect(byteLength(messageField(1, bytesField(1, new Uint8Array(200))))).toBe(206)
  })

  it('writes empty texts, lists and messages', () => {
    expect([hex(textField(1, '')), hex(packedField(1, [])), hex(messageField(1, []))]).toEqual([
      '0a00',
      '0a00',
      '0a00',
    ])
  })
})

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { printable } from './printable.ts'

describe('printable', () => {
  it.each([
    ['CreateFileW', 'CreateFileW'],
    ['\x1b[31mred\x07', '\\x1b[31mred\\x07'],
    ['two\nlines', 'two\\x0alines'],
    ['exe.\u202egpj', 'exe.\\u{202e}gpj'],
    ['文件', '文件'],
    ['\ud800', '\\u{d800}'],
  ])('shows %j as %j', (text, want) => {
    expect(printable(text)).toBe(want)
  })

  it('cuts what is too long', () => {
    expect(printable('x'.repeat(1000), 10)).toBe(`${'x'.repeat(9)}…`)
  })

  it('never lets a control character through', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => !/[\p{Cc}\p{Zl}\p{Zp}]/u.test(printable(text))),
    )
  })
})

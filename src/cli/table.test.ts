import { describe, expect, it } from 'vitest'
import { styled, table } from './table.ts'

describe('table', () => {
  it('aligns columns, numbers to the right, styles without width', () => {
    const text = table(
      [{ title: 'name' }, { title: 'n', align: 'right' }],
      [
        [styled('svm', 'green', true), '5'],
        ['naive-bayes', '1,950'],
      ],
      false,
    )
    expect(text).toBe(
      ['name             n', '\x1b[32msvm\x1b[0m              5', 'naive-bayes  1,950', ''].join('\n'),
    )
  })

  it('has only its titles without rows', () => {
    expect(table([{ title: 'a' }, { title: 'b' }], [], false)).toBe('a  b\n')
  })
})

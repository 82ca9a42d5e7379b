import { describe, expect, it } from 'vitest'
import { UsageError } from '../core/index.ts'
import { parseLabels } from './labels.ts'

const A = 'A'.repeat(64)

describe('parseLabels', () => {
  it('finds samples by hash in either case and by file name', () => {
    const labels = parseLabels(
      `sha256,name,label,family,category,first_seen,more\n${A},a.exe,1,"Em,otet",worm,2024-01-02 03:04,x\n,b.exe,benign,,,,\n`,
      'list.csv',
    )
    const emotet = {
      malicious: 1,
      family: 'Em,otet',
      category: 'worm',
      firstSeen: '2024-01-02',
      by: 'list.csv',
    }
    expect(labels.find([null, A.toLowerCase()])).toEqual(emotet)
    expect(labels.find(['nothing', 'a.exe'])).toEqual(emotet)
    expect(labels.find(['b.exe'])?.malicious).toBe(0)
    expect(labels.find(['__proto__', '', null])).toBeNull()
    expect(labels.size).toBe(2)
  })

  it('lets the first record of a name count, and tells the names of which others say otherwise', () => {
    const { find, conflicts } = parseLabels('id,file,label\nx,a,1\nx,b,0\ny,a,1\n', 'list')
    expect(find(['x'])?.malicious).toBe(1)
    expect(conflicts).toEqual(['x'])
  })

  it.each([
    ['', 'no header line'],
    ['label,family\n1,x', 'no column named sha256'],
    ['id,label\nx,maybe', 'line 2: a label is 1, 0, malicious or benign, got "maybe"'],
    ['id,first_seen\n"a\nb",\nx,1.2.2024', 'line 4: a day is YYYY-MM-DD'],
  ])('refuses %j', (text, problem) => {
    expect(() => parseLabels(text, 'list')).toThrow(UsageError)
    expect(() => parseLabels(text, 'list')).toThrow(problem)
  })
})

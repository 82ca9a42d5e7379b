import { describe, expect, it } from 'vitest'
import { looksLikeReport } from './index.ts'

describe('looksLikeReport', () => {
  it.each([
    ['{"a": 1}', 'report', true],
    ['\uFEFF \n[1]', 'report', true],
    ['', 'empty.json', true],
    ['garbage', 'broken.NDJSON.gz', true],
    ['', 'empty', false],
    ['hello', 'readme.txt', false],
    ['MZ\x90', 'sample.exe', false],
  ])('%j called %s: %s', (head, name, is) => {
    expect(looksLikeReport(Buffer.from(head), name)).toBe(is)
  })
})

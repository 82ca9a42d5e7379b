import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import type { LabelledSample } from './label-source.ts'
import { labelsCsv } from './labels-csv.ts'

const folder = mkdtempSync(join(tmpdir(), 'taxon-labels-csv-'))
afterAll(() => rmSync(folder, { recursive: true }))
const path = join(folder, 'list.csv')

const sample: LabelledSample = {
  ...{ sha256: 'a'.repeat(64), md5: 'b'.repeat(32), name: 'c.exe', size: 1 },
  async *open() {},
}

describe('a labels file', () => {
  it.each([
    [`sha256,label,family\n${'A'.repeat(64)},1,Zbot\n`, { malicious: 1, family: 'Zbot' }],
    [`md5,label\n${'b'.repeat(32)},benign\n`, { malicious: 0, family: null }],
    ['name,category\nc.exe,worm\n', { malicious: null, category: 'worm' }],
  ])('knows samples by %j', async (text, label) => {
    writeFileSync(path, text)
    const source = await labelsCsv(path, () => 7)
    const version = await source.version()
    expect(version).toMatch(/^[0-9a-f]{16}$/)
    expect(await source.label(sample)).toMatchObject([
      { ...label, by: path, source: 'csv', engine: path, detection: null, version, at: 7, state: 'stated' },
    ])
    expect(await source.label({ ...sample, sha256: '', md5: '', name: '' })).toEqual([])
  })

  it.each([
    ['', 'no header line'],
    ['name,label\n', 'holds no labels'],
    ['name,label\na,perhaps\n', 'line 2'],
  ])('that holds %j is refused', async (text, problem) => {
    writeFileSync(path, text)
    await expect(labelsCsv(path)).rejects.toThrow(problem)
  })
})

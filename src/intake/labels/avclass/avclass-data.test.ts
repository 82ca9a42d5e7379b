import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { sharedData } from '../../../../test/shared-data.ts'
import { AVCLASS_FILES, parseAvclass, readAvclass } from './avclass-data.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'taxon-avclass-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

function write(...texts: string[]): void {
  for (const [i, text] of texts.entries()) writeFileSync(join(folder, AVCLASS_FILES[i]!), text)
}

describe('the files of AVClass', () => {
  it('are a taxonomy and two sets of rules', async () => {
    write(
      '# tags\nFAM:Zbot\nCLASS:grayware:adware\r\nplain\n\nBEH:zbot\n',
      'zeus zbot\nzeus worm\nalone\n',
      'a\tb c a\n',
    )
    const data = await readAvclass(folder)
    expect([...data.taxonomy.values()]).toEqual([
      { name: 'zbot', kind: 'FAM', path: 'FAM:zbot', above: [] },
      { name: 'adware', kind: 'CLASS', path: 'CLASS:grayware:adware', above: ['grayware'] },
      { name: 'plain', kind: 'UNC', path: 'plain', above: [] },
    ])
    expect(data.tagging).toEqual(new Map([['zeus', new Set(['zbot', 'worm'])]]))
    expect(data.expansion).toEqual(new Map([['a', new Set(['b', 'c'])]]))
    expect(data.version).toMatch(/^avclass-data [0-9a-f]{16}$/)
  })

  it.each([
    [['FAM:a', 'a b'], 'unreadable'],
    [['', 'a b', ''], 'avclass-data'],
    [['FAM:a', '<html>', ''], 'avclass-data'],
    [['FAM:a', 'x'.repeat(17 * 1024 * 1024), ''], 'limit-exceeded'],
  ])('%# that are not what they should be are refused', async (texts, code) => {
    write(...texts)
    await expect(readAvclass(folder)).rejects.toMatchObject({ code })
  })

  it('may hold anything', () => {
    const text = fc.string({ unit: fc.constantFrom('a', ':', '\t', '\n', '#', ' ', '\r', 'é') })
    fc.assert(fc.property(text, text, text, (...texts) => void parseAvclass(...texts)))
  })

  const real = sharedData('avclass/default.taxonomy')
  it.runIf(real)('are read as they are', async () => {
    const { taxonomy, tagging, expansion } = await readAvclass(join(real!, '..'))
    const kinds = new Map<string, number>()
    for (const { kind } of taxonomy.values()) kinds.set(kind, (kinds.get(kind) ?? 0) + 1)
    expect(Object.fromEntries(kinds)).toEqual({ BEH: 67, CLASS: 39, FAM: 2834, FILE: 151, GEN: 138 })
    expect([tagging.size, expansion.size]).toEqual([3226, 17])
  })
})

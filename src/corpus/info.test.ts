import { describe, expect, it } from 'vitest'
import { type RowParts, row, stream, withFolder } from '../../test/corpus-rows.ts'
import { openCorpus } from './corpus.ts'
import { importRows } from './import-rows.ts'

async function infoOf(parts: readonly RowParts[]) {
  return withFolder(async (folder) => {
    await importRows(folder, stream(parts.map(row)))
    const corpus = await openCorpus(folder)
    try {
      return await corpus.info()
    } finally {
      corpus.close()
    }
  })
}

describe('corpusInfo', () => {
  it('counts rows, contents, repeats and clashes, apart for each view and kind', async () => {
    const info = await infoOf([
      { id: 'a', names: ['x'], malicious: 1, family: 'F' },
      { id: 'b', names: ['x'], malicious: 0 },
      { id: 'c', names: ['x'], malicious: 1, family: 'G' },
      { id: 'd', names: ['x', 'y'], malicious: null, firstSeen: '2024-02-03' },
      { id: 'd', names: ['x'], kind: 'set', firstSeen: '2023-01-01' },
      { id: 'd', names: ['mov'], view: 'opcodes', kind: 'counts', counts: [7], source: 'other' },
    ])
    // The set of `d` comes second under its name, view and source, and is passed over.
    expect(info).toEqual({
      rows: 5,
      samples: 4,
      parts: [
        {
          view: 'calls',
          kind: 'sequence',
          rows: 4,
          malicious: 2,
          benign: 1,
          unlabelled: 1,
          lengths: { minimum: 1, median: 1, p90: 2, maximum: 2 },
          groups: 2,
          duplicates: 2,
          labelClashes: { groups: 1, rows: 3 },
          familyClashes: { groups: 1, rows: 3 },
        },
        {
          view: 'opcodes',
          kind: 'counts',
          rows: 1,
          malicious: 0,
          benign: 0,
          unlabelled: 1,
          lengths: { minimum: 7, median: 7, p90: 7, maximum: 7 },
          groups: 1,
          duplicates: 0,
          labelClashes: { groups: 0, rows: 0 },
          familyClashes: { groups: 0, rows: 0 },
        },
      ],
      families: [
        { name: null, rows: 3 },
        { name: 'F', rows: 1 },
        { name: 'G', rows: 1 },
      ],
      categories: [{ name: null, rows: 5 }],
      dialects: [{ name: 'unknown', rows: 5 }],
      sources: [
        { name: 'test', rows: 4 },
        { name: 'other', rows: 1 },
      ],
      firstSeen: { earliest: '2024-02-03', latest: '2024-02-03', unknown: 4 },
      partial: 0,
    })
  })

  it('takes an empty corpus', async () => {
    expect(await infoOf([])).toMatchObject({ rows: 0, parts: [], firstSeen: { earliest: null, unknown: 0 } })
  })

  it('takes nearest ranks for median and 90th percentile', async () => {
    const rows = Array.from({ length: 10 }, (_, i) => ({
      id: String(i),
      kind: 'counts' as const,
      names: ['x'],
      counts: [i + 1],
    }))
    expect((await infoOf(rows)).parts[0].lengths).toEqual({ minimum: 1, median: 5, p90: 9, maximum: 10 })
  })
})

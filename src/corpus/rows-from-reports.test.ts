import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { collect, row, stream } from '../../test/corpus-rows.ts'
import { type Report, UNLABELLED } from '../samples/index.ts'
import { parseLabels } from './labels.ts'
import { applyNotes } from './notes.ts'
import { type ReportsToRows, rowsFromReports } from './rows-from-reports.ts'

const nothing = { sha256: null, sha1: null, md5: null, name: null, size: null }

function report(changes: Partial<Report> = {}): Report {
  const { trace, state } = row()
  return {
    format: 'traces',
    version: null,
    sample: nothing,
    processes: [],
    trace,
    columns: null,
    executable: null,
    score: null,
    label: UNLABELLED,
    id: null,
    extra: null,
    state,
    reasons: [],
    ...changes,
  } as Report
}

const rowsOf = (reports: readonly Report[], options: Partial<ReportsToRows> = {}) =>
  collect(rowsFromReports(stream(reports), { path: 'some/set.jsonl.gz', ...options }))

describe('rowsFromReports', () => {
  it.each([
    [report({ id: 'line', sample: { ...nothing, sha256: 'h' } }), 'line', 'set'],
    [report({ format: 'cape', sample: { ...nothing, sha256: 'h' } }), 'h', 'cape'],
    [report({ format: 'cape' }), 'some/set.jsonl.gz', 'cape'],
  ])('names samples and sources: %#', async (each, id, source) => {
    const [made] = await rowsOf([each])
    expect([made.id, made.source]).toEqual([id, source])
  })

  it('takes the label of a labels file before that of the line, and says who said so', async () => {
    const labels = parseLabels('name,label,family\nset,1,F\n', 'list.csv')
    const label = { ...UNLABELLED, malicious: 0 as const }
    const [listed] = await rowsOf([report({ id: 'x', label })], { labels })
    expect(listed.label).toMatchObject({ malicious: 1, family: 'F', by: 'list.csv' })
    const [own] = await rowsOf([report({ id: 'x', label })])
    expect(own.label).toMatchObject({ malicious: 0, by: 'set' })
    const [none] = await rowsOf([report({ id: 'x' })])
    expect(none.label).toEqual(UNLABELLED)
  })

  it.each(['some/0A32e.asm', 'a.zip!0A32e.lst.gz', '0A32e'])(
    'finds the label of %s by its name',
    async (path) => {
      const labels = parseLabels('id,family\n0A32e,Ramnit\n', 'list.csv')
      const sample = { ...nothing, name: path.split('!').at(-1)! }
      const [made] = await rowsOf([report({ format: 'ida', sample })], {
        labels,
        path: path.replace('a.zip!', 'a/'),
      })
      expect(made.label.family).toBe('Ramnit')
    },
  )

  it('lets the user name source and dialect, whatever a line remembers', async () => {
    const extra = '{"taxon":{"calls":{"source":"old"}}}'
    const [made] = await rowsOf([report({ extra })], { source: 'mine', dialect: 'd' })
    expect([made.source, made.trace.dialect, made.extra]).toEqual(['mine', 'd', null])
    expect((await rowsOf([report({ extra })]))[0].source).toBe('old')
  })
})

describe('applyNotes', () => {
  const plain = row({ names: ['a', 'b', 'a'] })

  it('passes over notes that cannot be', () => {
    const hostile = fc.oneof(
      fc.json(),
      fc
        .dictionary(
          fc.constantFrom(
            'source',
            'by',
            'kind',
            'state',
            'length',
            'times',
            'processes',
            'call_numbers',
            'addresses',
          ),
          fc.jsonValue(),
        )
        .map((notes) => JSON.stringify({ calls: notes })),
    )
    fc.assert(
      fc.property(hostile, (notes) => {
        const { trace, source, state, extra } = applyNotes({
          ...plain,
          extra: `{"a":1,"taxon":${notes},"b":2}`,
        })
        expect(extra).toBe('{"a":1,"b":2}')
        expect(typeof source).toBe('string')
        expect(['complete', 'partial']).toContain(state)
        expect(['sequence', 'set']).toContain(trace.kind)
        expect(Number.isSafeInteger(trace.length)).toBe(true)
        expect(trace.length).toBeGreaterThanOrEqual(trace.kind === 'set' ? 2 : 3)
        for (const values of Object.values(trace.places ?? {})) expect(values?.length ?? 3).toBe(3)
      }),
      { numRuns: 1000 },
    )
  })
})

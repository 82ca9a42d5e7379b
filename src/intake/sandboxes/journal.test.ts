import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Entry, entryText, readEntry } from './journal.ts'

const read = {
  format: 'cape',
  calls: 3,
  processes: 1,
  bytes: 500,
  completeness: 'partial',
  reasons: ['the input is cut off at byte 500'],
} as const
const entries: readonly Entry[] = [
  { state: 'submitting', mark: 'taxon-1' },
  { state: 'submitted', mark: 'taxon-1', task: '7' },
  { state: 'read', task: '7', read },
  { state: 'failed', task: null, code: 'sandbox-refused', reason: 'no\n"' },
  { state: 'failed', task: '7', code: 'analysis-failed', reason: '' },
]

describe('a journal entry', () => {
  it.each(entries)('is read as it was written: %j', (entry) => {
    expect(readEntry('cuckoo http://a', entryText('cuckoo http://a', entry))).toEqual(entry)
  })

  it('is none where it is of another sandbox', () => {
    expect(readEntry('cuckoo http://b', entryText('cuckoo http://a', entries[1]!))).toBeNull()
  })

  it.each([
    null,
    '',
    'null',
    '[]',
    '{"sandbox":"s"}',
    '{"sandbox":"s","state":"submitted","mark":"m","task":"../1"}',
    '{"sandbox":"s","state":"read","task":"1","read":{}}',
    '{"__proto__":{"sandbox":"s","state":"submitting","mark":"m"}}',
  ])('is none in %j', (text) => {
    expect(readEntry('s', text)).toBeNull()
  })

  it('is an entry or none in any text', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.json(),
          fc
            .record(
              {
                sandbox: fc.constant('s'),
                state: fc.constantFrom(...entries.map(({ state }) => state)),
                task: fc.jsonValue(),
                mark: fc.jsonValue(),
                read: fc.jsonValue(),
              },
              { requiredKeys: [] },
            )
            .map((value) => JSON.stringify(value)),
        ),
        (text) => {
          const entry = readEntry('s', text)
          if (entry !== null) expect(readEntry('s', entryText('s', entry))).toEqual(entry)
        },
      ),
    )
  })
})

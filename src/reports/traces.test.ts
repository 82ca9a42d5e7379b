import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'
import { createGunzip } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { countsOf, namesOf, readAll, readOne } from '../../test/read-text.ts'
import { sharedData } from '../../test/shared-data.ts'
import { KnownError } from '../core/index.ts'
import { readReports } from './index.ts'

const lines = (...values: (object | string)[]) =>
  values.map((value) => `${typeof value === 'string' ? value : JSON.stringify(value)}\n`).join('')

describe('a traces file', () => {
  it('gives a report for each line', async () => {
    const reports = await readAll(lines({ id: 'a', calls: ['x', 'y', 'x'] }, { id: 'b', calls: ['y'] }))
    expect(reports.map((report) => [report.id, namesOf(report), report.trace.vocabulary])).toEqual([
      ['a', ['x', 'y', 'x'], ['x', 'y']],
      ['b', ['y'], ['y']],
    ])
  })

  it.each([
    ['a text', { opcodes: 'mov  push mov' }],
    ['a list', { opcodes: ['mov', 'push', 'mov'] }],
  ])('reads opcodes as %s', async (_, value) => {
    const report = await readOne(value)
    expect(report.trace).toMatchObject({
      view: 'opcodes',
      kind: 'sequence',
      length: 3,
      dialect: 'unknown',
      places: null,
    })
    expect(namesOf(report)).toEqual(['mov', 'push', 'mov'])
    expect(report.state).toBe('complete')
  })

  it('reads opcodes in a text that is cut into chunks anywhere', async () => {
    const text = lines({ opcodes: `${'mov push \u00e9 '.repeat(30)}ret` })
    const [want] = await readAll(text)
    expect(want!.trace.length).toBe(91)
    for (let size = 1; size < 40; size++) expect(await readAll(text, {}, size)).toEqual([want])
  })

  it('gives one report for each view of a line', async () => {
    const [calls, opcodes] = await readAll({
      id: 'x',
      opcode_counts: { mov: 3, jmp: 0 },
      api_counts: { NtClose: 2 },
    })
    expect(calls!.trace).toMatchObject({ view: 'calls', kind: 'counts', length: 2, sequence: null })
    expect(opcodes!.trace).toMatchObject({ view: 'opcodes', kind: 'counts', length: 3 })
    expect(countsOf(opcodes!)).toEqual({ mov: 3 })
    expect([calls!.id, opcodes!.id]).toEqual(['x', 'x'])
  })

  it('takes apistats beside calls as the tally of the whole trace', async () => {
    const report = await readOne({ calls: ['a', 'b'], n_calls: 9, apistats: { a: 5, c: 4 } })
    expect(report).toMatchObject({ state: 'complete', trace: { kind: 'sequence', length: 9 } })
    expect(namesOf(report)).toEqual(['a', 'b'])
    expect(countsOf(report)).toEqual({ a: 5, c: 4 })
  })

  it('is partial where the source kept only a part of the tokens', async () => {
    const report = await readOne({ opcodes: 'mov ret', n_opcodes: 50 })
    expect(report).toMatchObject({ state: 'partial', trace: { length: 50 } })
    expect(report.reasons).toEqual(['the source kept a part only of the 50 opcodes'])
  })

  it.each([
    [1, 1],
    [0, 0],
    [true, 1],
    [false, 0],
    ['malicious', 1],
    ['Benign', 0],
    [null, null],
    ['goodware', null],
    [7, null],
  ])('reads the label %j as %j', async (label, malicious) => {
    const report = await readOne({
      label,
      family: 'F',
      category: 'worm',
      first_seen: '2020-02-03T01:02',
      calls: ['a'],
    })
    expect(report.label).toEqual({
      malicious,
      family: 'F',
      category: 'worm',
      firstSeen: '2020-02-03',
      by: null,
    })
    expect(report.reasons.length).toBe(malicious === null && label !== null ? 1 : 0)
  })

  it('takes the id for the hash where it is one', async () => {
    const hash = 'ab'.repeat(32)
    expect((await readOne({ id: hash, calls: ['a'] })).sample.sha256).toBe(hash)
    expect((await readOne({ id: 5, calls: ['a'] })).id).toBe('5')
    expect((await readOne({ id: null, calls: ['a'] })).id).toBeNull()
  })

  it('keeps all other keys as they were written', async () => {
    const line =
      '{"id":"x","group":"g\\u0041","__proto__":{"a": 1.50},"calls":["a"],"sha256":"no","n":null,"dialect":"cape"}'
    const report = await readOne(line)
    expect(report.extra).toBe('{"group":"g\\u0041","__proto__":{"a": 1.50},"sha256":"no","n":null}')
    expect(report.trace.dialect).toBe('cape')
  })

  it('leaves out other keys that are no JSON or too long, and says so', async () => {
    const report = await readOne(
      `{"calls":["a"],"bad":[1 2],"nan":NaN,"long":"${'x'.repeat(70_000)}","good":1}`,
    )
    expect(report.extra).toBe('{"good":1}')
    expect(report.reasons).toEqual(['3 other keys were left out: no plain JSON, or over the cap'])
    expect(report.state).toBe('complete')
  })

  it('takes numbers as names, and counts what is none', async () => {
    const report = await readOne({ calls: [265, '168', null, {}, '', 265] })
    expect(namesOf(report)).toEqual(['265', '168', '265'])
    expect(report.reasons).toEqual(['3 values that are no calls or counts were left out'])
    expect(report.state).toBe('partial')
  })

  it('is partial where a trace is empty', async () => {
    expect(await readOne({ calls: [] })).toMatchObject({
      state: 'partial',
      reasons: ['the line has no calls'],
    })
  })

  it('reads an indented document as well', async () => {
    expect(namesOf(await readOne(JSON.stringify({ id: 'x', calls: ['a', 'b'] }, null, 2)))).toEqual([
      'a',
      'b',
    ])
  })
})

describe('a malformed line', () => {
  const good = { calls: ['a'] }
  it.each([
    ['cut inside a list', '{"id":"x","calls":["b","c'],
    ['cut inside a key', '{"calls":["b"],"fam'],
    ['no JSON', 'hello'],
    ['JSON with a fault', '{"calls":["b",,]}'],
    ['of no known shape', '{"hello":1}'],
    ['a bare list', '[1,2]'],
    ['cut and then faulty', '{"calls":["b"]]'],
  ])('%s: is skipped and told, and the next line is read', async (_, bad) => {
    for (const size of [undefined, 1, 7]) {
      const errors: KnownError[] = []
      const onSkipped = (error: KnownError) => errors.push(error)
      const reports = await readAll(lines(good, bad, { calls: ['z'] }), { onSkipped }, size)
      expect(reports.map(namesOf)).toEqual([['a'], ['z']])
      expect(errors.length).toBe(1)
      expect(errors[0]).toBeInstanceOf(KnownError)
      expect(errors[0]!.message).toMatch(/byte \d+/)
    }
  })

  it('is told by the next report where nobody listens', async () => {
    const [, next] = await readAll(lines(good, '{"calls":?}', { calls: ['z'] }))
    expect(next!.reasons).toEqual(['a line before was left out: traces: expected a value at byte 25'])
    expect(next!.state).toBe('complete')
  })

  it('is thrown at the end where nobody listens and no report follows', async () => {
    await expect(readAll(lines(good, 'nonsense'))).rejects.toBeInstanceOf(KnownError)
  })

  it('may be the first, once it told that this is a traces file', async () => {
    const errors: KnownError[] = []
    const onSkipped = (error: KnownError) => errors.push(error)
    const reports = await readAll(lines('{"id":"x","calls":["a"', good), { onSkipped })
    expect(reports.length).toBe(1)
    expect(errors.length).toBe(1)
  })

  it('at the end of the input gives what it had, partial', async () => {
    const reports = await readAll(`${lines(good)}{"id":"x","calls":["b","c"`)
    expect(reports.map(namesOf)).toEqual([['a'], ['b', 'c']])
    expect(reports[1]).toMatchObject({
      id: 'x',
      state: 'partial',
      reasons: ['the input is cut off at byte 42'],
    })
  })
})

describe('the real data sets', () => {
  const sets = ['malbehavd-v1', 'mal-api-2019-808', 'elf-opcode-counts', 'ransomtrack', 'adfa-ld']
  it.each(sets)('%s reads as JSON.parse does', async (set) => {
    const path = sharedData(`${set}.jsonl.gz`)
    if (!path) return
    const reports = readReports(createReadStream(path).pipe(createGunzip()))
    for await (const line of createInterface({ input: createReadStream(path).pipe(createGunzip()) })) {
      const row = JSON.parse(line)
      for (const view of ['calls', 'opcodes']) {
        const sequence = row[view]
        const counts = view === 'calls' ? (row.apistats ?? row.api_counts) : row.opcode_counts
        if (!sequence && !counts) continue
        const { value: report } = await reports.next()
        expect(report).toMatchObject({
          id: row.id,
          format: 'traces',
          label: { family: row.family, malicious: row.label },
        })
        expect(JSON.parse(report.extra).group).toBe(row.group)
        expect(report.trace.view).toBe(view)
        if (sequence) expect(namesOf(report)).toEqual(sequence)
        if (counts) {
          const positive = Object.entries(counts).filter(([, count]) => (count as number) > 0)
          expect(countsOf(report)).toEqual(Object.fromEntries(positive))
        }
      }
    }
    expect((await reports.next()).done).toBe(true)
  })
})

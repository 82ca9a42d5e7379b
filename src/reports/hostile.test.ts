import { describe, expect, it } from 'vitest'
import { chunksOf, countsOf, namesOf, readAll, readOne } from '../../test/read-text.ts'
import { MalformedInputError, UnknownFormatError } from '../core/index.ts'
import type { Report } from '../samples/index.ts'
import { DEFAULT_MAX_CALLS, readReports } from './index.ts'
import { MAX_NAME_BYTES, MAX_NAMES, OTHER_NAMES } from './name-table.ts'
import { MAX_PROCESSES, MAX_REPEATED } from './run-builder.ts'

/** A Cuckoo 2 report with these calls, as text, in its one process. */
const withCalls = (...calls: string[]) =>
  `{"info":{"duration":1},"behavior":{"processes":[{"pid":1,"calls":[${calls.join(',')}]}]}}`
const call = (api: string) => `{"api":${api}}`

/** Writes parts again and again without ever holding them all. */
async function* stream(...parts: (string | { text: string; times: number })[]): AsyncGenerator<Uint8Array> {
  for (const part of parts) {
    if (typeof part === 'string') {
      yield Buffer.from(part)
      continue
    }
    const perChunk = Math.max(1, Math.min(part.times, Math.floor(1_000_000 / part.text.length)))
    const chunk = Buffer.from(part.text.repeat(perChunk))
    for (let left = part.times; left > 0; left -= perChunk) {
      yield left >= perChunk ? chunk : Buffer.from(part.text.repeat(left))
    }
  }
}

async function only(chunks: AsyncIterable<Uint8Array>): Promise<Report> {
  const reports: Report[] = []
  for await (const report of readReports(chunks)) reports.push(report)
  expect(reports.length).toBe(1)
  return reports[0]!
}

describe('names', () => {
  it.each([
    ['escapes', '"Nt\\u0043reate\\u0046ile"', 'NtCreateFile'],
    ['an escaped quote and backslash', '"a\\"b\\\\c\\/d"', 'a"b\\c/d'],
    ['control characters', '"a\\n\\t\\u0000"', 'a\n\t\u0000'],
    ['a surrogate pair', '"\\ud83d\\ude00"', '\u{1f600}'],
    ['a lone high surrogate', '"a\\ud83d"', 'a\ufffd'],
    ['a lone low surrogate', '"\\ude00z"', '\ufffdz'],
    ['surrogates the wrong way round', '"\\ude00\\ud83d"', '\ufffd\ufffd'],
    ['broken escapes', '"\\u12\\x"', 'u12x'],
    ['an object\u2019s own words', '"__proto__"', '__proto__'],
    ['constructor', '"constructor"', 'constructor'],
    ['raw UTF-8', '"é"', 'é'],
  ])('with %s', async (_, written, name) => {
    const report = await readOne(withCalls(call(written), call('"NtClose"'), call(written)))
    expect(namesOf(report)).toEqual([name, 'NtClose', name])
  })

  it('that are the same, however written, are one token', async () => {
    const report = await readOne(
      withCalls(call('"NtClose"'), call('"Nt\\u0043lose"'), call('"N\\u0074Close"')),
    )
    expect(report.trace.vocabulary).toEqual(['NtClose'])
  })

  it('that are not UTF-8 become one token', async () => {
    const [before, after] = withCalls(call('"x#"'), call('"x\\ufffd"')).split('#')
    const report = await readOne(Buffer.concat([Buffer.from(before!), Buffer.of(0xff), Buffer.from(after!)]))
    expect(report.trace.vocabulary).toEqual(['x\ufffd'])
  })

  it('that are long are cut, between characters, and it is said', async () => {
    const long = 'é'.repeat(MAX_NAME_BYTES)
    const report = await readOne(withCalls(call(`"${long}"`), call(`"${long}x"`)))
    expect(report.trace.vocabulary).toEqual(['é'.repeat(MAX_NAME_BYTES / 2)])
    expect(report.reasons).toEqual([`names over ${MAX_NAME_BYTES} bytes were cut`])
    expect(report.state).toBe('partial')
  })

  it('over the cap are counted as one', async () => {
    const calls = Array.from({ length: MAX_NAMES + 10 }, (_, index) => call(`"api${index}"`))
    const report = await readOne(withCalls(...calls))
    expect(report.trace.vocabulary.length).toBe(MAX_NAMES + 1)
    expect(countsOf(report)[OTHER_NAMES]).toBe(10)
    expect(report.trace.length).toBe(MAX_NAMES + 10)
    expect(report.reasons).toEqual([`over ${MAX_NAMES} distinct names, further ones are counted as one`])
    expect(report.state).toBe('partial')
  })

  it('that are none are left out and counted', async () => {
    const calls = [
      call('null'),
      call('5'),
      call('{"api":"x"}'),
      call('[]'),
      call('""'),
      '{}',
      call('"NtClose"'),
    ]
    const report = await readOne(withCalls(...calls))
    expect(namesOf(report)).toEqual(['NtClose'])
    expect([...report.trace.places!.call!]).toEqual([6])
    expect(report.reasons).toEqual(['6 calls without a name were left out'])
    expect(report.state).toBe('partial')
  })
})

describe('repeats', () => {
  it.each([
    ['3', 4, 0],
    ['"3"', 4, 0],
    ['2.9', 3, 0],
    ['-5', 1, 1],
    ['1e300', 1 + MAX_REPEATED, 1],
    ['Infinity', 1 + MAX_REPEATED, 1],
    ['NaN', 1, 1],
    ['"x"', 1, 1],
    ['null', 1, 1],
    ['[7]', 1, 0],
  ])('%s: %i calls', async (repeated, length, strange) => {
    const report = await readOne(withCalls(`{"api":"x","repeated":${repeated}}`), { maxCalls: 100 })
    expect(report.trace.length).toBe(length)
    expect(report.trace.sequence!.length).toBe(Math.min(100, length))
    expect(countsOf(report)).toEqual({ x: length })
    const said = report.reasons.includes('1 calls with a strange repeat count')
    expect(said).toBe(strange === 1)
    expect(report.state).toBe(strange === 1 ? 'partial' : 'complete')
  })
})

describe('keys', () => {
  it('that occur twice: both lists of calls count, the later single value wins', async () => {
    const text =
      '{"behavior":{"processes":[{"pid":1,"pid":2,"calls":[{"api":"a","api":"b"}],"calls":[{"api":"c"}]}]},"behavior":{"processes":[{"calls":[{"api":"d"}]}]}}'
    const report = await readOne(text)
    expect(namesOf(report)).toEqual(['b', 'c', 'd'])
    expect(report.processes.map(({ pid, calls }) => [pid, calls])).toEqual([
      [2, 2],
      [null, 1],
    ])
  })

  it('that are escaped are the same keys', async () => {
    const text = '{"\\u0062ehavior":{"process\\u0065s":[{"p\\u0069d":3,"calls":[{"\\u0061pi":"x"}]}]}}'
    const report = await readOne(text)
    expect([namesOf(report), report.processes[0]!.pid]).toEqual([['x'], 3])
  })

  it('named __proto__ are data', async () => {
    const text = `{"__proto__":{"behavior":1},"info":{"__proto__":{"version":"x"},"duration":1},"behavior":{"__proto__":[],"apistats":{"__proto__":{"__proto__":2,"constructor":1}}}}`
    const report = await readOne(text)
    expect(report.version).toBeNull()
    expect(report.trace.vocabulary).toEqual(['__proto__', 'constructor'])
    expect([...report.trace.tally.counts!]).toEqual([2, 1])
    expect(({} as { behavior?: unknown }).behavior).toBeUndefined()
  })
})

describe('nesting', () => {
  it.each(['[', '{"a":'])('a million deep of %s off the path costs nothing', async (opening) => {
    const closing = opening === '[' ? ']' : '}'
    const deep = `${opening.repeat(1_000_000)}1${closing.repeat(1_000_000)}`
    const report = await readOne(`{"x":${deep},${withCalls(call('"NtClose"')).slice(1)}`)
    expect([namesOf(report), report.state]).toEqual([['NtClose'], 'complete'])
  })

  it('a million deep on the path gives an error or a part', async () => {
    await expect(readAll('['.repeat(1_000_000))).rejects.toBeInstanceOf(MalformedInputError)
    const report = await readOne(`{"behavior":{"processes":${'['.repeat(1_000_000)}`)
    expect(report.state).toBe('partial')
  })
})

describe('sizes', () => {
  it('a string of two gigabytes is passed over in constant memory', { timeout: 120_000 }, async () => {
    const before = process.memoryUsage().rss
    const report = await only(
      stream(
        '{"strings":["',
        { text: 'x\\"{['.repeat(1000), times: 400_000 },
        '"],',
        withCalls(call('"a"')).slice(1),
      ),
    )
    expect([namesOf(report), report.state]).toEqual([['a'], 'complete'])
    expect(process.memoryUsage().rss - before).toBeLessThan(100e6)
  })

  it('a name, a key, a number and a process name of 100 megabytes are cut', async () => {
    const huge = { text: 'x'.repeat(1000), times: 100_000 }
    const report = await only(
      stream(
        '{"behavior":{"processes":[{"process_name":"',
        huge,
        '","',
        huge,
        '":1,"pid":1',
        { text: '0', times: 1_000_000 },
        ',"calls":[{"api":"',
        huge,
        '"},{"api":"NtClose"}]}]}}',
      ),
    )
    expect(namesOf(report)).toEqual(['x'.repeat(MAX_NAME_BYTES), 'NtClose'])
    expect(report.processes[0]).toEqual({ pid: null, parentPid: null, name: 'x'.repeat(1024), calls: 2 })
  })

  it('processes over the cap are taken as one, every call is counted', async () => {
    const report = await only(
      stream(
        '{"behavior":{"processes":[{}',
        { text: ',{"pid":7,"calls":[{"api":"a"}]}', times: MAX_PROCESSES + 1000 },
        ']}}',
      ),
    )
    expect(report.processes.length).toBe(MAX_PROCESSES + 1)
    expect(report.processes[MAX_PROCESSES]).toEqual({ pid: null, parentPid: null, name: null, calls: 1001 })
    expect(report.trace.length).toBe(MAX_PROCESSES + 1000)
    expect(report.reasons).toEqual([`over ${MAX_PROCESSES} processes, further ones are taken as one`])
    expect(report.state).toBe('partial')
  })

  it('calls over the cap are counted; those that come first in time are kept', {
    timeout: 120_000,
  }, async () => {
    // The second process's calls all come before the first's.
    const report = await only(
      stream(
        '{"behavior":{"processes":[{"calls":[{"api":"late","time":9}',
        { text: ',{"api":"late","time":9}', times: 499_999 },
        ']},{"calls":[{"api":"early","time":1}',
        { text: ',{"api":"early","time":2}', times: 174_999 },
        ']}]}}',
      ),
    )
    expect(report.trace.length).toBe(675_000)
    expect(countsOf(report)).toEqual({ late: 500_000, early: 175_000 })
    const { sequence, places, vocabulary } = report.trace
    expect(sequence!.length).toBe(DEFAULT_MAX_CALLS)
    expect(vocabulary[sequence![0]!]).toBe('early')
    expect(sequence!.lastIndexOf(vocabulary.indexOf('early'))).toBe(174_999)
    expect([places!.call![175_000], places!.call![249_999]]).toEqual([0, 74_999])
    expect(report.state).toBe('complete')
    expect(report.reasons).toEqual([
      'the first 250000 calls by time are kept in order, all 675000 are counted',
    ])
  })
})

describe('what is no report', () => {
  it.each<[string, string | Uint8Array, number]>([
    ['nothing at all', '', 0],
    ['white space', ' \n\n ', 4],
    ['a mark and nothing', '\ufeff', 3],
    ['text', 'Hello, world', 0],
    ['an ELF file', Buffer.from('\x7fELF\x02\x01\x01', 'latin1'), 0],
    ['a gzip file', Buffer.of(0x1f, 0x8b, 8, 0, 1, 2), 0],
    ['UTF-16', Buffer.from('\ufeff{"a":1}', 'utf16le'), 0],
    ['UTF-16 without a mark', Buffer.from('{"a":1}', 'utf16le'), 0],
    ['zeros', new Uint8Array(100), 0],
    ['an object that ends early', '{"a": [1, 2', 11],
    ['an object without a colon', '{"a" 1}', 5],
    ['an object without a comma', '{"a":1 "b":2}', 7],
    ['a trailing comma', '{"a":1,}', 7],
    ['a key that is no string', '{a:1}', 1],
    ['a single quote', "{'a':1}", 1],
    ['a number with a strange character', '{"a":1#}', 6],
  ])('%s: a MalformedInputError with the offset', async (_, input, offset) => {
    const error = await readAll(input).catch((error) => error)
    expect(error).toBeInstanceOf(MalformedInputError)
    expect(error.offset).toBe(offset)
    expect(error.message).toMatch(new RegExp(`at byte ${offset}$`))
  })

  it.each([
    ['another object', '{"openapi":"3.1","info":{"title":"x","version":"2.0"}}', /openapi, info/],
    ['a list', '[1,2,3]', /without keys/],
    ['a number', '12', /without keys/],
    ['null', 'null', /without keys/],
    ['a string', '"behavior"', /without keys/],
    ['an empty object', '{}', /without keys/],
  ])('%s: an UnknownFormatError that says what was found', async (_, input, found) => {
    const error = await readAll(input).catch((error) => error)
    expect(error).toBeInstanceOf(UnknownFormatError)
    expect(error.message).toMatch(found)
  })
})

describe('liberties', () => {
  it('takes NaN and Infinity as Python writes them', async () => {
    const report = await readOne(
      '{"info":{"score":NaN,"duration":-Infinity},"behavior":{"processes":[{"pid":Infinity,"calls":[{"api":"x","time":NaN}]}]}}',
    )
    expect(report).toMatchObject({ score: null, state: 'complete', processes: [{ pid: null }] })
    expect(report.trace.places!.time).toBeNull()
  })

  it.each(['x', '{}', '\u0000', '[[[', ']'])(
    'keeps the report before trailing bytes %j, and says so',
    async (trailing) => {
      const text = withCalls(call('"NtClose"'))
      const report = await readOne(`${text}\n ${trailing}`)
      expect([namesOf(report), report.state]).toEqual([['NtClose'], 'partial'])
      expect(report.reasons).toEqual([
        `bytes that follow the report, from byte ${text.length + 2} on, were not read`,
      ])
    },
  )

  it('keeps what stands before a fault, partial, with the offset', async () => {
    const text = '{"behavior":{"processes":[{"calls":[{"api":"a"} {"api":"b"}]}]}}'
    const report = await readOne(text)
    expect(namesOf(report)).toEqual(['a'])
    expect(report).toMatchObject({ state: 'partial' })
    expect(report.reasons).toEqual([
      'the input is broken at byte 48: expected a comma or the end of the object or array; what stands before is kept',
    ])
  })

  it('stops taking chunks once the report is over and bytes follow', async () => {
    let taken = 0
    const chunks = (async function* () {
      for await (const chunk of chunksOf(Buffer.from(`${withCalls(call('"a"'))}x${' '.repeat(1000)}`), 64)) {
        taken++
        yield chunk
      }
    })()
    await only(chunks)
    expect(taken).toBeLessThan(5)
  })
})

import { describe, expect, it } from 'vitest'
import { countsOf, namesOf, readAll, readOne } from '../../test/read-text.ts'
import { UNLABELLED } from '../samples/index.ts'
import { fieldTable } from './field-table.ts'
import { formats } from './index.ts'

const SHA256 = 'AB'.repeat(32)

const cuckoo1 = {
  info: { version: '1.2', duration: 3, score: null },
  target: { file: { name: 'a.exe', size: 12, sha256: SHA256, sha1: '1'.repeat(40), md5: 'no hash' } },
  behavior: {
    processes: [
      {
        process_id: '120',
        parent_id: '4',
        process_name: 'a.exe',
        calls: [
          {
            timestamp: '2018-02-07 02:00:26,433',
            thread_id: '7',
            api: 'LdrLoadDll',
            status: true,
            category: 'system',
            arguments: [{ name: 'x', value: 'y' }],
            repeated: 2,
          },
          {
            timestamp: '2018-02-07 02:00:28,000',
            thread_id: '8',
            api: 'NtClose',
            status: false,
            category: 'file',
            arguments: [],
            repeated: 0,
          },
        ],
      },
      {
        calls: [
          { timestamp: '2018-02-07 02:00:27,5', thread_id: '9', api: 'Sleep', status: true, repeated: 0 },
        ],
        process_id: '121',
        parent_id: '120',
        process_name: 'b.exe',
      },
    ],
  },
}

const cuckoo2 = {
  info: { version: '2.0.7', score: 5.2, duration: 9 },
  target: { file: { name: 'a.exe', size: 12 } },
  behavior: {
    generic: [{ process_name: 'not this' }],
    apistats: { '9': { Other: 4 } },
    processes: [
      {
        calls: [
          {
            category: 'file',
            status: 1,
            stacktrace: [],
            api: 'NtReadFile',
            arguments: { api: 'not this' },
            time: 1717617232.00025,
            tid: 2352,
            flags: {},
          },
          {
            category: 'file',
            status: 0,
            stacktrace: [],
            api: 'NtClose',
            arguments: {},
            time: 1717617233.5,
            tid: 2352,
            flags: {},
          },
        ],
        pid: 9,
        ppid: 1,
        process_name: 'a.exe',
      },
    ],
  },
}

const cape = {
  statistics: { processing: [{ name: 'CAPE' }] },
  CAPE: { payloads: [] },
  info: { version: '2.4-CAPE' },
  behavior: {
    processes: [
      {
        process_id: 3052,
        process_name: 'a.exe',
        parent_id: 2456,
        calls: [
          {
            timestamp: '2021-01-28 02:14:04,697',
            thread_id: '1960',
            caller: '0x1',
            parentcaller: '0x2',
            category: 'system',
            api: 'NtDelayExecution',
            status: true,
            arguments: [],
            repeated: 19,
            id: 0,
          },
        ],
      },
    ],
  },
  malscore: 10,
}

const points = [
  {
    ep_type: 'module_entry',
    apihash: 'x',
    apis: [
      { pc: '0x1', api_name: 'kernel32.CreateFileA', args: ['0x0'] },
      { pc: '0x2', api_name: 'ntdll.NtClose' },
    ],
  },
  { ep_type: 'thread', apis: [{ pc: '0x3', api_name: 'kernel32.CreateFileA' }] },
]

/** Process, call number and name of each kept call. */
const placed = (report: Awaited<ReturnType<typeof readOne>>) =>
  namesOf(report).map((name, at) => [report.trace.places!.process![at], report.trace.places!.call![at], name])

describe('each format', () => {
  it('cuckoo-1: list arguments, repeats, processes merged by time', async () => {
    const report = await readOne(cuckoo1)
    expect(report).toMatchObject({
      format: 'cuckoo-1',
      version: '1.2',
      sample: { name: 'a.exe', size: 12, sha256: SHA256.toLowerCase(), sha1: '1'.repeat(40), md5: null },
      processes: [
        { pid: 120, parentPid: 4, name: 'a.exe', calls: 4 },
        { pid: 121, parentPid: 120, name: 'b.exe', calls: 1 },
      ],
      executable: null,
      score: null,
      label: UNLABELLED,
      id: null,
      extra: null,
      columns: null,
      state: 'complete',
      reasons: [],
      trace: { view: 'calls', kind: 'sequence', dialect: 'cuckoo-1', length: 5 },
    })
    expect(placed(report)).toEqual([
      [0, 0, 'LdrLoadDll'],
      [0, 0, 'LdrLoadDll'],
      [0, 0, 'LdrLoadDll'],
      [1, 0, 'Sleep'],
      [0, 1, 'NtClose'],
    ])
    expect([...report.trace.places!.time!].slice(2)).toEqual([1517968826.433, 1517968827.5, 1517968828])
    expect(countsOf(report)).toEqual({ LdrLoadDll: 3, NtClose: 1, Sleep: 1 })
  })

  it('cuckoo-2: map arguments, numeric times, apistats left alone where there are calls', async () => {
    const report = await readOne(cuckoo2)
    expect(report).toMatchObject({ format: 'cuckoo-2', version: '2.0.7', score: 5.2, state: 'complete' })
    expect(report.processes).toEqual([{ pid: 9, parentPid: 1, name: 'a.exe', calls: 2 }])
    expect(placed(report)).toEqual([
      [0, 0, 'NtReadFile'],
      [0, 1, 'NtClose'],
    ])
    expect([...report.trace.places!.time!]).toEqual([1717617232.00025, 1717617233.5])
  })

  it.each(['1.0-dev', '2.0-dev', '2.0.7', null])(
    'cuckoo-2: by its monitor, whatever the version %s',
    async (version) => {
      const report = await readOne({ ...cuckoo2, info: { ...cuckoo2.info, version } })
      expect(report.format).toBe('cuckoo-2')
    },
  )

  it('cape: repeats, malscore, its own dialect', async () => {
    const report = await readOne(cape)
    expect(report).toMatchObject({
      format: 'cape',
      version: '2.4-CAPE',
      score: 10,
      trace: { dialect: 'cape', length: 20 },
    })
    expect(report.processes).toEqual([{ pid: 3052, parentPid: 2456, name: 'a.exe', calls: 20 }])
  })

  it.each([
    [
      'an object',
      { path: 'C:\\a.exe', sha256: SHA256, size: 5, emu_version: '1.5.11', entry_points: points },
    ],
    ['the bare list of entry points', points],
  ])('speakeasy: %s', async (_, text) => {
    const report = await readOne(text)
    expect(report).toMatchObject({
      format: 'speakeasy',
      trace: { dialect: 'speakeasy', length: 3 },
      state: 'complete',
    })
    expect(report.processes.map((process) => process.name)).toEqual(['module_entry', 'thread'])
    expect(placed(report)).toEqual([
      [0, 0, 'kernel32.CreateFileA'],
      [0, 1, 'ntdll.NtClose'],
      [1, 0, 'kernel32.CreateFileA'],
    ])
    expect(report.trace.places!.time).toBeNull()
    if (!Array.isArray(text))
      expect(report.sample).toMatchObject({ name: 'C:\\a.exe', size: 5, sha256: SHA256.toLowerCase() })
  })

  it('traces: one line', async () => {
    const report = await readOne('{"id":"x","label":1,"family":"F","calls":["a","b","a"]}\n')
    expect(report).toMatchObject({ format: 'traces', id: 'x', label: { malicious: 1, family: 'F' } })
    expect(namesOf(report)).toEqual(['a', 'b', 'a'])
  })

  it('is in the list of formats once, and no sign or version makes two of them equal here', async () => {
    const named = formats.map((format) => format.name)
    expect(named.toSorted()).toEqual(['cape', 'cuckoo-1', 'cuckoo-2', 'speakeasy', 'traces'])
    const inputs = {
      'cuckoo-1': cuckoo1,
      'cuckoo-2': cuckoo2,
      cape,
      speakeasy: points,
      traces: { calls: ['a'] },
    }
    for (const name of named) expect((await readOne(inputs[name as keyof typeof inputs])).format).toBe(name)
  })

  it('may not give a path another meaning than the others do', () => {
    const contrary = { name: 'contrary', fields: { 'info.version': 'name' }, signs: {} } as const
    expect(() => fieldTable([...formats, contrary], false)).toThrow(/means version and name/)
  })

  it.each(Object.entries({ cuckoo1, cuckoo2, cape, points }))(
    '%s reads the same indented, compact and byte by byte',
    async (_, value) => {
      const [want] = await readAll(JSON.stringify(value))
      expect(await readAll(JSON.stringify(value, null, 4))).toEqual([want])
      expect(await readAll(JSON.stringify(value), {}, 1)).toEqual([want])
      expect(
        await readAll(`\ufeff${JSON.stringify(value, null, 2).replaceAll('\n', '\r\n')}`, {}, 2),
      ).toEqual([want])
    },
  )
})

describe('columns', () => {
  it('are kept when asked for, in the order of the sequence', async () => {
    const { columns } = await readOne(cuckoo1, { columns: true })
    expect([...columns!.thread]).toEqual([7, 7, 7, 9, 8])
    expect([...columns!.category].map((category) => columns!.categories[category])).toEqual([
      'system',
      'system',
      'system',
      '',
      'file',
    ])
    expect([...columns!.success]).toEqual([1, 1, 1, 1, 0])
  })

  it('say that success is unknown', async () => {
    const { columns } = await readOne(points, { columns: true })
    expect([...columns!.success]).toEqual([-1, -1, -1])
    expect([...columns!.thread]).toEqual([Number.NaN, Number.NaN, Number.NaN])
  })
})

describe('reports with nothing to classify', () => {
  const { behavior: _, ...bare } = cuckoo2
  it.each([
    ['no behaviour', bare, 'the report has no behaviour: no processes and no calls'],
    [
      'an empty behaviour',
      { ...bare, behavior: {} },
      'the report has no behaviour: no processes and no calls',
    ],
    ['null behaviour', { ...bare, behavior: null }, 'the report has no behaviour: no processes and no calls'],
    [
      'a process without calls',
      { ...bare, behavior: { processes: [{ pid: 1, calls: [] }] } },
      'the report has no calls in its 1 process',
    ],
    [
      'calls that are null',
      { ...bare, behavior: { processes: [{ pid: 1, calls: null }, { pid: 2 }] } },
      'the report has no calls in its 2 processes',
    ],
  ])('%s: partial, and says so', async (_, value, reason) => {
    const report = await readOne(value)
    expect(report).toMatchObject({
      state: 'partial',
      reasons: [reason],
      trace: { length: 0, kind: 'sequence' },
    })
    expect(report.trace.sequence).toEqual(new Uint32Array(0))
  })

  it('only apistats: counts over all processes, partial', async () => {
    const report = await readOne({
      ...bare,
      behavior: {
        processes: [{ pid: 1, calls: [] }],
        apistats: { '1': { NtClose: 2, Sleep: 1 }, '2': { NtClose: 40, Bad: -1, Worse: 'x' } },
      },
    })
    expect(report.trace).toMatchObject({
      kind: 'counts',
      sequence: null,
      places: null,
      length: 43,
      dialect: 'cuckoo-2',
    })
    expect(countsOf(report)).toEqual({ NtClose: 42, Sleep: 1 })
    expect(report.state).toBe('partial')
    expect(report.reasons).toEqual([
      'the report has no calls, only how often each API was called',
      '2 API counts that are no counts were left out',
    ])
  })
})

import { createHash } from 'node:crypto'
import { appendFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Arrival } from './arrival.ts'
import { readEvent } from './eve.ts'
import { MAX_DETAILS, MAX_TEXT } from './sighting.ts'
import { carvedPath, followSuricata, type SuricataOptions } from './suricata.ts'

let folder: string
let eve: string
let filestore: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'taxon-eve-'))
  eve = join(folder, 'eve.json')
  filestore = join(folder, 'filestore')
  mkdirSync(filestore)
  writeFileSync(eve, '')
})
afterEach(() => rmSync(folder, { recursive: true }))

/** Stores a file as Suricata does, and gives its SHA-256. */
function store(content: string): string {
  const sha256 = createHash('sha256').update(content).digest('hex')
  mkdirSync(join(filestore, sha256.slice(0, 2)), { recursive: true })
  writeFileSync(carvedPath(filestore, sha256), content)
  return sha256
}

function event(info: object, more: object = {}) {
  return {
    timestamp: '2024-05-06T07:08:09.123456+0200',
    flow_id: 1234,
    event_type: 'fileinfo',
    src_ip: '192.0.2.1',
    src_port: 80,
    dest_ip: '2001:db8::1',
    dest_port: 4321,
    proto: 'TCP',
    app_proto: 'http',
    http: { hostname: 'files.example', url: '/a.exe' },
    fileinfo: {
      filename: '/a.exe',
      gaps: false,
      state: 'CLOSED',
      stored: true,
      file_id: 1,
      size: 5,
      tx_id: 0,
      ...info,
    },
    ...more,
  }
}
const write = (...events: unknown[]) =>
  appendFileSync(
    eve,
    events.map((each) => `${typeof each === 'string' ? each : JSON.stringify(each)}\n`).join(''),
  )

async function follow(more: Partial<SuricataOptions> = {}, most = Number.POSITIVE_INFINITY) {
  const problems: string[] = []
  const arrivals: Arrival[] = []
  let position: string | null = null
  const onPosition = (given: string) => {
    position = given
  }
  const onProblem = ({ problem }: { problem: string }) => problems.push(problem)
  for await (const arrival of followSuricata({
    eve,
    filestore,
    once: true,
    onProblem,
    onPosition,
    ...more,
  })) {
    arrivals.push(arrival)
    if (arrivals.length >= most) break
  }
  return { arrivals, problems, position }
}

describe('following Suricata', () => {
  it('tells of each stored file with who sent it to whom', async () => {
    const sha256 = store('hello')
    write({ event_type: 'flow' }, event({ sha256 }), event({ sha256, stored: false }), {
      event_type: 'alert',
      files: [],
    })
    const { arrivals, problems } = await follow()
    expect(problems).toEqual([])
    expect(arrivals).toHaveLength(1)
    expect(arrivals[0]).toMatchObject({
      source: 'suricata',
      path: carvedPath(filestore, sha256),
      sha256,
      name: '/a.exe',
      partial: [],
      sighting: {
        at: Date.parse('2024-05-06T05:08:09.123Z'),
        protocol: 'http',
        sourceAddress: '192.0.2.1',
        sourcePort: 80,
        destinationAddress: '2001:db8::1',
        destinationPort: 4321,
        host: 'files.example',
        uri: '/a.exe',
      },
    })
    expect(JSON.parse(arrivals[0]!.sighting.details!)).toMatchObject({
      flow_id: 1234,
      file_id: 1,
      state: 'CLOSED',
    })
  })

  it.each([
    [{ state: 'TRUNCATED' }, {}, 'the state of the file is TRUNCATED'],
    [{ gaps: true }, {}, 'missing (gaps)'],
    [{ size: 5 }, { http: { content_range: { size: 9 } } }, '5 of the 9 bytes'],
  ])('knows by %o %o that a file is cut', async (info, more, reason) => {
    write(event({ sha256: store('hello'), ...info }, more))
    expect((await follow()).arrivals[0]!.partial).toEqual([expect.stringContaining(reason)])
  })

  it('goes on from any arrival, with the ones behind it', async () => {
    const hashes = ['a', 'b', 'c', 'd'].map(store)
    hashes.forEach((sha256, i) => {
      write({ event_type: 'stats' }, event({ sha256, file_id: i }))
    })
    for (let stop = 1; stop <= hashes.length; stop++) {
      const first = await follow({}, stop)
      const second = await follow({ cursor: first.arrivals.at(-1)!.position })
      expect([...first.arrivals, ...second.arrivals].map(({ sha256 }) => sha256)).toEqual(hashes)
      expect(new Set([...first.arrivals, ...second.arrivals].map(({ sighting }) => sighting.key)).size).toBe(
        4,
      )
    }
  })

  it('tells how far it is where a log speaks of other things', async () => {
    write(event({ sha256: store('hello') }), { event_type: 'stats' }, { event_type: 'stats' })
    const { position } = await follow()
    expect((await follow({ cursor: position })).arrivals).toEqual([])
    expect((await follow({ cursor: position })).position).toBeNull()
  })

  it('says which files are not there, and takes no link for one', async () => {
    const gone = 'ab'.repeat(32)
    const linked = 'cd'.repeat(32)
    mkdirSync(join(filestore, 'cd'))
    symlinkSync('/etc/passwd', carvedPath(filestore, linked))
    write(
      event({ sha256: gone }),
      event({ sha256: linked }),
      event({}),
      event({ sha256: '../../etc/passwd' }),
    )
    write(event({ sha256: store('there') }))
    const { arrivals, problems } = await follow()
    expect(arrivals).toHaveLength(1)
    expect(problems).toEqual([
      expect.stringContaining('there is no such file'),
      expect.stringContaining('not a regular file'),
      expect.stringContaining('not of its SHA-256'),
      expect.stringContaining('not of its SHA-256'),
    ])
  })

  it('waits a little for a file that comes late', async () => {
    const sha256 = createHash('sha256').update('late').digest('hex')
    write(event({ sha256 }))
    setTimeout(() => store('late'), 100)
    expect((await follow()).arrivals).toHaveLength(1)
  })

  it('counts lines that are none, and reads on', async () => {
    write(
      '{"event_type":"fileinfo"',
      '{"fileinfo": 1, "event_type": "fileinfo"}',
      '["fileinfo"]',
      'noise',
      '\0\0\0',
    )
    write(event({ sha256: store('hello') }))
    const { arrivals, problems } = await follow()
    expect(arrivals).toHaveLength(1)
    expect(problems).toEqual(['lines that cannot be read: 3'])
  })

  it('finds in the file-store what no event tells of', async () => {
    const told = store('told')
    const untold = store('untold')
    const recorded = store('recorded')
    writeFileSync(
      `${carvedPath(filestore, recorded)}.1700000000.7.json`,
      JSON.stringify(event({ sha256: recorded, file_id: 7, filename: 'r.exe' })),
    )
    writeFileSync(join(filestore, untold.slice(0, 2), 'strange'), '')
    write(event({ sha256: told }))
    const known = new Set([told])
    const { arrivals } = await follow({ isKnown: async (sha256) => known.has(sha256) })
    const found = new Map(arrivals.map((each) => [each.sha256, each]))
    expect([...found.keys()].sort()).toEqual([told, untold, recorded].sort())
    expect(found.get(recorded)).toMatchObject({ name: 'r.exe', sighting: { sourceAddress: '192.0.2.1' } })
    expect(found.get(untold)).toMatchObject({ name: null, sighting: { key: `suricata:found:${untold}` } })
    // They leave the cursor where the log is.
    expect((await follow({ cursor: found.get(untold)!.position })).arrivals).toEqual([])
  })

  it('starts anew from a cursor that is none, and says so', async () => {
    write(event({ sha256: store('hello') }))
    for (const cursor of [
      '',
      '{',
      '{"inode":1}',
      '[]',
      'null',
      '{"inode":"1","offset":-1,"head":"","headBytes":0,"modifiedAt":0}',
    ]) {
      const { arrivals, problems } = await follow({ cursor })
      expect(arrivals).toHaveLength(1)
      expect(problems).toEqual([expect.stringContaining('the cursor is none')])
    }
  })
})

describe('reading an event', () => {
  it('bounds what strangers wrote', () => {
    const long = 'x'.repeat(100_000)
    const line = JSON.stringify(
      event(
        { sha256: 'ab'.repeat(32), filename: long, magic: long },
        { http: { url: long, hostname: long } },
      ),
    )
    const read = readEvent(line, 0)
    if (read === null || read === 'malformed') throw new Error('it is an event')
    expect(read.sighting.name).toHaveLength(MAX_TEXT)
    expect(read.sighting.uri).toHaveLength(MAX_TEXT)
    expect(read.sighting.details!.length).toBeLessThanOrEqual(MAX_DETAILS)
    expect(JSON.parse(read.sighting.details!)).toMatchObject({ flow_id: 1234, leftOut: expect.any(String) })
  })

  it('takes any value for any member', () => {
    const anything = fc.jsonValue()
    fc.assert(
      fc.property(
        fc.dictionary(
          fc.constantFrom('sha256', 'filename', 'stored', 'state', 'gaps', 'size', 'file_id', '__proto__'),
          anything,
        ),
        fc.dictionary(
          fc.constantFrom(
            'timestamp',
            'flow_id',
            'src_ip',
            'src_port',
            'http',
            'app_proto',
            'proto',
            '__proto__',
            'smtp',
          ),
          anything,
        ),
        (info, more) => {
          const read = readEvent(JSON.stringify({ event_type: 'fileinfo', ...more, fileinfo: info }), 5)
          if (read === null || read === 'malformed') throw new Error('it is an event')
          const { sighting } = read
          expect(Number.isFinite(sighting.at) && sighting.at >= 0).toBe(true)
          expect(sighting.key.length).toBeLessThan(400)
          expect(sighting.details === null || sighting.details.length <= MAX_DETAILS).toBe(true)
          expect(read.sha256 === null || /^[0-9a-f]{64}$/.test(read.sha256)).toBe(true)
        },
      ),
    )
  })

  it('takes any line', () => {
    const pieces = fc.constantFrom(
      '{',
      '}',
      '"fileinfo"',
      ':',
      '"event_type"',
      ',',
      '[',
      ']',
      '1',
      '\\u0000',
      'é',
      '"',
    )
    fc.assert(
      fc.property(
        fc.array(pieces).map((parts) => parts.join('')),
        (line) => {
          const read = readEvent(line, 0)
          expect(read === null || read === 'malformed' || typeof read === 'object').toBe(true)
        },
      ),
    )
    expect(readEvent('['.repeat(1_000_000), 0)).toBe('malformed')
    const deep = `${'{"http":'.repeat(100_000)}1${'}'.repeat(100_000)}`
    const line = `{"event_type":"fileinfo","flow_id":{"toString":null},"http":${deep},"fileinfo":{"stored":true}}`
    expect(readEvent(line, 5)).toMatchObject({ isStored: true, sighting: { key: 'suricata:::::', at: 5 } })
  })
})

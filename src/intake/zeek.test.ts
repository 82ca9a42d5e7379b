import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Arrival } from './arrival.ts'
import { followZeek, type ZeekOptions } from './zeek.ts'
import { isPlainName, readZeekFile } from './zeek-file.ts'
import { NO_COLUMNS, readHeader, readZeekLine } from './zeek-line.ts'

let folder: string
let log: string
let extracted: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'taxon-zeek-'))
  log = join(folder, 'files.log')
  extracted = join(folder, 'extract_files')
  mkdirSync(extracted)
})
afterEach(() => rmSync(folder, { recursive: true }))

/** As Zeek 6 writes it with `LogAscii::use_json=T`. */
function row(more: object = {}) {
  return {
    ts: 1362692527.009721,
    fuid: 'FakNcS1Jfe01uljb3',
    uid: 'CXWv6p3arKYeMETxOg',
    'id.orig_h': '141.142.228.5',
    'id.orig_p': 59856,
    'id.resp_h': '192.150.187.43',
    'id.resp_p': 80,
    source: 'HTTP',
    depth: 0,
    analyzers: ['EXTRACT', 'SHA256'],
    mime_type: 'application/x-dosexec',
    filename: 'a.exe',
    duration: 0.1,
    is_orig: false,
    seen_bytes: 5,
    total_bytes: 5,
    missing_bytes: 0,
    overflow_bytes: 0,
    timedout: false,
    sha256: 'AB'.repeat(32),
    extracted: 'extract-1362692527-HTTP-FakNcS1Jfe01uljb3',
    extracted_cutoff: false,
    ...more,
  }
}

/** The text format, as Zeek has it by default, before 5.1, whose columns name hosts by who transmits. */
const HEADER = [
  '#separator \\x09',
  '#set_separator\t,',
  '#empty_field\t(empty)',
  '#unset_field\t-',
  '#path\tfiles',
  '#open\t2024-01-01-00-00-00',
  '#fields\tts\tfuid\ttx_hosts\trx_hosts\tconn_uids\tsource\tfilename\tmissing_bytes\ttimedout\tsha256\textracted\textracted_cutoff',
  '#types\ttime\tstring\tset[addr]\tset[addr]\tset[string]\tstring\tstring\tcount\tbool\tstring\tstring\tbool',
]

const put = (name: string) => writeFileSync(join(extracted, name), 'hello')
const write = (...rows: (object | string)[]) =>
  appendFileSync(
    log,
    rows.map((each) => `${typeof each === 'string' ? each : JSON.stringify(each)}\n`).join(''),
  )

async function follow(more: Partial<ZeekOptions> = {}, most = Number.POSITIVE_INFINITY) {
  const arrivals: Arrival[] = []
  const problems: string[] = []
  const onProblem = ({ problem }: { problem: string }) => problems.push(problem)
  for await (const arrival of followZeek({ log, extracted, once: true, onProblem, ...more })) {
    arrivals.push(arrival)
    if (arrivals.length >= most) break
  }
  return { arrivals, problems }
}

describe('following Zeek', () => {
  it('tells of each extracted file of a log in JSON', async () => {
    put(row().extracted)
    write(row(), row({ extracted: undefined }))
    const { arrivals, problems } = await follow()
    expect(problems).toEqual([])
    expect(arrivals).toHaveLength(1)
    expect(arrivals[0]).toMatchObject({
      source: 'zeek',
      path: join(extracted, row().extracted),
      sha256: 'ab'.repeat(32),
      name: 'a.exe',
      partial: [],
      sighting: {
        key: 'zeek:FakNcS1Jfe01uljb3:1362692527.009721',
        at: 1362692527010,
        protocol: 'http',
        sourceAddress: '192.150.187.43',
        sourcePort: 80,
        destinationAddress: '141.142.228.5',
        destinationPort: 59856,
      },
    })
  })

  it('takes the other end for the sender of what is uploaded', async () => {
    put(row().extracted)
    write(row({ is_orig: true }))
    expect((await follow()).arrivals[0]!.sighting).toMatchObject({
      sourceAddress: '141.142.228.5',
      sourcePort: 59856,
    })
  })

  it('reads the text format, also from the middle of it and after it was rotated', async () => {
    const line = (name: string, more: string) =>
      `1362692527.009721\tF${name}\t192.150.187.43,10.0.0.1\t141.142.228.5\tC1\tFTP_DATA\tn\\x09${name}\t${more}\t${name}\tF`
    for (const name of ['a', 'b', 'c']) put(name)
    write(...HEADER, line('a', '0\tF\t-'), line('b', '7\tT\t-'))
    const all = await follow()
    expect(all.problems).toEqual([])
    expect(all.arrivals.map(({ name }) => name)).toEqual(['n\ta', 'n\tb'])
    expect(all.arrivals[0]).toMatchObject({
      sha256: null,
      partial: [],
      sighting: {
        sourceAddress: '192.150.187.43',
        destinationAddress: '141.142.228.5',
        protocol: 'ftp_data',
      },
    })
    expect(all.arrivals[1]!.partial).toEqual([
      expect.stringContaining('7 bytes'),
      expect.stringContaining('timedout'),
    ])
    const first = await follow({}, 1)
    write('#close\t2024-01-01-01-00-00')
    renameSync(log, join(folder, 'files.2024-01-01-00-00-00.log'))
    write(...HEADER, line('c', '0\tF\t-'))
    const rest = await follow({ cursor: first.arrivals[0]!.position })
    expect(rest.arrivals.map(({ name }) => name)).toEqual(['n\tb', 'n\tc'])
  })

  it.each([
    [{ extracted_cutoff: true }, 'extracted_cutoff'],
    [{ missing_bytes: 3 }, '3 bytes are missing'],
    [{ timedout: true }, 'timedout'],
  ])('knows by %o that a file is cut', async (more, reason) => {
    put(row().extracted)
    write(row(more))
    expect((await follow()).arrivals[0]!.partial).toEqual([expect.stringContaining(reason)])
  })

  it('takes nothing from outside the folder', async () => {
    symlinkSync('/etc/passwd', join(extracted, 'link'))
    writeFileSync(join(folder, 'secret'), '')
    for (const name of ['../secret', '/etc/passwd', '..', '.', 'a/b', 'link', 'gone', 'a\0b', '..\\secret'])
      write(row({ extracted: name }))
    const { arrivals, problems } = await follow()
    expect(arrivals).toEqual([])
    expect(problems).toHaveLength(9)
  })

  it('counts lines that are none', async () => {
    put(row().extracted)
    write('{', 'noise', '1\t2', row())
    const { arrivals, problems } = await follow()
    expect(arrivals).toHaveLength(1)
    expect(problems).toEqual(['lines that cannot be read: 3'])
  })
})

describe('reading a line of Zeek', () => {
  it('takes any row', () => {
    const names = [...Object.keys(row()), '__proto__', 'tx_hosts', 'rx_hosts', 'conn_uids']
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom(...names), fc.jsonValue()), (fields) => {
        const { sighting, extracted: name } = readZeekFile(JSON.parse(JSON.stringify(fields)), 5)
        expect(new Date(sighting.at).getTime()).toBe(sighting.at)
        expect(sighting.at).toBeGreaterThanOrEqual(0)
        expect(name === null || typeof name === 'string').toBe(true)
      }),
    )
  })

  it('undoes the escapes of columns, byte by byte', () => {
    const columns = readHeader('#fields\tfilename\textracted', NO_COLUMNS)
    expect(readZeekLine('\\xc3\\xa9\\x09.exe\t-', columns)).toEqual({ filename: '\u00e9\t.exe' })
  })

  it('takes any header and any columns', () => {
    const line = fc
      .array(
        fc.constantFrom(
          '#fields',
          '#separator ',
          '\t',
          '\\x09',
          '-',
          'ts',
          '__proto__',
          '#unset_field',
          'é',
          '{',
        ),
      )
      .map((parts) => parts.join(''))
    fc.assert(
      fc.property(fc.array(line), line, (headers, content) => {
        const columns = headers.reduce((before, each) => readHeader(each, before), NO_COLUMNS)
        const read = readZeekLine(content, columns)
        expect(read === null || typeof read === 'object').toBe(true)
        expect(({} as Record<string, unknown>).ts).toBeUndefined()
      }),
    )
  })

  it('never takes a name for plain that leads elsewhere', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom('.', '..', '/', '\\', 'a', '\0')).map((parts) => parts.join('')),
        (name) => {
          if (name !== '' && isPlainName(name)) expect(join('/x', name)).toBe(`/x/${name}`)
        },
      ),
    )
  })
})

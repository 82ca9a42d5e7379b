import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { sharedData } from '../../../../test/shared-data.ts'
import { sha256 } from '../../../core/index.ts'
import type { LabelledSample } from '../label-source.ts'
import { jsonObjects } from './json-values.ts'
import { reportsOf } from './read-report.ts'
import { readVirusTotal, virusTotalFiles, virusTotalFolder } from './virus-total.ts'

const BYTES = Buffer.from('a sample')
const HASH = sha256(BYTES)
// By md5sum.
const MD5 = '168fc8ca6cdb8c98502428dd0f9e5113'
const OTHER = 'b'.repeat(64)

const sample: LabelledSample = {
  ...{ sha256: HASH, size: BYTES.length },
  async *open() {
    yield BYTES
  },
}

const v2 = (hash: string, detection = 'Win.Zbot') => ({
  ...{ sha256: hash, scan_date: '2015-09-28 01:01:14', first_seen: '2013-02-07 20:20:44' },
  scans: {
    Good: { detected: true, version: '1.2', result: detection, update: '20150925' },
    Other: { detected: false, version: '3', result: null, update: '20150926' },
  },
})

const v3 = (hash: string) => ({
  data: {
    ...{ id: hash, type: 'file' },
    attributes: {
      ...{ sha256: hash, last_analysis_date: 1584939766, first_submission_date: 1584500000 },
      last_analysis_results: {
        A: { category: 'malicious', result: 'X', engine_version: '1', engine_update: '20200323' },
        B: { category: 'suspicious', result: 'Y', engine_version: null, engine_update: '20200323' },
        C: { category: 'undetected', result: null },
        D: { category: 'harmless', result: null },
        E: { category: 'type-unsupported', result: null },
        F: { category: 'timeout', result: null },
        G: { category: 'failure', result: null },
        H: { category: 'something new', result: null },
      },
    },
  },
})

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'taxon-virustotal-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

function write(name: string, content: string | Uint8Array): string {
  const path = join(folder, name)
  writeFileSync(path, content)
  return path
}

async function all<Value>(values: AsyncIterable<Value>): Promise<Value[]> {
  const list: Value[] = []
  for await (const value of values) list.push(value)
  return list
}

describe('a report', () => {
  it('of version 2 says what each engine found', () => {
    const [report, ...more] = reportsOf(v2(HASH.toUpperCase()))
    expect(more).toEqual([])
    expect(report).toMatchObject({ hashes: [HASH], sha256: HASH, at: Date.UTC(2015, 8, 28, 1, 1, 14) })
    const label = {
      family: null,
      category: null,
      firstSeen: '2013-02-07',
      source: 'virustotal',
      at: report!.at,
      problem: null,
    }
    expect(report!.labels).toEqual([
      {
        ...{ ...label, malicious: 1, by: 'virustotal: Good', engine: 'Good', detection: 'Win.Zbot' },
        ...{ version: '1.2 20150925', state: 'found' },
      },
      {
        ...{ ...label, malicious: 0, by: 'virustotal: Other', engine: 'Other', detection: null },
        ...{ version: '3 20150926', state: 'clean' },
      },
    ])
  })

  it('of version 3 tells what is no answer from what is clean', () => {
    const [report] = reportsOf(v3(HASH))
    expect(report!.at).toBe(1584939766000)
    expect(
      report!.labels.map(({ engine, malicious, state, detection }) => [engine, malicious, state, detection]),
    ).toEqual([
      ['A', 1, 'found', 'X'],
      ['B', null, 'found', 'Y'],
      ['C', 0, 'clean', null],
      ['D', 0, 'clean', null],
      ['E', null, 'unsupported', null],
      ['F', null, 'failed', null],
      ['G', null, 'failed', null],
      ['H', null, 'failed', null],
    ])
    expect(report!.labels[1]!.version).toBe('20200323')
    expect(report!.labels[5]!.problem).toBe('the engine reported timeout')
  })

  it.each<[string, unknown]>([
    ['nothing', {}],
    ['null', null],
    ['a list', []],
    ['no hash', { scans: { A: { detected: true, result: 'X' } } }],
    ['a hash that is none', { sha256: '../../etc/passwd', scans: {} }],
    ['no results', { sha256: HASH }],
    ['an answer that there is none', { response_code: 0, resource: HASH, verbose_msg: 'not there' }],
    ['an error of version 3', { error: { code: 'NotFoundError' } }],
  ])('%s is none', (_, value) => {
    expect(reportsOf(value)).toEqual([])
  })

  it('may hold anything', () => {
    const leaf = fc.oneof(
      fc.constant(HASH),
      fc.constantFrom(1e300, -1, true, null, '2015-99-99 99:99:99'),
      fc.string(),
    )
    const key = fc.constantFrom(
      'data',
      'attributes',
      'scans',
      'last_analysis_results',
      'sha256',
      'md5',
      'id',
      '__proto__',
    )
    const more = fc.constantFrom(
      'result',
      'detected',
      'category',
      'version',
      'scan_date',
      'last_analysis_date',
      'first_seen',
    )
    const { tree } = fc.letrec((tie) => ({
      tree: fc.oneof(
        { maxDepth: 6 },
        leaf,
        fc.array(tie('tree')),
        fc.dictionary(fc.oneof(key, more), tie('tree')),
      ),
    }))
    fc.assert(
      fc.property(tree, (value) => {
        for (const { labels, hashes } of reportsOf(value)) {
          expect(hashes.length).toBeGreaterThan(0)
          for (const { malicious, state } of labels) if (malicious === 0) expect(state).toBe('clean')
        }
      }),
    )
  })

  it('keeps a bounded part of hostile names', () => {
    const names = ['x'.repeat(10_000), '\x1b[31m', '<script>', '=cmd()', '\ud800']
    const kept = names.map((name) => reportsOf(v2(HASH, name))[0]!.labels[0]!.detection)
    expect(kept).toEqual(['x'.repeat(1000), '\x1b[31m', '<script>', '=cmd()', '\ufffd'])
  })
})

describe('files of reports', () => {
  it.each([
    ['one', (a: object) => JSON.stringify(a, null, 2), 1],
    ['a list', (a: object, b: object) => JSON.stringify([a, b]), 2],
    ['one a line', (a: object, b: object) => `\ufeff${JSON.stringify(a)}\r\n\n${JSON.stringify(b)}\n`, 2],
    [
      'a list within',
      (a: object, b: object) => JSON.stringify({ data: [a, (b as { data: object }).data] }),
      2,
    ],
  ])('may hold %s', async (_, text, count) => {
    const path = write('reports.json', text(v2(HASH), v3(OTHER)))
    expect((await all(readVirusTotal(path))).map((report) => report.sha256)).toEqual(
      [HASH, OTHER].slice(0, count),
    )
    const packed = write('reports.json.gz', gzipSync(text(v2(HASH), v3(OTHER))))
    expect(await all(readVirusTotal(packed))).toHaveLength(count)
  })

  it('tell what was no report, and go on', async () => {
    const skipped: string[] = []
    const path = write('mixed.ndjson', `{"x":1}\n{"broken":}\n${JSON.stringify(v2(HASH))}\n{"cut`)
    const read = all(readVirusTotal(path, { onSkip: (_, reason) => skipped.push(reason) }))
    await expect(read).rejects.toThrow('an object is cut off')
    expect(skipped).toEqual([1, 2].map((nth) => `object ${nth} is no report with results, or broken`))
  })

  it('answer for the hashes of their samples, the newest of each', async () => {
    const older = { ...v2(HASH, 'Older'), scan_date: '2014-01-01 00:00:00', md5: MD5 }
    const path = write('a.json', JSON.stringify([v2(HASH, 'Newer'), older]))
    const source = await virusTotalFiles([
      path,
      write('b.json', JSON.stringify({ ...v2(OTHER), sha256: null, md5: MD5 })),
    ])
    expect((await source.label(sample))[0]!.detection).toBe('Newer')
    expect(await source.label({ ...sample, sha256: OTHER })).toEqual([])
    expect(await source.label({ ...sample, sha256: OTHER, md5: MD5 })).toHaveLength(2)
    await expect(virusTotalFiles([join(folder, 'none')])).rejects.toMatchObject({ code: 'unreadable' })
  })

  const real = sharedData('avclass/vtv2_sample.json')
  it.runIf(real)('are read as VirusTotal wrote them', async () => {
    const counts = async (path: string) =>
      (await all(readVirusTotal(path))).map(({ labels }) => [
        labels.length,
        labels.filter(({ malicious }) => malicious === 1).length,
      ])
    expect(await counts(real!)).toEqual([
      [57, 52],
      [47, 39],
    ])
    // Of 74 engines 15 could do nothing with an RTF file.
    expect(await counts(real!.replace('v2', 'v3'))).toEqual([[74, 35]])
  })
})

describe('a folder of reports', () => {
  it('has them named by hash, and is looked into anew', async () => {
    const source = virusTotalFolder(folder)
    expect(await source.label(sample)).toEqual([])
    write(`${MD5}.json`, JSON.stringify({ ...v2(HASH), md5: MD5 }))
    expect(await source.label(sample)).toHaveLength(2)
    write(`${HASH}.json.gz`, gzipSync(JSON.stringify(v3(HASH))))
    expect(await source.label(sample)).toHaveLength(8)
  })

  it('takes no report of another sample, and no hash that is a path', async () => {
    const source = virusTotalFolder(folder)
    write(`${HASH}.json`, JSON.stringify(v2(OTHER)))
    await expect(source.label(sample)).rejects.toThrow('no report of the sample')
    write('x.json', JSON.stringify(v2(HASH)))
    expect(await source.label({ ...sample, sha256: './x', md5: '../x', sha1: 'x' })).toEqual([])
  })
})

describe('jsonObjects', () => {
  const cut = async function* (text: string, size: number) {
    const bytes = Buffer.from(text)
    for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
  }

  it('gives the same for every cut', async () => {
    const objects = fc.array(fc.dictionary(fc.string({ unit: 'binary' }), fc.jsonValue({ maxDepth: 3 })))
    await fc.assert(
      fc.asyncProperty(
        objects,
        fc.integer({ min: 1, max: 50 }),
        fc.boolean(),
        async (values, size, asLines) => {
          const text = asLines
            ? values.map((value) => JSON.stringify(value)).join('\n')
            : JSON.stringify(values)
          const found = await all(jsonObjects(cut(text, size), 1e6))
          const expected = values.map((value) => JSON.stringify(value))
          expect(found.map((object) => 'text' in object && JSON.stringify(JSON.parse(object.text)))).toEqual(
            expected.map((each) => JSON.stringify(JSON.parse(each))),
          )
        },
      ),
    )
  })

  it('steps over what is too large or too deep', async () => {
    const text = `{"a":"${'x'.repeat(100)}"}{"b":1}{"c":${'['.repeat(300)}${']'.repeat(300)}}`
    for (const size of [1, 7, 1000]) {
      expect(await all(jsonObjects(cut(text, size), 50))).toEqual([
        { skippedBytes: 108, offset: 0 },
        { text: '{"b":1}' },
        { skippedBytes: 606, offset: 115 },
      ])
    }
  })

  it('takes any bytes', async () => {
    const bytes = fc.oneof(
      fc.uint8Array(),
      fc.string({ unit: fc.constantFrom(...'{}[]",:\\a ') }).map((text) => Buffer.from(text)),
    )
    await fc.assert(
      fc.asyncProperty(bytes, async (given) => {
        const read = all(jsonObjects(cut(Buffer.from(given).toString('latin1'), 5), 100))
        await read.catch((error) => expect(error).toMatchObject({ code: 'malformed-input' }))
      }),
    )
  })
})

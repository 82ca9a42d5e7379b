import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import {
  clamavTestFiles,
  eicar,
  hasClamav,
  ownSignatures,
  startClamd,
  type TestClamd,
} from '../../../test/clamd.ts'
import { fakeIo } from '../../../test/fake-io.ts'
import { sharedData } from '../../../test/shared-data.ts'
import { csvRecords, sha256 } from '../../core/index.ts'
import { main } from '../main.ts'

const folder = mkdtempSync(join(tmpdir(), 'taxon-label-'))
afterAll(() => rmSync(folder, { recursive: true }))
afterEach(() => vi.unstubAllEnvs())

function write(name: string, content: string | Uint8Array): string {
  const path = join(folder, name)
  mkdirSync(join(path, '..'), { recursive: true })
  writeFileSync(path, content)
  return path
}

async function label(...argv: string[]) {
  const io = fakeIo()
  const status = await main(['label', ...argv], io)
  return {
    status,
    out: io.out,
    err: io.err,
    json: () =>
      io.out
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line)),
  }
}

/** A small AVClass of our own. */
const avclass = join(folder, 'avclass')
write('avclass/default.taxonomy', 'FAM:zbot\nFAM:emotet\nCLASS:worm\nGEN:trojan\n')
write('avclass/default.tagging', 'zeus\tzbot\n')
write('avclass/default.expansion', '')

const report = (content: string | Uint8Array, detections: Record<string, string | null>) => ({
  sha256: sha256(content),
  scans: Object.fromEntries(
    Object.entries(detections).map(([engine, result]) => [engine, { detected: result !== null, result }]),
  ),
})

describe('taxon label', () => {
  it('shows what each source says, the consensus, and the clash', async () => {
    const path = write('samples/a.exe', 'one')
    const reports = write(
      'reports.json',
      JSON.stringify([report('one', { A: 'Worm.Zeus', B: 'Zbot.Worm', C: null })]),
    )
    const labels = write('list.csv', `sha256,label,family\n${sha256('one')},0,Emotet\n`)
    const args = [path, '--virustotal', reports, '--labels', labels, '--avclass', avclass]
    const shown = await label(...args)
    expect(shown.status).toBe(0)
    expect(shown.err).toBe('')
    expect(shown.out.replaceAll(folder, '')).toBe(
      [
        `benign     /samples/a.exe  ${sha256('one').slice(0, 16)}  Emotet (stated), worm`,
        '           virustotal  2 of 3 engines found something',
        '           csv         benign, Emotet (/list.csv)',
        '           tags        FAM:zbot 2, CLASS:worm 2',
        '           clash       other families: zbot 2; malicious says virustotal, benign csv',
        '',
      ].join('\n'),
    )
    const [asJson] = (await label(...args, '--json')).json()
    expect(asJson).toMatchObject({
      sample: { path, sha256: sha256('one'), size: 3 },
      consensus: { malicious: 0, family: 'Emotet', basis: 'people', clash: { malicious: ['virustotal'] } },
    })
    expect(asJson.labels).toHaveLength(4)
  })

  it('takes a folder of reports, and folders of samples with -r', async () => {
    write('many/b', 'two')
    write('many/deep/c', 'three')
    symlinkSync('b', join(folder, 'many/link'))
    write(`named/${sha256('two')}.json`, JSON.stringify(report('two', { A: 'Zeus', B: 'Zbot' })))
    const args = ['--virustotal', join(folder, 'named'), '--avclass', avclass]
    expect(await label(join(folder, 'many'), ...args)).toMatchObject({
      status: 2,
      err: expect.stringContaining('use -r'),
    })
    const { status, json, err } = await label('-r', join(folder, 'many'), ...args, '--json')
    expect([status, err]).toEqual([0, `passed over ${join(folder, 'many/link')}: links are not followed\n`])
    expect(json().map(({ consensus, labels }) => [consensus.family, labels.length])).toEqual([
      ['zbot', 2],
      [null, 0],
    ])
  })

  it('labels the samples of reports where no files are given', async () => {
    const path = write(
      'alone.ndjson',
      `${JSON.stringify(report('x', { A: 'Zeus', B: 'Zbot' }))}\n{"other":1}\n`,
    )
    vi.stubEnv('TAXON_AVCLASS', avclass)
    const { out, err } = await label('--virustotal', path)
    expect(out).toContain('zbot (2 engines)')
    expect(err).toBe(`passed over ${path}: object 2 is no report with results, or broken\n`)
  })

  it('says that families are not told without the files of AVClass', async () => {
    const path = write('alone.json', JSON.stringify(report('x', { A: 'Zeus', B: 'Zbot' })))
    vi.stubEnv('TAXON_AVCLASS', '')
    const { out, err } = await label('--virustotal', path)
    expect(out).toMatch(/^malicious .* no family\n/)
    expect(err).toContain('the files of AVClass are missing (--avclass DIR)')
  })

  it('goes on behind a file that cannot be read', async () => {
    const [first, last] = [write('first', 'first'), write('last', 'last')]
    const reports = write(
      'two.json',
      JSON.stringify([report('first', { A: 'Zeus' }), report('last', { A: 'Zeus' })]),
    )
    const paths = [first, join(folder, 'none'), last]
    const args = [...paths, '--virustotal', reports, '--avclass', avclass]
    const { status, out, err } = await label(...args)
    expect(status).toBe(2)
    expect(out.match(/^malicious/gm)).toHaveLength(2)
    expect(err).toBe(`taxon: ${join(folder, 'none')}: cannot be read, no such file\n`)
    expect((await label(...args, '--json')).json()[1]).toEqual({
      sample: { path: paths[1] },
      error: { code: 'unreadable', message: `${paths[1]}: cannot be read, no such file` },
    })
  })

  it('prints names that are an attack as harmless text', async () => {
    const hostile = [
      '\x1b[2J\u202egpj',
      '<script>alert(1)</script>',
      '=HYPERLINK("http://x")',
      'x'.repeat(10_000),
    ]
    const path = write('hostile/\x1b[31m=evil\n.exe', 'hostile')
    const detections = Object.fromEntries(hostile.map((text, i) => [`${text}${i}`, text]))
    const reports = write('hostile.json', JSON.stringify(report('hostile', detections)))
    const labels = write('hostile.csv', `sha256,family,category\n${sha256('hostile')},=1+1,\x1b[2J\n`)
    const args = [path, '--virustotal', reports, '--labels', labels, '--avclass', avclass]
    const { out } = await label(...args)
    // biome-ignore lint/suspicious/noControlCharactersInRegex: that there are none is what is looked for
    expect(out).not.toMatch(/[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]/)
    expect(Math.max(...out.split('\n').map((line) => line.length))).toBeLessThan(1000)
    const csv = await label(...args, '--csv')
    const [titles, record, ...more] = [...csvRecords(csv.out)].map(({ fields }) => fields)
    expect(more).toEqual([])
    expect(record).toHaveLength(titles!.length)
    for (const field of record!) expect(field).not.toMatch(/^[=+\-@\t\r]/)
    expect(record![titles!.indexOf('family')]).toBe("'=1+1")
    expect((await label(...args, '--json')).json()).toHaveLength(1)
  })

  it.each<[string[], string]>([
    [['a.exe'], 'label: say who to ask'],
    [['--clamscan'], 'label: say which files'],
    [['-', '--virustotal', 'REPORTS'], 'standard input can be read but once'],
    [['a', '--clamd', 'a b'], 'clamd: a path of a socket'],
    [['a', '--clamd', '/nowhere/clamd.ctl'], 'there is no such socket; is clamd running?'],
    [['a', '--labels', '/nowhere/list.csv'], 'cannot be read'],
    [['a', '--virustotal', '/nowhere/report.json'], 'cannot be read'],
    [['a', '--virustotal', 'REPORTS', '--avclass', '/nowhere'], 'cannot be read'],
  ])('%j ends with status 2 and says why', async (argv, problem) => {
    const reports = write('empty.json', '[]')
    const { status, err, out } = await label(...argv.map((word) => (word === 'REPORTS' ? reports : word)))
    expect([status, out]).toEqual([2, ''])
    expect(err).toContain(problem)
    expect(err.trimEnd()).not.toContain('\n')
  })

  const real = sharedData('avclass/vtv2_sample.json')
  it.runIf(real)("gives AVClass's samples the families that AVClass gives", async () => {
    const reports = [real!, real!.replace('v2', 'v3')].flatMap((path) => ['--virustotal', path])
    const { json } = await label(...reports, '--avclass', join(real!, '..'), '--json')
    expect(json().map(({ consensus }) => consensus.cluster)).toEqual([
      'zeroaccess',
      'winwebsec',
      'SINGLETON:1527f7b9bdea7752f72ffcd8b0a97e9f05092fed2cb9909a463e5775e12bd2d6',
    ])
  })
})

describe.runIf(hasClamav())('taxon label with a real clamd', () => {
  let server: TestClamd
  beforeAll(async () => {
    const place = join(folder, 'clamd')
    mkdirSync(place)
    server = await startClamd(place, ownSignatures(place), ['StreamMaxLength 2M'])
  }, 60_000)
  afterAll(() => server?.kill())

  it('names EICAR and every test file, and says what is too large', async () => {
    write('scanned/eicar', eicar)
    write('scanned/large', Buffer.alloc(3_000_000, 'x'))
    write('scanned/plain', 'nothing')
    const paths = [join(folder, 'scanned'), ...clamavTestFiles()]
    const { status, out } = await label('-r', ...paths, '--clamd', server.socket, '--avclass', avclass)
    expect(status).toBe(0)
    expect(out.match(/^ +clamd +Taxon\.Test\.Eicar\.UNOFFICIAL$/gm)).toHaveLength(1)
    expect(out.match(/^ +clamd +Taxon\.Test\.Clam\.UNOFFICIAL$/gm)).toHaveLength(clamavTestFiles().length)
    expect(out).toMatch(
      /^unknown +\S+large .*\n +clamd +too-big: it is larger than the StreamMaxLength of clamd$/m,
    )
    // One engine that finds nothing does not make a sample benign.
    expect(out).toMatch(/^unknown +\S+plain .*\n +clamd +nothing found$/m)
  }, 60_000)
})

import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { fakeIo } from '../../../test/fake-io.ts'
import { madeUpPe } from '../../../test/made-up-executables.ts'
import { UsageError } from '../../core/index.ts'
import { doctor } from './doctor.ts'
import { intake } from './intake.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'taxon-intake-'))
})
afterEach(() => {
  vi.unstubAllEnvs()
  rmSync(folder, { recursive: true })
})

async function run(argv: readonly string[], signal?: AbortSignal) {
  const io = fakeIo(signal ? { signal } : {})
  const status = await intake.run(argv, io)
  return { status, out: io.out, err: io.err }
}

/** A file-store with one file, and an event of it under a name. */
function suricata(name: string, content: Uint8Array | string = 'hello') {
  const sha256 = createHash('sha256').update(content).digest('hex')
  const filestore = join(folder, 'filestore')
  mkdirSync(join(filestore, sha256.slice(0, 2)), { recursive: true })
  writeFileSync(join(filestore, sha256.slice(0, 2), sha256), content)
  const event = {
    timestamp: '2024-05-06T07:08:09.123456+0000',
    flow_id: 1,
    event_type: 'fileinfo',
    src_ip: '192.0.2.1',
    src_port: 80,
    dest_ip: '2001:db8::1',
    dest_port: 4321,
    app_proto: 'http',
    fileinfo: { filename: name, state: 'CLOSED', stored: true, sha256 },
  }
  const eve = join(folder, 'eve.json')
  writeFileSync(eve, `${JSON.stringify(event)}\n`)
  return { sha256, filestore, options: ['--suricata', eve, '--filestore', filestore, '--once'] }
}

/** Nothing that a terminal obeys. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: it is what must not be there
const OBEYED = /[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/

const HOSTILE = [
  'a\x1b[31mred\x07',
  '../../../etc/passwd',
  '\u009b2J',
  '\u202egnp.exe',
  'line\nbreak\r',
  `${'x'.repeat(10_000)}`,
  '=cmd|calc',
  '<script>',
]

describe('taxon intake watch', () => {
  it('tells of a file that Suricata has stored in one line', async () => {
    const { sha256, options } = suricata('/a.exe')
    const { status, out, err } = await run(['watch', ...options])
    expect({ status, err }).toEqual({ status: 0, err: '' })
    expect(out).toBe(
      `2024-05-06 07:08:09Z  http  192.0.2.1:80 > [2001:db8::1]:4321  5 bytes  ${sha256}  /a.exe\n`,
    )
  })

  it('says why a file is held for cut', async () => {
    const pe = madeUpPe({ sections: [{ bytes: new Uint8Array(4096).fill(7) }] })
    const { options } = suricata('/a.exe', pe.subarray(0, 2000))
    expect((await run(['watch', ...options])).out).toMatch(
      /partial: the file is cut off: section "\.text" ends at byte \d+/,
    )
  })

  it.each(HOSTILE)('prints the name %j harmlessly, in text and in JSON', async (name) => {
    const { options } = suricata(name)
    const text = await run(['watch', ...options])
    expect(text.out).not.toMatch(OBEYED)
    expect(text.out.split('\n')).toHaveLength(2)
    expect(text.out.length).toBeLessThan(500)
    const json = await run(['watch', '--json', ...options])
    expect(json.out).not.toMatch(OBEYED)
    expect(json.out.split('\n')).toHaveLength(2)
    expect(JSON.parse(json.out).name).toBe(name.slice(0, 4096))
  })

  it('prints hostile names of files in a folder harmlessly', async () => {
    mkdirSync(join(folder, 'in'))
    for (const name of ['a\x1b[31m', '\u009b2J', '\u202e', 'line\nbreak'])
      writeFileSync(join(folder, 'in', name), name)
    for (const more of [[], ['--json']]) {
      const { status, out } = await run([
        'watch',
        '--folder',
        join(folder, 'in'),
        '--once',
        '--settle',
        '0',
        ...more,
      ])
      expect(status).toBe(0)
      expect(out).not.toMatch(OBEYED)
      expect(out.trim().split('\n')).toHaveLength(4)
    }
  })

  it('tells of problems, and that there were some', async () => {
    const { options, filestore, sha256 } = suricata('/a\x1b.exe')
    rmSync(join(filestore, sha256.slice(0, 2), sha256))
    const text = await run(['watch', ...options])
    expect({ status: text.status, out: text.out }).toEqual({ status: 2, out: '' })
    expect(text.err).toMatch(/^taxon: .*cannot be taken: there is no such file\n$/)
    const json = await run(['watch', '--json', ...options])
    expect(JSON.parse(json.out).problem).toMatchObject({
      source: 'suricata',
      problem: expect.stringContaining('no such file'),
    })
  })

  it('sweeps the file-store', async () => {
    const { options, filestore } = suricata('/a.exe')
    const untold = createHash('sha256').update('untold').digest('hex')
    mkdirSync(join(filestore, untold.slice(0, 2)), { recursive: true })
    writeFileSync(join(filestore, untold.slice(0, 2), untold), 'untold')
    const hashes = (out: string) => out.match(/[0-9a-f]{64}/g)
    expect(hashes((await run(['watch', ...options])).out)).toHaveLength(1)
    expect(hashes((await run(['watch', '--sweep', ...options])).out)?.at(-1)).toBe(untold)
  })

  it('tells of what Zeek has extracted', async () => {
    mkdirSync(join(folder, 'extract_files'))
    writeFileSync(join(folder, 'extract_files/one'), gzipSync('x').subarray(0, 12))
    const row = {
      ts: 1.5,
      fuid: 'F1',
      source: 'FTP_DATA',
      filename: 'x.gz',
      extracted: 'one',
      'id.orig_h': '192.0.2.9',
    }
    writeFileSync(join(folder, 'files.log'), `${JSON.stringify(row)}\n`)
    const places = ['--zeek', join(folder, 'files.log'), '--extracted', join(folder, 'extract_files')]
    const { status, out } = await run(['watch', '--once', ...places])
    expect(status).toBe(0)
    expect(out).toMatch(
      /^1970-01-01 00:00:01Z {2}ftp_data {2}\? > 192\.0\.2\.9 {2}12 bytes .* x\.gz {2}partial: gzip: the data is cut off/,
    )
  })

  it('ends at Ctrl-C', async () => {
    expect((await run(['watch', '--folder', folder], AbortSignal.timeout(50))).status).toBe(130)
  })

  it.each([
    [['watch'], /say what to watch/],
    [['watch', '--suricata', 'a', '--folder', 'b'], /say what to watch/],
    [['watch', '--suricata', 'a'], /--filestore DIR/],
    [['watch', '--zeek', 'a'], /--extracted DIR/],
    [['watch', '--folder', 'a', '--settle', 'x'], /--settle/],
    [['check'], /one suricata.yaml/],
  ])('refuses %j', async (argv, complaint) => {
    await expect(run(argv)).rejects.toThrow(complaint)
    await expect(run(argv)).rejects.toThrow(UsageError)
  })
})

describe('taxon intake check and suricata-settings', () => {
  it('finds right what it prints, and names what is wrong', async () => {
    const path = join(folder, 'suricata.yaml')
    const { out } = await run(['suricata-settings'])
    writeFileSync(path, `${out}\nrunmode: workers\n`)
    expect(await run(['check', path])).toEqual({ status: 0, out: 'files are stored, and whole\n', err: '' })
    writeFileSync(path, out.replace('force-filestore: yes', 'force-filestore: "\x1b[2J"'))
    const wrong = await run(['check', path])
    expect(wrong.status).toBe(2)
    expect(wrong.out).toContain('outputs.file-store.force-filestore is \\x1b[2J, wanted yes: only files')
    const json = await run(['check', '--json', path])
    expect(JSON.parse(json.out).wrong).toMatchObject([
      { name: 'outputs.file-store.force-filestore', wanted: 'yes' },
    ])
  })

  it('prints rules', async () => {
    expect((await run(['suricata-settings', '--rules'])).out).toMatch(
      /^alert ip .*filemagic:"PE32"; filestore;/m,
    )
    expect(JSON.parse((await run(['suricata-settings', '--json'])).out).settings).toContain('file-store:')
  })
})

describe('taxon doctor', () => {
  it('names each setting of Suricata that cuts files, a fault where TAXON_SURICATA names it', async () => {
    const path = join(folder, 'suricata.yaml')
    const { out } = await run(['suricata-settings'])
    vi.stubEnv('TAXON_SURICATA', path)
    writeFileSync(path, out)
    const right = fakeIo()
    expect(await doctor.run([], right)).toBe(0)
    expect(right.out).toMatch(/^ok {7}Suricata .*stores files, and whole/m)
    writeFileSync(
      path,
      out.replace('    depth: 0', '    depth: 1mb').replaceAll('body-limit: 0', 'body-limit: 100kb'),
    )
    const wrong = fakeIo()
    expect(await doctor.run([], wrong)).toBe(2)
    const lines = wrong.out.split('\n').filter((line) => / Suricata /.test(line))
    expect(lines).toHaveLength(3)
    expect(lines[0]).toContain('stream.reassembly.depth is 1mb, wanted 0')
    vi.stubEnv('TAXON_SURICATA', join(folder, 'gone'))
    const gone = fakeIo()
    expect(await doctor.run([], gone)).toBe(2)
    expect(gone.out).toMatch(/^missing {2}Suricata .*cannot be read/m)
  })
})

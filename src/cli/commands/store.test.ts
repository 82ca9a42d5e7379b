import { spawnSync } from 'node:child_process'
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { fakeIo } from '../../../test/fake-io.ts'
import { hasSevenZip } from '../../../test/seven-zip.ts'
import { csvRecords, sha256 } from '../../core/index.ts'
import { main } from '../main.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'taxon-cli-store-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

const path = (...parts: string[]) => join(folder, ...parts)

async function taxon(...argv: string[]) {
  const io = fakeIo()
  const status = await main(['store', ...argv, '--store', path('store')], io)
  return { status, out: io.out, err: io.err }
}

const lines = (text: string) =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line))

const HOSTILE = '\x1b[31m=cmd()<b>\n'

describe('taxon store', () => {
  it('has no store until something is added', async () => {
    for (const argv of [['list'], ['show', 'abcd'], ['verify'], ['gc'], ['get', 'abcd'], ['allow', 'list']]) {
      const { status, err } = await taxon(...argv)
      expect(err).toContain('there is no store')
      expect(status).toBe(2)
    }
  })

  it('adds files and folders, each content once', async () => {
    mkdirSync(path('in', 'deep'), { recursive: true })
    writeFileSync(path('in', 'a.exe'), 'MZ same')
    writeFileSync(path('in', 'deep', HOSTILE), 'MZ same')
    writeFileSync(path('in', 'deep', 'b.json'), '{}')
    symlinkSync(path('in', 'a.exe'), path('in', 'link'))
    expect((await taxon('add', path('in'))).err).toContain('use -r')
    const added = await taxon('add', '-r', path('in'), path('none'), '--tag', 'IDS')
    expect(added.status).toBe(2)
    // Of two at once either may be the first.
    expect(added.out).toContain(`  ${sha256('MZ same')}  ${path('in', 'a.exe')}\n`)
    expect(added.out).toContain(`new    ${sha256('MZ same')}`)
    expect(added.out).toContain(`known  ${sha256('MZ same')}`)
    expect(added.out).toContain('4 files: 2 new, 1 known, 1 failed')
    expect(added.out).not.toContain('\x1b')
    expect(added.err).toContain('links are not followed')
    expect(added.err).toContain('no such file')
    const again = lines((await taxon('add', '-r', path('in'), '--json')).out)
    expect(again.map(({ isNew }) => isNew)).toEqual([false, false, false])
    const [shown] = lines((await taxon('show', sha256('MZ same').slice(0, 9), '--json')).out)
    expect(
      shown.sightings.map(({ source, name }: { source: string; name: string }) => [source, name]),
    ).toEqual(
      expect.arrayContaining([
        ['add', 'a.exe'],
        ['add', HOSTILE],
      ]),
    )
    expect(shown.sightings).toHaveLength(2)
    expect(shown.tags).toEqual(['ids'])
    expect((await taxon('add', path('in', 'a.exe'), '--max-size', '3b')).err).toContain('over the limit of 3')
  })

  it('shows hostile names harmlessly, as text and as CSV', async () => {
    writeFileSync(path('x'), 'x')
    await taxon('add', path('x'))
    const hash = sha256('x')
    await taxon('tag', hash, HOSTILE, '@evil')
    await taxon('note', hash, `note ${HOSTILE}`, '--by', HOSTILE)
    for (const argv of [['list'], ['search', 'evil'], ['show', hash]]) {
      const { status, out } = await taxon(...argv)
      expect(status).toBe(0)
      expect(out).toContain('@evil')
      expect(out).not.toContain('\x1b')
      const [titles, record] = [...csvRecords((await taxon(...argv, '--csv')).out)].map(
        ({ fields }) => fields,
      )
      expect(record).toHaveLength(titles!.length)
      expect(record![titles!.indexOf('sha256')]).toBe(hash)
      expect(record!.filter((field) => /^[=@+\t-]/.test(field))).toEqual([])
    }
  })

  it('finds what is asked for', async () => {
    for (const [name, content] of [
      ['a.exe', 'MZ one'],
      ['b.txt', 'two'],
      ['c.txt', 'three'],
    ] as const) {
      writeFileSync(path(name), content)
      await taxon('add', path(name))
    }
    const names = async (...argv: string[]) =>
      lines((await taxon(...argv, '--json')).out).map((brief) => brief.names[0])
    expect((await names('list')).sort()).toEqual(['a.exe', 'b.txt', 'c.txt'])
    expect(await names('list', '-n', '2')).toHaveLength(2)
    expect(await names('list', '--type', 'pe')).toEqual(['a.exe'])
    expect((await names('search', '.TXT')).sort()).toEqual(['b.txt', 'c.txt'])
    expect(await names('search', sha256('two').slice(0, 20))).toEqual(['b.txt'])
    expect(await names('list', '--since', '2999-01-01')).toEqual([])
    expect((await taxon('list', '--since', 'soon')).err).toContain('--since: a date')
    expect((await taxon('list', '--type', 'none')).out).toBe('no samples\n')
    const [first] = lines((await taxon('list', '--json')).out)
    expect(await names('list', '--after', first.sample.sha256)).toHaveLength(2)
  })

  it('hands a sample out in a zip, or raw where that is asked for', async () => {
    writeFileSync(path('x'), 'MZ content')
    await taxon('add', path('x'))
    const hash = sha256('MZ content')
    expect((await taxon('get', hash, '-o', path('out.zip'))).status).toBe(0)
    expect(readFileSync(path('out.zip')).includes('content')).toBe(false)
    if (hasSevenZip()) {
      const { stdout } = spawnSync('7z', ['x', '-pinfected', '-so', path('out.zip'), hash], {
        encoding: 'utf8',
      })
      expect(stdout).toBe('MZ content')
    }
    expect((await taxon('get', hash, '--raw', '-o', path('raw'))).status).toBe(0)
    expect(readFileSync(path('raw'), 'utf8')).toBe('MZ content')
    expect(statSync(path('raw')).mode & 0o111).toBe(0)
    expect((await taxon('get', hash, '--raw', '-o', '-')).out).toBe('MZ content')
    expect((await taxon('get', hash, '--raw')).err).toContain('--raw wants -o FILE')
    writeFileSync(path('store', 'samples', hash.slice(0, 2), hash), 'changed')
    const changed = await taxon('get', hash, '-o', path('changed.zip'))
    expect(changed.status).toBe(2)
    expect(changed.err).toContain('its file is none of a store')
    expect(() => statSync(path('changed.zip'))).toThrow()
    const verified = await taxon('verify')
    expect(verified.status).toBe(2)
    expect(verified.out).toContain(`${hash}: its file is none of a store`)
  })

  it('forgets a sample when it is meant', async () => {
    writeFileSync(path('x'), 'x')
    await taxon('add', path('x'))
    expect((await taxon('remove', sha256('x'))).err).toContain('say --yes')
    expect((await taxon('remove', sha256('x'), 'ffffff', '--yes')).status).toBe(2)
    expect((await taxon('list')).out).toContain('x')
    expect(await taxon('remove', sha256('x').slice(0, 8), '--yes')).toMatchObject({ status: 0, err: '' })
    expect((await taxon('list')).out).toBe('no samples\n')
    expect((await taxon('verify')).out).toBe('0 files read, all as they were stored\n')
    expect(lines((await taxon('gc', '--json')).out)).toEqual([{ removed: [], bytes: 0 }])
  })

  it('keeps allowances with a reason and an end', async () => {
    const hash = 'ab'.repeat(32)
    expect((await taxon('allow', 'add', 'sha256', hash)).err).toContain('--reason')
    expect(
      (await taxon('allow', 'add', 'sha256', hash, '--reason', 'x', '--expires', '2001-01-01')).err,
    ).toContain('has passed')
    expect((await taxon('allow', 'add', 'name', 'x', '--reason', 'x')).err).toContain(
      'sha256 or signer or tag',
    )
    expect(
      (await taxon('allow', 'add', 'sha256', hash, '--reason', 'ours', '--expires', '2999-01-01')).status,
    ).toBe(0)
    expect((await taxon('allow', 'add', 'signer', 'Our GmbH', '--reason', 'x')).err).toContain(
      'SHA-256 of its certificate',
    )
    expect((await taxon('allow', 'add', 'tag', HOSTILE.slice(0, 90), '--reason', HOSTILE)).status).toBe(0)
    const listed = await taxon('allow', 'list')
    expect(listed.out).toContain('2999-01-01')
    expect(listed.out).not.toContain('\x1b')
    expect(lines((await taxon('allow', 'list', '--json')).out)).toHaveLength(2)
    expect((await taxon('allow', 'remove', 'sha256', hash)).status).toBe(0)
    expect((await taxon('allow', 'remove', 'sha256', hash)).err).toContain('there is no allowance')
  })

  it('leaves what was stored when it is stopped', async () => {
    const stop = new AbortController()
    const files = Array.from({ length: 12 }, (_, i) => path(`file ${i}`))
    for (const file of files) writeFileSync(file, file)
    const io = fakeIo({
      signal: stop.signal,
      stdout: async () => stop.abort(),
    })
    expect(await main(['store', 'add', ...files, '--store', path('store')], io)).toBe(130)
    const stored = lines((await taxon('list', '--json')).out).map(({ names }) => names[0])
    expect(stored).toContain('file 0')
    expect(stored.length).toBeLessThan(files.length)
    expect((await taxon('verify')).status).toBe(0)
    expect(readdirSync(path('store', 'tmp'))).toEqual([])
  })

  it('takes the store from the environment', async () => {
    writeFileSync(path('x'), 'x')
    process.env.TAXON_STORE = path('named')
    try {
      expect(await main(['store', 'add', path('x')], fakeIo())).toBe(0)
      expect(statSync(path('named', 'key')).isFile()).toBe(true)
    } finally {
      delete process.env.TAXON_STORE
    }
  })
})

import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { tarOf, zipOf } from '../../test/archives.ts'
import { UnreadableError, UsageError } from '../core/index.ts'
import { findSources, openSource, type Source } from './sources.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'taxon-sources-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

const write = (path: string, bytes: Uint8Array | string = '{}') => {
  const full = join(folder, path)
  mkdirSync(dirname(full), { recursive: true })
  writeFileSync(full, bytes)
  return full
}

/** As a caller might that wants JSON. */
const accepts = (head: Uint8Array, name: string) =>
  name.includes('.json') || /^[{[\s\uFEFF]/.test(Buffer.from(head).toString())

async function text(source: Source) {
  const parts: Uint8Array[] = []
  for await (const chunk of source.open()) parts.push(chunk)
  return Buffer.concat(parts).toString()
}

const textOrProblem = (source: Source) => text(source).catch((error: Error) => error.message)

/** Paths below the folder, what each holds or why not, and what was passed over. */
async function find(paths: readonly string[], recursive = true) {
  const found: Record<string, string> = {}
  const skipped: string[] = []
  const short = (path: string) => path.replace(`${folder}/`, '')
  const onSkip = (path: string, reason: string) => skipped.push(`${short(path)}: ${reason}`)
  for await (const source of findSources(paths, { recursive, accepts, onSkip })) {
    const content = await textOrProblem(source)
    found[short(source.path)] = short(content)
    if (source.reopens) expect(await textOrProblem(await openSource(source.path))).toBe(content)
  }
  return { found, order: Object.keys(found), skipped }
}

describe('findSources', () => {
  it('yields a named file whatever it is, and its content unpacked', async () => {
    const { found } = await find([write('b.txt', 'no report'), write('a.json', gzipSync('packed'))], false)
    expect(found).toEqual({ 'b.txt': 'no report', 'a.json': 'packed' })
  })

  it('walks folders by name in code point order, depth first', async () => {
    for (const name of [
      'b.json',
      'a/z.json',
      'a/a/1.json',
      'B.json',
      'a.json',
      '\u{1f600}.json',
      '\uffee.json',
    ])
      write(name)
    const { order } = await find([folder])
    expect(order).toEqual([
      'B.json',
      'a/a/1.json',
      'a/z.json',
      'a.json',
      'b.json',
      '\uffee.json',
      '\u{1f600}.json',
    ])
  })

  it('refuses a folder without recursion before anything is read', async () => {
    const file = write('a.json')
    const sources = findSources([file, folder], { recursive: false, accepts })
    await expect(sources.next()).rejects.toThrow(UsageError)
    await expect(findSources([folder], { recursive: false, accepts }).next()).rejects.toThrow(/use -r/)
  })

  it.each(['report.json', 'report.json.gz', 'report.json.zst'])(
    'yields just the report of an analysis folder: %s',
    async (name) => {
      write(`1/reports/${name}`)
      write('1/task.json')
      write('1/reports/other.json')
      expect((await find([join(folder, '1')], false)).order).toEqual([`1/reports/${name}`])
      expect((await find([join(folder, '1')], true)).order).toEqual([`1/reports/${name}`])
    },
  )

  it('yields one report for each analysis of a storage folder, and follows no link', async () => {
    for (const id of [1, 2, 10]) write(`storage/analyses/${id}/reports/report.json`, `{"id": ${id}}`)
    write('storage/analyses/2/files/x.json')
    write('outside/secret.json')
    symlinkSync('2', join(folder, 'storage/analyses/latest'))
    symlinkSync(join(folder, 'outside/secret.json'), join(folder, 'storage/leak.json'))
    const { order, skipped } = await find([join(folder, 'storage')])
    expect(order).toEqual([1, 10, 2].map((id) => `storage/analyses/${id}/reports/report.json`))
    expect(skipped).toEqual([
      'storage/analyses/latest: links are not followed',
      'storage/leak.json: links are not followed',
    ])
  })

  it('takes no link for the report of an analysis', async () => {
    write('outside/reports/report.json')
    mkdirSync(join(folder, '1/reports'), { recursive: true })
    symlinkSync(join(folder, 'outside/reports/report.json'), join(folder, '1/reports/report.json'))
    symlinkSync(join(folder, 'outside/reports'), join(folder, 'outside2'))
    expect((await find([join(folder, '1')])).order).toEqual([])
  })

  it('passes over what nobody wants, and says so', async () => {
    write('readme.txt', 'hello')
    write('sample.exe', 'MZ\x90')
    write('report', '\uFEFF  {"a": 1}')
    write('packed', gzipSync('[1]'))
    write('broken.json', 'garbage')
    write('empty.json', '')
    write('empty', '')
    execFileSync('mkfifo', [join(folder, 'pipe.json')])
    const { order, skipped } = await find([folder])
    expect(order).toEqual(['broken.json', 'empty.json', 'packed', 'report'])
    expect(skipped).toEqual([
      'empty: empty',
      'pipe.json: not a file',
      'readme.txt: nothing that taxon reads',
      'sample.exe: nothing that taxon reads',
    ])
  })

  it('goes on past what cannot be read', async () => {
    const broken = write('broken.json', gzipSync('{"whole": true}').subarray(0, 30))
    const { found } = await find([join(folder, 'missing'), broken, write('good.json')])
    expect(found.missing).toContain('cannot be read, no such file')
    expect(found['broken.json']).toContain('gzip: the data is cut off')
    expect(found['good.json']).toBe('{}')
  })

  const parts = [
    { name: 'b.json', content: '{"n": 1}' },
    { name: 'notes.txt', content: 'hello' },
    { name: 'a.json.gz', content: gzipSync('{"n": 2}') },
    { name: 'inner', content: zipOf([{ name: 'x', content: 'x' }]) },
    { name: 'plain', content: '[{"n": 3}]' },
  ]
  it.each([
    ['a zip', zipOf(parts)],
    ['a tar', tarOf(parts)],
    ['a tar.gz', gzipSync(tarOf(parts))],
  ])('yields the members of %s in its order', async (_, bytes) => {
    const { found, order, skipped } = await find([write('archive', bytes)], false)
    expect(order).toEqual(['archive!b.json', 'archive!a.json.gz', 'archive!inner', 'archive!plain'])
    expect(found['archive!b.json']).toBe('{"n": 1}')
    expect(found['archive!a.json.gz']).toBe('{"n": 2}')
    expect(found['archive!inner']).toContain('an archive inside an archive, which is not opened')
    expect(found['archive!plain']).toBe('[{"n": 3}]')
    expect(skipped).toEqual(['archive!notes.txt: nothing that taxon reads'])
  })

  const storage = ['2/task.json', '2/reports/report.json.gz', '2/reports/report.json', 'loose.json'].map(
    (name) => ({
      name,
      content: '{}',
    }),
  )
  it.each([
    ['a zip', zipOf(storage)],
    ['a tar', tarOf(storage)],
    ['a tar.gz', gzipSync(tarOf(storage))],
    [
      'a zip of one analysis',
      zipOf(storage.slice(0, 3).map(({ name }) => ({ name: name.slice(2), content: '{}' }))),
    ],
  ])('yields just the reports of analyses inside %s', async (what, bytes) => {
    const { order } = await find([write('archive', bytes)])
    if (what === 'a zip of one analysis') expect(order).toEqual(['archive!reports/report.json'])
    else expect(order).toEqual(['archive!2/reports/report.json', 'archive!loose.json'])
  })

  it('finds archives while walking, by content', async () => {
    write('download', zipOf([{ name: 'r.json', content: '{}' }]))
    expect((await find([folder])).order).toEqual(['download!r.json'])
  })

  it('yields what an archive holds before its damage, then the damage', async () => {
    const whole = tarOf([
      { name: 'a.json', content: '{}' },
      { name: 'b.json', content: 'x'.repeat(2000) },
    ])
    const { found, order } = await find([write('cut.tar', whole.subarray(0, 1700))])
    expect(order).toEqual(['cut.tar!a.json', 'cut.tar!b.json', 'cut.tar'])
    expect(found['cut.tar!b.json']).toContain('tar: the data is cut off')
    expect(found['cut.tar']).toContain('tar: the data is cut off')
    const zip = zipOf([{ name: 'a.json', content: '{}' }])
    expect((await find([write('cut.zip', zip.subarray(0, zip.length - 5))])).found['cut.zip']).toContain(
      'no directory',
    )
  })

  it.each([
    ['a zip', zipOf(parts), ['b.json', 'a.json.gz', 'inner', 'plain']],
    ['a tar', tarOf(parts), ['b.json', 'a.json.gz', 'inner', 'plain']],
    ['a file', Buffer.from('{"n": 1}'), []],
  ])('reads %s from a pipe once', async (_, bytes, names) => {
    const path = join(folder, 'pipe')
    execFileSync('mkfifo', [path])
    const writing = import('node:fs/promises').then(({ writeFile }) => writeFile(path, bytes))
    const { found, order } = await find([path])
    await writing
    expect(order).toEqual(names.length > 0 ? names.map((name) => `pipe!${name}`) : ['pipe'])
    expect(found[names.length > 0 ? 'pipe!b.json' : 'pipe']).toBe('{"n": 1}')
  })

  it('stops going down at a stated depth', async () => {
    write(`${'d/'.repeat(70)}deep.json`)
    const { found } = await find([folder])
    expect(Object.values(found)).toEqual([expect.stringContaining('over the limit of 64')])
  })
})

describe('openSource', () => {
  it('finds files and members whose names hold the mark between them', async () => {
    const archive = write('a!b.zip', zipOf([{ name: 'c!d.json', content: '{"n": 1}' }]))
    expect(await text(await openSource(`${archive}!c!d.json`))).toBe('{"n": 1}')
    expect(await text(await openSource(write('a!b.json', '[]')))).toBe('[]')
  })

  it('sees that an archive was written anew', async () => {
    const path = write('a.zip', zipOf([{ name: 'r.json', content: '{"n": 1}' }]))
    expect(await text(await openSource(`${path}!r.json`))).toBe('{"n": 1}')
    write(
      'a.zip',
      zipOf([
        { name: 'q.json', content: '{}' },
        { name: 'r.json', content: '{"n": 22}' },
      ]),
    )
    expect(await text(await openSource(`${path}!r.json`))).toBe('{"n": 22}')
  })

  it('has a named error for what is not there', async () => {
    const archive = write('a.zip', zipOf([{ name: 'r.json', content: '{}' }]))
    for (const path of [join(folder, 'none'), `${archive}!none`, `${join(folder, 'none')}!r.json`, folder]) {
      await expect(openSource(path)).rejects.toThrow(UnreadableError)
    }
  })
})

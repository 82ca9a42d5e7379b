import { execFileSync } from 'node:child_process'
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
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Arrival } from './arrival.ts'
import { type FolderOptions, followFolder } from './folder.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'taxon-folder-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const put = (name: string, content = name) => writeFileSync(join(folder, name), content)
const namesOf = (arrivals: readonly Arrival[]) => arrivals.map(({ path }) => path.slice(folder.length + 1))

async function follow(more: Partial<FolderOptions> = {}, most = Number.POSITIVE_INFINITY) {
  const arrivals: Arrival[] = []
  const problems: string[] = []
  const onProblem = ({ subject, problem }: { subject: string; problem: string }) =>
    problems.push(`${subject.replace(`${folder}/`, '')}: ${problem}`)
  const options = { folder, once: true, settleMs: 0, pollMs: 5, onProblem, ...more }
  for await (const arrival of followFolder(options)) {
    arrivals.push(arrival)
    if (arrivals.length >= most) break
  }
  return { arrivals, problems, position: arrivals.at(-1)?.position ?? null }
}

describe('watching a folder', () => {
  it('tells of each file once, in the order of names, and again when it has changed', async () => {
    for (const name of ['b', 'a', 'c']) put(name)
    const first = await follow()
    expect(namesOf(first.arrivals)).toEqual(['a', 'b', 'c'])
    const cursor = first.position
    expect((await follow({ cursor })).arrivals).toEqual([])
    appendFileSync(join(folder, 'b'), 'more')
    put('d')
    expect(namesOf((await follow({ cursor })).arrivals)).toEqual(['b', 'd'])
  })

  it('goes on from any arrival', async () => {
    for (const name of ['a', 'b', 'c', 'd']) put(name)
    for (let stop = 1; stop <= 4; stop++) {
      const first = await follow({}, stop)
      const second = await follow({ cursor: first.position })
      expect(namesOf([...first.arrivals, ...second.arrivals])).toEqual(['a', 'b', 'c', 'd'])
    }
  })

  it('goes down where it is asked to, follows no link, and leaves temporary names and what is no file', async () => {
    mkdirSync(join(folder, 'sub'))
    for (const name of ['a', 'sub/b', '.hidden', 'x.part', 'y.tmp', 'z.crdownload', 'w~']) put(name)
    symlinkSync('/etc/passwd', join(folder, 'link'))
    symlinkSync('/etc', join(folder, 'linked'))
    execFileSync('mkfifo', [join(folder, 'pipe')])
    const flat = await follow()
    expect(namesOf(flat.arrivals)).toEqual(['a'])
    const deep = await follow({ recursive: true })
    expect(namesOf(deep.arrivals)).toEqual(['a', 'sub/b'])
    expect(deep.problems).toEqual([
      'link: links are not followed',
      'linked: links are not followed',
      'pipe: it is not a regular file',
    ])
  })

  it('waits until a file has stopped growing', async () => {
    put('growing', '')
    let left = 10
    const growing = setInterval(() => {
      if (left-- > 0) appendFileSync(join(folder, 'growing'), 'x')
    }, 20)
    const { arrivals } = await follow({ settleMs: 1000 })
    clearInterval(growing)
    expect(left).toBeLessThanOrEqual(0)
    expect(namesOf(arrivals)).toEqual(['growing'])
  })

  it('sees what is moved there while it watches, until it is stopped', async () => {
    const stop = new AbortController()
    const seen: string[] = []
    const aside = mkdtempSync(join(tmpdir(), 'taxon-aside-'))
    setTimeout(() => {
      writeFileSync(join(aside, 'moved'), 'x')
      renameSync(join(aside, 'moved'), join(folder, 'moved'))
    }, 30)
    for await (const { name } of followFolder({ folder, settleMs: 10, pollMs: 5, signal: stop.signal })) {
      seen.push(name!)
      stop.abort()
    }
    expect(seen).toEqual(['moved'])
    rmSync(aside, { recursive: true })
  })

  it('forgets what is taken away, and nothing else', async () => {
    for (const name of ['a', 'b']) put(name)
    const { position } = await follow()
    rmSync(join(folder, 'a'))
    put('c')
    const second = await follow({ cursor: position })
    expect(namesOf(second.arrivals)).toEqual(['c'])
    expect(JSON.parse(second.position!).marks).toHaveLength(32)
  })

  it('keeps what it knows while the folder cannot be read', async () => {
    put('a')
    put('b')
    const arrivals: string[] = []
    const aside = `${folder}.aside`
    const stop = new AbortController()
    const onProblem = () => {
      renameSync(aside, folder)
      put('c')
    }
    for await (const { name } of followFolder({
      folder,
      settleMs: 0,
      pollMs: 5,
      signal: stop.signal,
      onProblem,
    })) {
      arrivals.push(name!)
      if (name === 'b') renameSync(folder, aside)
      if (name === 'c') stop.abort()
    }
    expect(arrivals).toEqual(['a', 'b', 'c'])
  })

  it('watches so many files and says that there are more', async () => {
    for (let i = 0; i < 6; i++) put(`f${i}`)
    const { arrivals, problems } = await follow({ maxFiles: 4 })
    expect(arrivals).toHaveLength(4)
    expect(problems).toEqual([expect.stringContaining('only 4 files are watched')])
  })

  it('tells of hostile names as they are, and says which cannot be said', async () => {
    const names = ['a\x1b[31m.exe', '=cmd()', '<b>x', 'x'.repeat(250), '\u202eexe.txt']
    for (const name of names) put(name)
    writeFileSync(Buffer.concat([Buffer.from(`${folder}/`), Buffer.from([0x62, 0xff])]), '')
    const { arrivals, problems } = await follow()
    expect(arrivals.map(({ name }) => name).sort()).toEqual([...names].sort())
    expect(problems).toEqual([expect.stringContaining('not in UTF-8')])
  })

  it.each(['', '{}', '{"version":1,"marks":"short"}', '{"version":2,"marks":""}'])(
    'starts anew from the cursor %j',
    async (cursor) => {
      put('a')
      const { arrivals, problems } = await follow({ cursor })
      expect(arrivals).toHaveLength(1)
      expect(problems).toEqual([expect.stringContaining('the cursor is none')])
    },
  )
})

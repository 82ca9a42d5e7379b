import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { deflateRawSync, gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { tarOf, zipAesPart, zipCryptoPart, zipOf } from '../../test/archives.ts'
import { UnreadableError } from '../core/index.ts'
import { type UnpackOptions, unpack } from './unpack.ts'

let folder: string
let before: string | undefined
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'taxon-unpacking-'))
  before = process.env.TMPDIR
  process.env.TMPDIR = folder
})
afterEach(() => {
  if (before === undefined) delete process.env.TMPDIR
  else process.env.TMPDIR = before
  rmSync(folder, { recursive: true })
})

/** What comes out, as `trail: content` or `trail! problem`, and whether anything is left behind. */
async function unpacked(bytes: Uint8Array, options: UnpackOptions = {}) {
  const path = join(folder, 'archive')
  writeFileSync(path, bytes)
  const told: string[] = []
  for await (const each of unpack(path, options)) {
    const trail = each.trail.join('>')
    if ('problem' in each) {
      told.push(`${trail}! ${each.problem.message}`)
      continue
    }
    const chunks: Uint8Array[] = []
    for await (const chunk of each.open()) chunks.push(chunk)
    const content = Buffer.concat(chunks)
    expect(content.length).toBe(each.size)
    expect(statSync(each.path).mode & 0o777).toBe(0o600)
    expect(each.path).toMatch(/taxon-unpack-\w+\/\d+$/)
    const shown = content.length > 50 ? `${content.length} bytes` : content.toString()
    told.push(`${trail}: ${shown}${each.partial.length > 0 ? ` (${each.partial.join()})` : ''}`)
  }
  expect(readdirSync(folder)).toEqual(['archive'])
  return told
}

const parts = [
  { name: 'a.txt', content: 'one' },
  { name: 'dir/', type: '5', content: '' },
  { name: 'dir/b.txt', content: 'two' },
]

describe('unpacking', () => {
  it.each([
    ['a zip', zipOf(parts)],
    ['a tar', tarOf(parts)],
    ['a tar.gz', gzipSync(tarOf(parts))],
  ])('gives the files of %s in its order', async (_, bytes) => {
    expect(await unpacked(bytes)).toEqual(['a.txt: one', 'dir/b.txt: two'])
  })

  it('gives what a gzip file holds, named after it', async () => {
    expect(await unpacked(gzipSync('hello'), { name: 'hello.txt.gz' })).toEqual(['hello.txt: hello'])
    expect(await unpacked(gzipSync('hello'))).toEqual(['content: hello'])
  })

  it('gives nothing of what is no archive', async () => {
    expect(await unpacked(Buffer.from('plain'))).toEqual([])
    expect(await unpacked(new Uint8Array(0))).toEqual([])
    await expect(unpack(join(folder, 'none')).next()).rejects.toThrow(UnreadableError)
  })

  it('goes into archives within, to a depth', async () => {
    const inner = zipOf([{ name: 'deep.txt', content: 'deep' }])
    const outer = tarOf([
      { name: 'in.zip', content: inner },
      { name: 'z', content: gzipSync('packed') },
    ])
    expect(await unpacked(gzipSync(outer))).toEqual([
      `in.zip: ${inner.length} bytes`,
      'in.zip>deep.txt: deep',
      expect.stringMatching(/^z: /),
      'z>z: packed',
    ])
    expect(await unpacked(gzipSync(outer), { limits: { depth: 1 } })).toEqual([
      `in.zip: ${inner.length} bytes`,
      'in.zip! archives within archives: over the limit of 1',
      expect.stringMatching(/^z: /),
      'z! archives within archives: over the limit of 1',
    ])
  })

  it('stops a file that holds itself for ever at the depth', async () => {
    let nest: Uint8Array = Buffer.from('bottom')
    for (let i = 0; i < 30; i++) nest = gzipSync(nest)
    const told = await unpacked(nest)
    expect(told).toHaveLength(5)
    expect(told.at(-1)).toContain('archives within archives: over the limit of 4')
  })

  it('opens what is encrypted with the customary password, and says where it is another', async () => {
    const secret = [
      zipCryptoPart('old', Buffer.from('one'), 'infected'),
      zipAesPart('aes', Buffer.from('two'), 'infected'),
      zipAesPart('other', Buffer.from('three'), 'other'),
    ]
    expect(await unpacked(zipOf(secret))).toEqual([
      'old: one',
      'aes: two',
      expect.stringMatching(/^other! .*another password/),
    ])
    expect(await unpacked(zipOf(secret.slice(2)), { password: 'other' })).toEqual(['other: three'])
  })

  it('writes nothing anywhere else, whatever the names', async () => {
    const hostile = [
      '../../../../tmp/taxon-escaped',
      '/tmp/taxon-escaped',
      'a\x1b[31m',
      '..',
      'C:\\x',
      '=cmd()',
      'x'.repeat(99),
    ]
    for (const bytes of [
      zipOf(hostile.map((name) => ({ name, content: 'x' }))),
      tarOf(hostile.map((name) => ({ name, content: 'x' }))),
    ]) {
      expect(await unpacked(bytes)).toEqual(hostile.map((name) => `${name}: x`))
    }
    expect(existsSync('/tmp/taxon-escaped')).toBe(false)
  })

  it('unpacks no links and no devices', async () => {
    const kinds = [
      ['1', 'a link'],
      ['2', 'a link'],
      ['3', 'a device'],
      ['4', 'a device'],
      ['6', 'a pipe'],
    ] as const
    const tar = tarOf([
      ...kinds.map(([type]) => ({ name: `t${type}`, type })),
      { name: 'file', content: 'x' },
    ])
    expect(await unpacked(tar)).toEqual([
      ...kinds.map(([type, what]) => `t${type}! not unpacked: ${what}`),
      'file: x',
    ])
    const zip = zipOf([
      { name: 'link', content: '/etc/passwd', mode: 0o120777 },
      { name: 'file', content: 'x' },
    ])
    expect(await unpacked(zip)).toEqual(['link! not unpacked: a link or a device', 'file: x'])
  })

  it('ends at a bomb and keeps what came before', async () => {
    const zeros = new Uint8Array(100 * 1024 ** 2)
    const bomb = {
      name: 'bomb',
      content: zeros,
      stored: deflateRawSync(zeros),
      method: 8,
    }
    const zip = zipOf([{ name: 'first', content: 'x' }, bomb, { name: 'last', content: 'y' }])
    expect(await unpacked(zip)).toEqual([
      'first: x',
      expect.stringMatching(/^bomb! unpacked bytes of an archive of \d+ bytes: over the limit of 67108864$/),
    ])
    expect(await unpacked(gzipSync(zeros))).toEqual([
      expect.stringMatching(/^content! unpacked bytes of an archive/),
    ])
    // A bomb within: the outermost archive counts.
    const nested = zipOf([
      { name: 'inner.zip', content: zip },
      { name: 'last', content: 'y' },
    ])
    expect(await unpacked(nested)).toEqual([
      expect.stringMatching(/^inner.zip: /),
      'inner.zip>first: x',
      expect.stringMatching(/^inner.zip>bomb! /),
    ])
  })

  it('ends at a bomb between the members, and leaves out a file that is too large', async () => {
    const zeros = Buffer.alloc(200 * 1024 ** 2)
    const between = gzipSync(
      tarOf([
        { name: 'link', type: '2', content: zeros },
        { name: 'last', content: 'y' },
      ]),
    )
    expect(await unpacked(between)).toEqual([
      'link! not unpacked: a link',
      expect.stringMatching(/^! decoded bytes: over the limit/),
    ])
    const three = zipOf(['a', 'bb', 'c'].map((name) => ({ name, content: name.repeat(5) })))
    expect(await unpacked(three, { limits: { memberBytes: 5 } })).toEqual([
      'a: aaaaa',
      'bb! bytes of one unpacked file: over the limit of 5',
      'c: ccccc',
    ])
  })

  it('ends after so many files, counted over all archives', async () => {
    const inner = zipOf(['1', '2', '3'].map((name) => ({ name, content: name })))
    const outer = zipOf(['a', 'b'].map((name) => ({ name, content: inner })))
    const told = await unpacked(outer, { limits: { members: 6 } })
    expect(told.map((each) => each.split(':')[0])).toEqual([
      'a',
      'a>1',
      'a>2',
      'a>3',
      'b',
      'b>1',
      'b! unpacked files',
    ])
  })

  it('refuses members that share bytes', async () => {
    const overlapping = zipOf([
      { name: 'a', content: 'aaaa' },
      { name: 'b', content: 'bbbb', offset: 0, ownName: 'b' },
    ])
    expect((await unpacked(overlapping)).join()).toMatch(/overlaps another|disagree/)
  })

  it('gives the beginning of what is cut off, and says that it is one', async () => {
    let state = 1
    const noise = Uint8Array.from({ length: 20_000 }, () => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
      return state >>> 24
    })
    const told = await unpacked(gzipSync(noise).subarray(0, 12_000))
    expect(told).toEqual([expect.stringMatching(/^content: \d+ bytes \(gzip: the data is cut off/)])
    const tar = await unpacked(
      tarOf([
        { name: 'a', content: 'x' },
        { name: 'b', content: noise },
      ]).subarray(0, 9000),
    )
    expect(tar[0]).toBe('a: x')
    expect(tar[1]).toMatch(/^b: \d+ bytes \(tar: the data is cut off/)
    expect((await unpacked(zipOf(parts).subarray(0, 60)))[0]).toMatch(/^! zip: no directory/)
  })

  it('ends at the signal and leaves nothing behind, nor when its reader stops', async () => {
    await expect(unpacked(zipOf(parts), { signal: AbortSignal.abort(new Error('stopped')) })).rejects.toThrow(
      'stopped',
    )
    for await (const _ of unpack(join(folder, 'archive'))) break
    expect(readdirSync(folder)).toEqual(['archive'])
  })

  it('gives files or named problems for any bytes', async () => {
    const seeds = [zipOf(parts), tarOf(parts), gzipSync(tarOf(parts)), gzipSync('hello')]
    const change = fc.record({ at: fc.nat(4000), to: fc.nat(255) })
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...seeds),
        fc.array(change, { maxLength: 10 }),
        async (seed, changes) => {
          const bytes = Uint8Array.from(seed)
          for (const { at, to } of changes) bytes[at % bytes.length] = to
          await unpacked(bytes, { limits: { totalBytes: 1_000_000 } })
        },
      ),
      { numRuns: 200 },
    )
    expect(readFileSync(join(folder, 'archive')).length).toBeGreaterThan(0)
  })
})

import { deflateRawSync, gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { tarOf, zipOf } from '../../../test/archives.ts'
import { KnownError, LimitExceededError, MalformedInputError, UnreadableError } from '../../core/index.ts'
import type { Archive, Member } from './archive.ts'
import { compressedTar } from './compressed-tar.ts'
import { archiveKind } from './open-archive.ts'
import { heldBytes } from './random-access.ts'
import { tarArchive } from './tar.ts'
import { zipArchive } from './zip.ts'

async function* inChunks(bytes: Uint8Array, size = 100) {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

async function text(member: Member | null): Promise<string> {
  if (!member || !('open' in member)) return JSON.stringify(member)
  const parts: Uint8Array[] = []
  for await (const piece of member.open()) parts.push(piece)
  return Buffer.concat(parts).toString()
}

const zip = async (bytes: Uint8Array, password = 'infected') =>
  zipArchive(await heldBytes(inChunks(bytes, 1e6)), 'a.zip', password)
const tar = async (bytes: Uint8Array) => tarArchive(await heldBytes(inChunks(bytes, 1e6)))
const squeezed = async (bytes: Uint8Array) => compressedTar(() => inChunks(bytes))

async function members(archive: Archive): Promise<{ list: Member[]; error: unknown }> {
  const list: Member[] = []
  try {
    for await (const member of archive.members()) list.push(member)
    return { list, error: null }
  } catch (error) {
    return { list, error }
  }
}

const three = [
  { name: 'one.json', content: '{"n": 1}' },
  { name: 'folder/two.json', content: `{"n": ${'2'.repeat(2000)}}` },
  { name: 'one.json', content: '{"n": 3}' },
]

describe.each([
  ['zip', zip, () => zipOf(three)],
  ['tar', tar, () => tarOf(three)],
  ['compressed tar', squeezed, () => tarOf(three)],
])('%s', (_, open, build) => {
  it('lists its members, equal names told apart', async () => {
    const { list, error } = await members(await open(build()))
    expect(error).toBeNull()
    expect(list.map(({ name }) => name)).toEqual(['one.json', 'folder/two.json', 'one.json#2'])
    expect(await Promise.all(list.map(text))).toEqual(three.map(({ content }) => content))
  })

  it('finds members in any order, again and at the same time', async () => {
    const archive = await open(build())
    for (const i of [0, 1, 2, 2, 0, 1, 0]) {
      expect(await text(await archive.find(['one.json', 'folder/two.json', 'one.json#2'][i]!))).toBe(
        three[i]!.content,
      )
    }
    const both = await Promise.all(
      ['one.json#2', 'one.json'].map(async (name) => text(await archive.find(name))),
    )
    expect(both).toEqual([three[2]!.content, three[0]!.content])
    expect(await archive.find('none')).toBeNull()
    expect(await text(await archive.find('one.json'))).toBe(three[0]!.content)
    await archive.close()
  })

  it('opens members while they are listed, left early or not', async () => {
    const archive = await open(build())
    const got: string[] = []
    for await (const member of archive.members()) {
      if ('open' in member) for await (const _ of member.open()) break
      got.push(await text(member))
    }
    expect(got).toEqual(three.map(({ content }) => content))
  })

  it('gives members or a named error, cut at any byte', async () => {
    const whole = build()
    for (let cut = 0; cut < whole.length; cut += 13) {
      const archive = await open(whole.subarray(0, cut))
      const { list, error } = await members(archive)
      expect(error === null || error instanceof KnownError, `cut at ${cut}: ${error}`).toBe(true)
      for (const member of list) {
        const failure = await text(member).then(
          () => null,
          (problem: unknown) => problem,
        )
        expect(failure === null || failure instanceof KnownError, `cut at ${cut}: ${failure}`).toBe(true)
      }
    }
  })

  it('gives members or a named error for mutated bytes', async () => {
    const whole = build()
    const change = fc.tuple(fc.nat(whole.length - 1), fc.nat(255))
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 5 }), async (changes) => {
        const bytes = Buffer.from(whole)
        for (const [at, byte] of changes) bytes[at] = byte
        const archive = await open(bytes)
        const { list, error } = await members(archive)
        expect(error === null || error instanceof KnownError, String(error)).toBe(true)
        for (const member of list) {
          await text(member).catch((problem: unknown) => expect(problem).toBeInstanceOf(KnownError))
        }
      }),
      { numRuns: 1500 },
    )
  })
})

describe('compressed tar', () => {
  it.each(['listing', 'find', 'listing with look-ahead'])(
    'passes over its members a bounded number of times: %s',
    async (how) => {
      const parts = Array.from({ length: 200 }, (_, i) => ({ name: `${i}.json`, content: `{"n": ${i}}` }))
      const bytes = tarOf(parts)
      let read = 0
      const archive = compressedTar(async function* () {
        for await (const chunk of inChunks(bytes, 1024)) {
          read += chunk.length
          yield chunk
        }
      })
      const got: string[] = []
      if (how === 'find') for (const { name } of parts) got.push(await text(await archive.find(name)))
      else if (how === 'listing') for await (const member of archive.members()) got.push(await text(member))
      else for (const member of (await members(archive)).list) got.push(await text(member))
      expect(got).toEqual(parts.map(({ content }) => content))
      expect(read).toBeLessThan(2.1 * bytes.length)
    },
  )
})

describe('tar', () => {
  it('skips links, devices and folders, and never follows a name', async () => {
    const { list } = await members(
      await tar(
        tarOf([
          { name: '../../etc/passwd', content: 'x' },
          { name: 'link', type: '2' },
          { name: 'hard', type: '1' },
          { name: 'tty', type: '3' },
          { name: 'pipe', type: '6' },
          { name: 'folder/', type: '5' },
        ]),
      ),
    )
    expect(list.map((member) => ('skipped' in member ? member.skipped : member.name))).toEqual([
      '../../etc/passwd',
      'a link',
      'a link',
      'a device',
      'a pipe',
      'a folder',
    ])
  })

  it('takes long names and sizes from pax and GNU records', async () => {
    const path = `${'long/'.repeat(60)}name.json`
    const record = (key: string, value: string) => {
      const rest = ` ${key}=${value}\n`
      let length = rest.length + 1
      while (String(length).length + rest.length !== length) length++
      return `${length}${rest}`
    }
    const pax = [
      { name: 'pax', type: 'x', content: record('mtime', '1.5') + record('path', path) },
      { name: 'short', content: 'A' },
    ]
    const gnu = [
      { name: '././@LongLink', type: 'L', content: `${path}\0` },
      { name: 'short', content: 'B' },
    ]
    const { list } = await members(await tar(tarOf([...pax, ...gnu, { name: 'last', content: 'C' }])))
    expect(list.map(({ name }) => name)).toEqual([path, `${path}#2`, 'last'])
    expect(await Promise.all(list.map(text))).toEqual(['A', 'B', 'C'])
  })

  it.each([
    ['a size that is no number', '99999999999\0', MalformedInputError],
    ['a size past the end', 1e9, MalformedInputError],
    [
      'a size past what numbers hold',
      '\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff',
      MalformedInputError,
    ],
  ])('refuses %s', async (_, size, kind) => {
    const { error } = await members(
      await tar(
        tarOf([
          { name: 'a', content: 'A' },
          { name: 'b', content: 'B', size },
        ]),
      ),
    )
    expect(error).toBeInstanceOf(kind)
  })

  it('refuses a name record of gigabytes', async () => {
    const { error } = await members(await tar(tarOf([{ name: 'a', type: 'L', size: 2 ** 31 }])))
    expect(error).toBeInstanceOf(LimitExceededError)
  })
})

describe('zip', () => {
  const content = '{"text": "abcabcabcabcabcabc"}'
  const deflated = deflateRawSync(content)

  it('reads stored and deflated members, with a comment behind', async () => {
    const bytes = zipOf(
      [
        { name: 'a', content },
        { name: 'b', content, stored: deflated, method: 8 },
      ],
      'PK\x05\x06 comment',
    )
    const { list } = await members(await zip(bytes))
    expect(await Promise.all(list.map(text))).toEqual([content, content])
  })

  // Written by zip.js with the password `infected`; the last one has zip64 records throughout.
  it.each([
    [
      'AES-128',
      'UEsDBDMACQBjAAAAIVAAAAAAAAAAAAAAAAAGABQAci5qc29uAZkHAAIAQUUBCABVVAUAAQDhC161OhulTx8Sz6TcLh1QRQafLUnGFKiA/xpVDA+AbXsCPLWqN+dg7WwDq2U+tIdeZGMC/04FHJkuUEsHCAAAAAA3AAAAqwEAAFBLAQIAAzMACQBjAAAAIVAAAAAANwAAAKsBAAAGABQAAAAAAAAAAACkgQAAAAByLmpzb24BmQcAAgBBRQEIAFVUBQABAOELXlBLBQYAAAAAAQABAEgAAAB/AAAAAAA=',
      '{"strength": 1',
    ],
    [
      'AES-192',
      'UEsDBDMACQBjAAAAIVAAAAAAAAAAAAAAAAAGABQAci5qc29uAZkHAAIAQUUCCABVVAUAAQDhC158gRStD01prDWGEPQT4yLOkzPllUrMBSbNld34fWgwixLPVfsSHl9uIg5yKhW+olcjXIoPbcw00oZ8M1BLBwgAAAAAOwAAAKsBAABQSwECAAMzAAkAYwAAACFQAAAAADsAAACrAQAABgAUAAAAAAAAAAAApIEAAAAAci5qc29uAZkHAAIAQUUCCABVVAUAAQDhC15QSwUGAAAAAAEAAQBIAAAAgwAAAAAA',
      '{"strength": 2',
    ],
    [
      'AES-256',
      'UEsDBDMACQBjAAAAIVAAAAAAAAAAAAAAAAAGABQAci5qc29uAZkHAAIAQUUDCABVVAUAAQDhC15Hcl7bsM9oGkxWyYWUEDYvmpeqhYQVC7b2DR+jYWC3QFEACbCWUN+b0KgtMvH8AJMSLBvxuRV98v1lKlxzEEhQSwcIAAAAAD8AAACrAQAAUEsBAgADMwAJAGMAAAAhUAAAAAA/AAAAqwEAAAYAFAAAAAAAAAAAAKSBAAAAAHIuanNvbgGZBwACAEFFAwgAVVQFAAEA4QteUEsFBgAAAAABAAEASAAAAIcAAAAAAA==',
      '{"strength": 3',
    ],
    [
      'ZipCrypto and zip64',
      'UEsDBC0ACQAAAAAAIVAAAAAA//////////8GAB0Aci5qc29uAQAQAA8AAAAAAAAAGwAAAAAAAABVVAUAAQDhC17N+OnKNnXlk6hIQrZfz6y9hkxkg0700TYqNWtQSwcIaDK/5xsAAAAAAAAADwAAAAAAAABQSwECAAMtAAkAAAAAACFQaDK/5///////////BgAdAAAAAAAAAAAApIEAAAAAci5qc29uAQAQAA8AAAAAAAAAGwAAAAAAAABVVAUAAQDhC15QSwYGLAAAAAAAAAAtAC0AAAAAAAAAAAABAAAAAAAAAAEAAAAAAAAAUQAAAAAAAAB0AAAAAAAAAFBLBgcAAAAAxQAAAAAAAAABAAAAUEsFBv////////////////////8AAA==',
      '{"zip64": true}',
    ],
  ])('reads %s', async (_, encoded, start) => {
    const bytes = Buffer.from(encoded, 'base64')
    const { list } = await members(await zip(bytes))
    expect((await text(list[0]!)).slice(0, start.length)).toBe(start)
    const other = await members(await zip(bytes, 'another'))
    // Traditional encryption tells a wrong password by one byte, so one in 256 is found out by the checksum only.
    await expect(text(other.list[0]!)).rejects.toThrow(/encrypted with another password|zip: /)
    const changed = Buffer.from(bytes)
    changed[70]! ^= 1
    const broken = await members(await zip(changed))
    await expect(text(broken.list[0]!)).rejects.toThrow(KnownError)
  })

  it('says so when the password is wrong', async () => {
    const bytes = Buffer.from(
      'UEsDBDMACQBjAAAAIVAAAAAAAAAAAAAAAAAGABQAci5qc29uAZkHAAIAQUUDCABVVAUAAQDhC15Hcl7bsM9oGkxWyYWUEDYvmpeqhYQVC7b2DR+jYWC3QFEACbCWUN+b0KgtMvH8AJMSLBvxuRV98v1lKlxzEEhQSwcIAAAAAD8AAACrAQAAUEsBAgADMwAJAGMAAAAhUAAAAAA/AAAAqwEAAAYAFAAAAAAAAAAAAKSBAAAAAHIuanNvbgGZBwACAEFFAwgAVVQFAAEA4QteUEsFBgAAAAABAAEASAAAAIcAAAAAAA==',
      'base64',
    )
    const { list } = await members(await zip(bytes, 'x'))
    await expect(text(list[0]!)).rejects.toThrow(UnreadableError)
  })

  it.each([
    [
      'longer than stated',
      { content, stored: deflated, method: 8, size: 5 },
      'longer than the directory says',
    ],
    ['shorter than stated', { content, stored: deflated, method: 8, size: 5000 }, 'cut off'],
    ['of another checksum', { content, crc: 1 }, 'checksum is wrong'],
    ['of another name', { content, ownName: 'b.json' }, 'disagree on its name'],
    ['elsewhere', { content, offset: 1, size: 5, storedSize: 5 }, 'no member where the directory says'],
    ['past the end', { content, storedSize: 1e6 }, 'runs past its archive'],
    ['of a method that is not read', { content, method: 12 }, 'zip compression method 12'],
    ['whose deflate is broken', { content, stored: Buffer.from('no deflate'), method: 8 }, 'deflate'],
    ['encrypted without a head', { content: 'x', flags: 1 }, 'without its head'],
  ])('refuses a member %s', async (_, part, problem) => {
    const { list } = await members(await zip(zipOf([{ name: 'a.json', ...part }])))
    const member = list[0]!
    if ('error' in member) expect(member.error.message).toContain(problem)
    else await expect(text(member)).rejects.toThrow(problem)
  })

  it('refuses members that share bytes, and reads the first of them', async () => {
    const { list } = await members(
      await zip(
        zipOf([
          { name: 'a', content },
          { name: 'a', content, offset: 0 },
          { name: 'c', content },
        ]),
      ),
    )
    expect(list.map((member) => 'error' in member)).toEqual([false, true, false])
    expect(await text(list[0]!)).toBe(content)
  })

  it('skips links and devices', async () => {
    const parts = [
      { name: 'link', content: '/etc/passwd', mode: 0o120777 },
      { name: 'device', content: '', mode: 0o020666 },
      { name: 'folder/', content: '', mode: 0o040755 },
    ]
    const { list } = await members(await zip(zipOf(parts)))
    expect(list.map((member) => 'skipped' in member)).toEqual([true, true, true])
  })

  it('stops at the size the directory states, however far a bomb would go', async () => {
    const bomb = deflateRawSync(Buffer.alloc(200_000_000))
    const bytes = zipOf([{ name: 'bomb.json', content: '', stored: bomb, method: 8, size: 1000 }])
    let total = 0
    const { list } = await members(await zip(bytes))
    const read = async () => {
      const member = list[0]!
      if ('open' in member) for await (const piece of member.open()) total += piece.length
    }
    await expect(read()).rejects.toThrow(MalformedInputError)
    expect(total).toBe(1000)
  })

  it('has a named error for a directory of the wrong size', async () => {
    const bytes = zipOf([{ name: 'a', content }])
    bytes.writeUInt32LE(0x7fffffff, bytes.length - 10)
    expect((await members(await zip(bytes))).error).toBeInstanceOf(LimitExceededError)
    bytes.writeUInt32LE(5000, bytes.length - 10)
    expect((await members(await zip(bytes))).error).toBeInstanceOf(MalformedInputError)
  })
})

describe('archiveKind', () => {
  it('goes by content', () => {
    expect(archiveKind(zipOf([{ name: 'a', content: '' }]))).toBe('zip')
    expect(archiveKind(zipOf([]))).toBe('zip')
    expect(archiveKind(tarOf(three))).toBe('tar')
    expect(archiveKind(gzipSync('x'))).toBeNull()
    expect(archiveKind(Buffer.alloc(512))).toBeNull()
    expect(archiveKind(Buffer.from(`{"a": ${' '.repeat(600)}`))).toBeNull()
    expect(archiveKind(new Uint8Array(0))).toBeNull()
  })

  it('takes no text for an archive', () => {
    fc.assert(
      fc.property(
        fc.string({ minLength: 512, maxLength: 600 }),
        (any) => archiveKind(Buffer.from(any)) !== 'tar',
      ),
    )
  })
})

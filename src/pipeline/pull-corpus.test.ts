import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createGunzip } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { MADE_UP_LINES, MADE_UP_SETS } from '../../test/public-sets.ts'
import { sharedData } from '../../test/shared-data.ts'
import { readChunks, sha256 } from '../core/index.ts'
import { importRows, openCorpus, rowsFromReports } from '../corpus/index.ts'
import { readReports } from '../reports/index.ts'
import { type PublicSet, publicSets } from './public-sets/index.ts'
import { findPublicSet, pullCorpus } from './pull-corpus.ts'

let folder: string
let server: Server | null = null

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'taxon-pull-'))
})
afterEach(async () => {
  server?.closeAllConnections()
  server?.close()
  server = null
  await rm(folder, { recursive: true })
})

/** Starts a server and gives its address. */
async function serve(answer: RequestListener): Promise<string> {
  server = createServer(answer)
  await new Promise<void>((resolve) => server!.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const content = (set: string): Buffer => MADE_UP_SETS[set]![0]!
const elf = findPublicSet('elf-opcode-counts')
const elfBytes = content(elf.name)
const corpusPath = () => join(folder, 'corpus')

async function digestOf(directory: string): Promise<string> {
  const corpus = await openCorpus(directory)
  try {
    return await corpus.digest()
  } finally {
    corpus.close()
  }
}

/** The files of a made-up set on a server, one address each. */
async function serveSet(name: string): Promise<string[]> {
  const files = MADE_UP_SETS[name]!
  const base = await serve((request, response) => response.end(files[Number(request.url!.slice(1))]))
  return files.map((_, i) => `${base}/${i}`)
}

describe('a public set', () => {
  it.each(publicSets.map(({ name }) => name))('%s becomes the rows that its lines would be', async (name) => {
    const set = findPublicSet(name)
    const from = await serveSet(name)
    const { counts, files } = await pullCorpus(set, corpusPath(), { from })
    expect(counts.added).toBe(MADE_UP_LINES[name]!.length)
    expect(files.map((file) => [file.name, file.bytes, file.sha256, file.vouched])).toEqual(
      MADE_UP_SETS[name]!.map((bytes, i) => [set.files[i]!.name, bytes.length, sha256(bytes), false]),
    )
    const lines = join(folder, 'lines.ndjson')
    await writeFile(lines, MADE_UP_LINES[name]!.map((line) => `${JSON.stringify(line)}\n`).join(''))
    const reports = readReports(readChunks(lines))
    const rows = rowsFromReports(reports, { path: lines, source: name, kind: set.kind ?? undefined })
    await importRows(join(folder, 'imported'), rows)
    expect(await digestOf(corpusPath())).toBe(await digestOf(join(folder, 'imported')))
    expect(await readdir(folder)).toEqual(['corpus', 'imported', 'lines.ndjson'])
  })

  it.each([
    ['big2015-opcodes', 'big2015-opcodes'],
    ['ransomtrack', 'ransomtrack'],
    ['elf-opcode-counts', 'elf-opcode-counts'],
    ['malbehavd-v1', 'malbehavd-v1'],
    ['mal-api-2019', 'mal-api-2019-808'],
    ['adfa-ld', 'adfa-ld'],
  ])('%s has the keys that the prepared rows have', async (name, file) => {
    const path = sharedData(`${file}.jsonl.gz`)
    if (path === null) return
    const prepared = JSON.parse(await firstLine(path)) as Record<string, unknown>
    const made = Object.assign({}, ...MADE_UP_LINES[name]!) as Record<string, unknown>
    const { group: _, ...rest } = prepared
    // Types of malware are categories; the rows of mal-api-2019 were prepared with them as families.
    const keys = Object.keys(rest).map((key) => (key === 'family' && 'category' in made ? 'category' : key))
    expect(Object.keys(made).sort()).toEqual([...keys, 'dialect'].sort())
  })

  it.each(publicSets)('$name says where it is from, under which terms, and pins its files', (set) => {
    expect(set.repository).toMatch(/^https:\/\/github\.com\//)
    expect(set.licence.length).toBeGreaterThan(2)
    for (const { url, sha256: hash } of set.files) {
      expect(url).toMatch(/^https:.*\/[0-9a-f]{40}(\/|$)/)
      expect(hash === null || /^[0-9a-f]{64}$/.test(hash)).toBe(true)
    }
  })

  it.each<[string, Buffer[]]>([
    ['elf-opcode-counts', [Buffer.from('a,b\n1,2\n')]],
    ['elf-opcode-counts', [Buffer.concat([elfBytes, Buffer.from('1,2,3,m\n')])]],
    ['elf-opcode-counts', [Buffer.from('<html>\nnot found</html>')]],
    ['malbehavd-v1', [Buffer.from('sha256,labels\nabc,maybe,NtClose\n')]],
    ['ransomtrack', [content('adfa-ld')]],
    ['adfa-ld', [Buffer.from('no archive')]],
    ['big2015-opcodes', [content('big2015-opcodes').subarray(0, 60)]],
    ['mal-api-2019', [content('mal-api-2019'), content('mal-api-2019'), Buffer.from('a=9\n')]],
  ])('%s of another content is refused, and nothing is left', async (name, files) => {
    const from = files.map((bytes, i) => ({ path: join(folder, `given-${i}`), bytes }))
    for (const { path, bytes } of from) await writeFile(path, bytes)
    const pulled = pullCorpus(findPublicSet(name), corpusPath(), { from: from.map(({ path }) => path) })
    await expect(pulled).rejects.toThrow(
      expect.objectContaining({ code: expect.stringMatching(/^[a-z-]+$/) }),
    )
    expect(await readdir(folder)).toEqual(files.map((_, i) => `given-${i}`))
  })
})

describe('a transfer', () => {
  it('follows redirects and tells its progress', async () => {
    const told: [number, number | null][] = []
    const base = await serve((request, response) => {
      if (request.url === '/old') response.writeHead(302, { location: '/new' }).end()
      else response.writeHead(200, { 'content-length': elfBytes.length }).end(elfBytes)
    })
    await pullCorpus(elf, corpusPath(), {
      from: [`${base}/old`],
      onBytes: (bytes, total) => told.push([bytes, total]),
    })
    expect(told.at(-1)).toEqual([elfBytes.length, elfBytes.length])
  })

  it.each<[string, RequestListener, string]>([
    ['that is not there', (_, response) => response.writeHead(404).end('gone'), 'answers 404 Not Found'],
    ['that the server fails at', (_, response) => response.writeHead(503).end(), 'answers 503'],
    ['that goes in circles', (_, response) => response.writeHead(302, { location: '/' }).end(), 'redirect'],
    [
      'that is cut off',
      (_, response) => {
        response.writeHead(200, { 'content-length': elfBytes.length })
        response.write(elfBytes.subarray(0, 100), () => response.destroy())
      },
      'cut off',
    ],
    [
      'that is cut off where no length was said',
      (_, response) => void response.write(elfBytes.subarray(0, 100), () => response.destroy()),
      'cut off',
    ],
    ['that never begins', () => {}, 'nothing came for 0.2 s'],
    ['that stops coming', (_, response) => void response.write('a'), 'nothing came for 0.2 s'],
  ])('%s leaves nothing', async (_, answer, message) => {
    const from = [`${await serve(answer)}/results.csv`]
    // Patient where silence is not the matter: a busy machine is slow as well.
    const silenceMs = message.startsWith('nothing came') ? 200 : 60_000
    const pulled = pullCorpus(elf, corpusPath(), { from, silenceMs })
    await expect(pulled).rejects.toThrow(expect.objectContaining({ code: 'download' }))
    await expect(pulled).rejects.toThrow(message)
    expect(await readdir(folder)).toEqual([])
  })

  it('from no server at all says so', async () => {
    const from = [`${await serve(() => {})}/results.csv`]
    server!.close()
    await expect(pullCorpus(elf, corpusPath(), { from })).rejects.toThrow('refuses the connection')
  })

  it('is ended by Ctrl-C, and leaves nothing', async () => {
    const stop = new AbortController()
    const from = [await serve((_, response) => void response.write(elfBytes.subarray(0, 50)))]
    const pulled = pullCorpus(elf, corpusPath(), {
      from,
      signal: stop.signal,
      onBytes: () => stop.abort(new Error('stopped')),
    })
    await expect(pulled).rejects.toThrow('stopped')
    expect(await readdir(folder)).toEqual([])
  })

  it('that is whole still leaves nothing when the making of rows is stopped', async () => {
    const stop = new AbortController()
    const from = await serveSet(elf.name)
    const pulled = pullCorpus(elf, corpusPath(), {
      from,
      signal: stop.signal,
      onRows: () => stop.abort(new Error('stopped')),
    })
    await expect(pulled).rejects.toThrow('stopped')
    expect(await readdir(folder)).toEqual([])
  })
})

describe('the hash of a file', () => {
  const withHash = (hash: string): PublicSet => ({ ...elf, files: [{ ...elf.files[0]!, sha256: hash }] })
  const wrong = '0'.repeat(64)

  it.each<[string, PublicSet, string[] | undefined, boolean]>([
    ['of the table', withHash(sha256(elfBytes)), undefined, true],
    ['that the user states', elf, [sha256(elfBytes).toUpperCase()], true],
    ['that the user states against that of the table', withHash(wrong), [sha256(elfBytes)], true],
    ['of the table, which is another', withHash(wrong), undefined, false],
    ['that the user states, which is another', elf, [wrong], false],
  ])('%s decides', async (_, set, hashes, isRight) => {
    const from = await serveSet(elf.name)
    const pulled = pullCorpus(set, corpusPath(), { from, ...(hashes ? { sha256: hashes } : {}) })
    if (isRight) expect((await pulled).files[0]!.vouched).toBe(true)
    else await expect(pulled).rejects.toThrow(expect.objectContaining({ code: 'wrong-hash' }))
    expect(existsSync(corpusPath())).toBe(isRight)
  })
})

describe('pulling', () => {
  it('reads a file that is here already, and leaves it', async () => {
    const path = join(folder, 'results.csv')
    await writeFile(path, elfBytes)
    const { counts } = await pullCorpus(elf, corpusPath(), { from: [path] })
    expect(counts.added).toBe(2)
    expect(await readFile(path)).toEqual(elfBytes)
  })

  it('fills an empty folder, and no other', async () => {
    await mkdir(corpusPath())
    const from = await serveSet(elf.name)
    await pullCorpus(elf, corpusPath(), { from })
    const before = await digestOf(corpusPath())
    await expect(pullCorpus(elf, corpusPath(), { from })).rejects.toThrow('has something in it already')
    expect(await digestOf(corpusPath())).toBe(before)
  })

  it.each([
    [{ from: ['a', 'b'] }, '--from is wanted once for each of results.csv, got 2'],
    [{ sha256: ['0', '1'] }, '--sha256 is wanted once'],
    [{ sha256: ['xyz'] }, 'a SHA-256 has 64 hex digits'],
    [{ from: ['/nowhere/results.csv'] }, 'no such file'],
  ])('refuses %j', async (options, message) => {
    await expect(pullCorpus(elf, corpusPath(), options)).rejects.toThrow(message)
  })

  it('names the sets there are', () => {
    expect(() => findPublicSet('nothing')).toThrow('there are big2015-opcodes, ransomtrack')
  })
})

async function firstLine(path: string): Promise<string> {
  const unpacked = createGunzip()
  let text = ''
  unpacked.setEncoding('utf8')
  for await (const chunk of readChunks(path)) {
    unpacked.write(chunk)
    break
  }
  for await (const part of unpacked) {
    text += part
    if (text.includes('\n')) break
  }
  return text.slice(0, text.indexOf('\n'))
}

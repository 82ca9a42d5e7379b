import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { fakeIo } from '../../../test/fake-io.ts'
import { MADE_UP_SETS } from '../../../test/public-sets.ts'
import { sha256 } from '../../core/index.ts'
import { main } from '../main.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'taxon-pull-'))
})
afterEach(() => rm(folder, { recursive: true }))

async function run(...words: string[]) {
  const io = fakeIo()
  const status = await main(['corpus', 'pull', ...words], io)
  return { status, out: io.out, err: io.err }
}

async function elfFile(): Promise<{ path: string; hash: string }> {
  const path = join(folder, 'results.csv')
  const [bytes] = MADE_UP_SETS['elf-opcode-counts']!
  await writeFile(path, bytes!)
  return { path, hash: sha256(bytes!) }
}

describe('taxon corpus pull', () => {
  it('lists the sets with their licences', async () => {
    const { status, out } = await run()
    expect(status).toBe(0)
    expect(out).toContain('elf-opcode-counts')
    expect(out).toContain('licence: MIT')
    const listed = JSON.parse((await run('--json')).out) as { name: string; licence: string }[]
    expect(listed.map(({ name }) => name)).toContain('malbehavd-v1')
  })

  it('shows source and licence first, and the hash afterwards', async () => {
    const { path, hash } = await elfFile()
    const { status, out, err } = await run('elf-opcode-counts', '-o', join(folder, 'c'), '--from', path)
    expect(status).toBe(0)
    expect(err).toContain('licence  MIT')
    expect(err).toContain('github.com/shreyansh26')
    expect(out).toContain(`SHA-256 ${hash}, not compared with anything`)
    expect(out).toContain(`--sha256 ${hash}`)
    expect(out).toContain('2 rows of elf-opcode-counts')
  })

  it('says nothing of hashes once they are compared', async () => {
    const { path, hash } = await elfFile()
    const words = ['elf-opcode-counts', '-o', join(folder, 'c'), '--from', path, '--sha256', hash]
    const { out } = await run(...words)
    expect(out).toContain('as it should be')
    expect(out).not.toContain('vouches')
  })

  it('prints one object with --json', async () => {
    const { path } = await elfFile()
    const { out } = await run('elf-opcode-counts', '-o', join(folder, 'c'), '--from', path, '--json')
    expect(JSON.parse(out)).toMatchObject({ set: 'elf-opcode-counts', licence: 'MIT', counts: { added: 2 } })
  })

  it.each([
    [['nothing', '-o', 'x'], 'no public set is called "nothing"'],
    [['adfa-ld'], 'say which corpus with -o DIR'],
    [['adfa-ld', 'ransomtrack', '-o', 'x'], 'one set at a time'],
  ])('refuses %j', async (words, message) => {
    const { status, err } = await run(...words)
    expect(status).toBe(2)
    expect(err).toContain(message)
  })
})

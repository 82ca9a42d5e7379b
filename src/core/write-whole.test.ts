import { execFileSync } from 'node:child_process'
import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { UnwritableError } from './errors.ts'
import { writeWhole } from './write-whole.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'taxon-write-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

describe('writeWhole', () => {
  it('writes text and bytes, one after another', async () => {
    const path = join(folder, 'a')
    await writeWhole(path, ['é\n', Uint8Array.of(0, 255)])
    expect([...readFileSync(path)]).toEqual([0xc3, 0xa9, 10, 0, 255])
    expect(readdirSync(folder)).toEqual(['a'])
  })

  it('makes an empty file of no parts', async () => {
    await writeWhole(join(folder, 'a'), [])
    expect(readFileSync(join(folder, 'a'))).toHaveLength(0)
  })

  it('follows a link to a file', async () => {
    writeFileSync(join(folder, 'target'), 'old')
    symlinkSync('target', join(folder, 'link'))
    await writeWhole(join(folder, 'link'), ['new'])
    expect(readFileSync(join(folder, 'target'), 'utf8')).toBe('new')
    expect(lstatSync(join(folder, 'link')).isSymbolicLink()).toBe(true)
  })

  it.runIf(process.platform === 'linux')('writes to a pipe, and leaves it a pipe', async () => {
    const path = join(folder, 'pipe')
    execFileSync('mkfifo', [path])
    const [read] = await Promise.all([readFile(path, 'utf8'), writeWhole(path, ['through'])])
    expect(read).toBe('through')
    expect(lstatSync(path).isFIFO()).toBe(true)
  })

  it('keeps the old file, and leaves nothing else, when a part cannot be had', async () => {
    const path = join(folder, 'a')
    writeFileSync(path, 'old')
    async function* parts() {
      yield 'new'
      throw new RangeError('no more')
    }
    await expect(writeWhole(path, parts())).rejects.toThrow(new RangeError('no more'))
    expect(readFileSync(path, 'utf8')).toBe('old')
    expect(readdirSync(folder)).toEqual(['a'])
  })

  it('names a place where nothing can be written', async () => {
    mkdirSync(join(folder, 'taken'))
    await expect(writeWhole(join(folder, 'taken'), ['x'])).rejects.toThrow(UnwritableError)
    await expect(writeWhole(join(folder, 'no', 'folder'), ['x'])).rejects.toThrow(UnwritableError)
    expect(readdirSync(folder)).toEqual(['taken'])
  })

  it('stops when told to', async () => {
    const path = join(folder, 'a')
    await expect(writeWhole(path, ['x'], AbortSignal.abort())).rejects.toThrow('aborted')
    expect(readdirSync(folder)).toEqual([])
  })
})

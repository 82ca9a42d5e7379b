import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { createWriteStream, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { hasSevenZip } from '../../../test/seven-zip.ts'
import { MalformedInputError } from '../../core/index.ts'
import { openSource } from '../sources.ts'
import { encryptedZip } from './zip-writer.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'taxon-zip-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

const NAME = 'ab'.repeat(32)

async function* of(...chunks: Uint8Array[]) {
  yield* chunks
}

async function written(size: number, content: AsyncIterable<Uint8Array>, password = 'infected') {
  const path = join(folder, 'out.zip')
  await pipeline(Readable.from(encryptedZip(NAME, size, content, password)), createWriteStream(path))
  return path
}

async function digest(chunks: AsyncIterable<Uint8Array>) {
  const hash = createHash('sha256')
  for await (const chunk of chunks) hash.update(chunk)
  return hash.digest('hex')
}

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')

describe('encryptedZip', () => {
  it('is read back by taxon, whatever the content and its chunks', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 100 }), { maxLength: 5 }), async (chunks) => {
        const whole = Buffer.concat(chunks)
        const path = await written(whole.length, of(...chunks))
        expect(await digest((await openSource(`${path}!${NAME}`)).open())).toBe(sha256(whole))
      }),
      { numRuns: 20 },
    )
  })

  it('does not open with another password, nor hold the content in plain', async () => {
    const content = Buffer.from('This program cannot be run in DOS mode')
    const path = await written(content.length, of(content))
    const source = await openSource(`${path}!${NAME}`, { password: 'other' })
    await expect(digest(source.open())).rejects.toThrow(/another password/)
    const bytes: Uint8Array[] = []
    for await (const chunk of encryptedZip(NAME, content.length, of(content), 'infected')) bytes.push(chunk)
    expect(Buffer.concat(bytes).includes('DOS mode')).toBe(false)
  })

  it('notices a content of another size', async () => {
    for (const size of [0, 2, 4])
      await expect(written(size, of(Buffer.from('abc')))).rejects.toThrow(MalformedInputError)
  })

  describe.skipIf(!hasSevenZip())('7-Zip', () => {
    const test = (path: string, password: string) =>
      spawnSync('7z', ['t', `-p${password}`, path], { encoding: 'utf8' })
    const extracted = (path: string) =>
      spawnSync('7z', ['x', '-pinfected', '-so', path], { maxBuffer: 1 << 28 }).stdout

    it.each([0, 1, 15, 16, 17, 3_000_001])('extracts %i bytes', async (size) => {
      const content = Buffer.alloc(size, 'MZ content ')
      const path = await written(size, of(content.subarray(0, 100), content.subarray(100)))
      expect(test(path, 'infected').status).toBe(0)
      expect(sha256(extracted(path))).toBe(sha256(content))
      const listed = spawnSync('7z', ['l', '-slt', path], { encoding: 'utf8' }).stdout
      expect(listed).toContain(`Path = ${NAME}`)
      expect(listed).toContain('Method = AES-256 Store')
      expect(listed).toContain('Encrypted = +')
      if (size > 0) expect(test(path, 'wrong').status).not.toBe(0)
    })

    it('finds a change', async () => {
      const path = await written(1000, of(Buffer.alloc(1000, 1)))
      const parts: Uint8Array[] = []
      for await (const chunk of encryptedZip(NAME, 1000, of(Buffer.alloc(1000, 1)), 'infected'))
        parts.push(chunk)
      const bytes = Buffer.concat(parts)
      bytes[500]! ^= 1
      writeFileSync(path, bytes)
      expect(test(path, 'infected').status).not.toBe(0)
    })
  })
})

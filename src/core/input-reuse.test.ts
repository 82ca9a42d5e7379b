import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, describe, expect, it } from 'vitest'
import { CHUNK_BYTES, openChunks } from './input.ts'

const folder = mkdtempSync(join(tmpdir(), 'taxon-reuse-'))
afterAll(() => rmSync(folder, { recursive: true }))

const words = Uint32Array.from({ length: CHUNK_BYTES + 5 }, (_, index) => Math.imul(index + 1, 0x9e3779b1))
const content = Buffer.from(words.buffer).subarray(0, CHUNK_BYTES * 4 + 17)

async function read(bytes: Buffer, reuse: boolean) {
  const path = join(folder, 'input')
  writeFileSync(path, bytes)
  const buffers = new Set<ArrayBufferLike>()
  const copies: Buffer[] = []
  for await (const chunk of openChunks(path, { reuse })) {
    buffers.add(chunk.buffer)
    copies.push(Buffer.from(chunk))
  }
  return { content: Buffer.concat(copies), buffers: buffers.size }
}

describe('reused chunks', () => {
  it.each([0, 1, 3, 5, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, content.length])(
    'hold a file of %i bytes',
    async (size) => {
      const bytes = content.subarray(0, size)
      expect((await read(bytes, true)).content.equals(bytes)).toBe(true)
    },
  )

  it('lie in two buffers, without the option each in its own', async () => {
    expect((await read(content, true)).buffers).toBeLessThanOrEqual(3)
    expect((await read(content, false)).buffers).toBe(5)
  })

  it('are not those of a compressed file', async () => {
    expect((await read(gzipSync(content), true)).content.equals(content)).toBe(true)
  })
})

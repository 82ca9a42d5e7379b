import { deflateRawSync, gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compressionOf, decompress, inflateRaw } from './decompress.ts'
import { LimitExceededError, MalformedInputError } from './errors.ts'
import { seededRandom } from './random.ts'

const text = Buffer.from('{"a": [1, 2, 3], "name": "example"}\n'.repeat(40))

async function* inChunks(bytes: Uint8Array, size: number) {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

async function drain(chunks: AsyncIterable<Uint8Array>) {
  const parts: Uint8Array[] = []
  try {
    for await (const chunk of chunks) parts.push(chunk)
    return { bytes: Buffer.concat(parts), error: null }
  } catch (error) {
    return { bytes: Buffer.concat(parts), error }
  }
}

describe('decompress', () => {
  it.each([1, 2, 7, 1000, 1e6])('undoes gzip of several members in chunks of %i', async (size) => {
    const two = Buffer.concat([gzipSync(text), gzipSync(text)])
    const { bytes, error } = await drain(decompress(inChunks(two, size)))
    expect(error).toBeNull()
    expect(bytes).toEqual(Buffer.concat([text, text]))
  })

  it('passes anything else through, whatever its length', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ maxLength: 40 }),
        fc.integer({ min: 1, max: 9 }),
        async (bytes, size) => {
          fc.pre(compressionOf(bytes) === null)
          const got = await drain(decompress(inChunks(bytes, size)))
          expect(got.error).toBeNull()
          expect(Buffer.compare(got.bytes, bytes)).toBe(0)
        },
      ),
    )
  })

  it('gives all that a gzip stream cut at any byte holds, then says that it is cut off', async () => {
    const whole = gzipSync(text)
    for (let cut = 3; cut < whole.length; cut++) {
      const { bytes, error } = await drain(decompress(inChunks(whole.subarray(0, cut), 50)))
      expect(error, `cut at ${cut}`).toBeInstanceOf(MalformedInputError)
      expect(text.subarray(0, bytes.length)).toEqual(bytes)
      // The trailer is 8 bytes long: without it the content is still whole.
      if (cut >= whole.length - 8) expect(bytes).toEqual(text)
    }
  })

  it('loses at most 64 KiB before the place where a gzip stream is corrupt', async () => {
    const noise = Buffer.alloc(400_000)
    const random = seededRandom(1)
    for (let i = 0; i < noise.length; i++) noise[i] = random.below(256)
    const broken = gzipSync(noise)
    broken.fill(0xff, broken.length >> 1)
    const { bytes, error } = await drain(decompress(inChunks(broken, 1e6)))
    expect(error).toBeInstanceOf(MalformedInputError)
    expect((error as MalformedInputError).offset).toBeGreaterThan(0)
    expect((error as MalformedInputError).offset).toBeLessThanOrEqual(broken.length)
    expect(bytes.length).toBeGreaterThan(noise.length / 2 - 2 * 65536)
    // What stands at the damage itself may decode to anything, what stands well before it may not.
    const sure = Math.min(bytes.length, noise.length / 2 - 65536)
    expect(bytes.subarray(0, sure)).toEqual(noise.subarray(0, sure))
  })

  it('gives a result or a named error for anything after the magic bytes', async () => {
    const magic = fc.constantFrom([0x1f, 0x8b, 8], [0x28, 0xb5, 0x2f, 0xfd], [0x50, 0x2a, 0x4d, 0x18])
    await fc.assert(
      fc.asyncProperty(magic, fc.uint8Array({ maxLength: 300 }), async (start, rest) => {
        const { error } = await drain(decompress(inChunks(Buffer.from([...start, ...rest]), 64)))
        const known = error instanceof MalformedInputError || error instanceof LimitExceededError
        expect(error === null || known, String(error)).toBe(true)
      }),
      { numRuns: 2000 },
    )
  })

  it('stops a bomb at its cap, in constant memory', async () => {
    const zeros = gzipSync(Buffer.alloc(16 * 1024 ** 2), { level: 9 })
    async function* gigabyte() {
      for (let i = 0; i < 64; i++) yield zeros
    }
    let total = 0
    let largest = 0
    const before = process.memoryUsage().rss
    const read = async (maxBytes: number) => {
      total = 0
      for await (const chunk of decompress(gigabyte(), { maxBytes })) {
        total += chunk.length
        largest = Math.max(largest, process.memoryUsage().rss)
      }
    }
    await read(2 ** 31)
    expect(total).toBe(1024 ** 3)
    await expect(read(600_000_001)).rejects.toThrow(LimitExceededError)
    expect(total).toBe(600_000_001)
    expect(largest - before).toBeLessThan(150 * 1024 ** 2)
  })

  it('allows exactly the cap', async () => {
    const { bytes, error } = await drain(decompress(inChunks(gzipSync(text), 99), { maxBytes: text.length }))
    expect(error).toBeNull()
    expect(bytes).toEqual(text)
  })

  it('closes its source when the reader leaves early', async () => {
    for (const content of [text, gzipSync(text)]) {
      let closed = false
      async function* source() {
        try {
          for (;;) yield content
        } finally {
          closed = true
        }
      }
      for await (const _ of decompress(source())) break
      expect(closed).toBe(true)
    }
  })
})

describe('inflateRaw', () => {
  it('stops at the end of the stream', async () => {
    const { bytes, error } = await drain(inflateRaw(inChunks(deflateRawSync(text), 3)))
    expect(error).toBeNull()
    expect(bytes).toEqual(text)
  })
})

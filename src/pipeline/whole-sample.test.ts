import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { MalformedInputError, UnreadableError } from '../core/index.ts'
import { wholeSample } from './whole-sample.ts'

const bytes = Uint8Array.from({ length: 3_000_000 }, (_, i) => (i * 31) & 255)
const hash = (algorithm: string) => createHash(algorithm).update(bytes).digest('hex')

/** The bytes in chunks that all lie in the same buffer, as a source may give them. */
async function* reused(size: number, failure?: Error) {
  const buffer = new Uint8Array(size)
  for (let at = 0; at < bytes.length; at += size) {
    const part = bytes.subarray(at, at + size)
    buffer.set(part)
    yield buffer.subarray(0, part.length)
  }
  if (failure) throw failure
}

describe('wholeSample', () => {
  it.each([1000, 65_536, 4_000_000])('holds and hashes what comes in chunks of %i bytes', async (size) => {
    const whole = await wholeSample(reused(size), 'a.exe')
    expect(Buffer.compare(whole.bytes, bytes)).toBe(0)
    const hashes = { sha256: hash('sha256'), sha1: hash('sha1'), md5: hash('md5') }
    expect(whole.sample).toEqual({ ...hashes, size: 3_000_000, name: 'a.exe' })
    expect(whole).toMatchObject({ failure: null, over: false })
  })

  it.each([0, 10, 1_048_576, 2_999_999])('hashes all, but holds no more than %i bytes', async (cap) => {
    const whole = await wholeSample(reused(65_536), 'a.exe', cap)
    expect(Buffer.compare(whole.bytes, bytes.subarray(0, cap))).toBe(0)
    expect(whole.sample).toMatchObject({ sha256: hash('sha256'), size: 3_000_000 })
    expect(whole.over).toBe(true)
  })

  it('copies nothing for what lies beyond the cap', { timeout: 20_000 }, async () => {
    // A copy for each piece would come to half a terabyte.
    const large = await wholeSample(reused(4), 'a.exe', 1_500_000)
    expect(large.bytes).toHaveLength(1_500_000)
  })

  it('claims no hash of a sample whose end did not come', async () => {
    const failure = new MalformedInputError('gzip', 'the data is cut off', 9)
    const whole = await wholeSample(reused(65_536, failure), 'a.exe')
    expect(whole.bytes).toHaveLength(3_000_000)
    expect(whole.sample).toEqual({ sha256: null, sha1: null, md5: null, size: null, name: 'a.exe' })
    expect(whole.failure).toBe(failure)
  })

  it('fails with a source that cannot be read', async () => {
    const failure = new UnreadableError('a.exe', { code: 'EIO' })
    await expect(wholeSample(reused(65_536, failure), 'a.exe')).rejects.toBe(failure)
  })
})

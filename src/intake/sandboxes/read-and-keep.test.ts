import { gunzipSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { bigReport } from '../../../test/fake-sandbox.ts'
import { toyReports } from '../../../test/toy-report.ts'
import { KnownError } from '../../core/index.ts'
import { readAndKeep } from './read-and-keep.ts'

const accept = () => {}

async function* pieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array, undefined> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

/** A keep in memory, null while nothing whole is in it. */
function memoryKeep() {
  const kept: { bytes: Buffer | null } = { bytes: null }
  return {
    kept,
    async keep(chunks: AsyncIterable<Uint8Array>) {
      const parts: Uint8Array[] = []
      for await (const chunk of chunks) parts.push(chunk)
      kept.bytes = gunzipSync(Buffer.concat(parts))
    },
  }
}

describe('readAndKeep', () => {
  it('keeps what it read, for every chunking', async () => {
    await fc.assert(
      fc.asyncProperty(toyReports, fc.integer({ min: 1, max: 400 }), async ({ text, calls }, size) => {
        const bytes = Buffer.from(text)
        const { kept, keep } = memoryKeep()
        const { report, bytes: length } = await readAndKeep(pieces(bytes, size), keep, accept)
        expect(length).toBe(bytes.length)
        expect(kept.bytes).toEqual(bytes)
        expect(report.trace.length).toBe(calls.reduce((sum, { repeated }) => sum + 1 + repeated, 0))
      }),
      { numRuns: 60 },
    )
  })

  it('makes a report or a named error of any bytes, and keeps nothing of what is none', async () => {
    const [toy] = fc.sample(toyReports, { numRuns: 1, seed: 3 })
    const whole = Buffer.from(toy!.text)
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 300 }),
      fc.string().map((text) => Buffer.from(`{"info":${text}`)),
      fc.integer({ min: 0, max: whole.length }).map((cut) => whole.subarray(0, cut)),
      fc.uint8Array({ maxLength: 40 }).map((more) => Buffer.concat([whole, more])),
    )
    await fc.assert(
      fc.asyncProperty(bytes, fc.integer({ min: 1, max: 200 }), async (all, size) => {
        const { kept, keep } = memoryKeep()
        try {
          await readAndKeep(pieces(all, size), keep, accept)
          expect(kept.bytes).toEqual(Buffer.from(all))
        } catch (error) {
          expect(error).toBeInstanceOf(KnownError)
          expect(kept.bytes).toBeNull()
        }
      }),
      { numRuns: 200 },
    )
  })

  it('keeps what follows a report, which the reader leaves', async () => {
    const report = Buffer.concat([...bigReport('', 5000, 5).chunks()])
    const bytes = Buffer.concat([report, Buffer.from('{"more":1}'), Buffer.alloc(3_000_000, 0x41)])
    const { kept, keep } = memoryKeep()
    const { report: read } = await readAndKeep(pieces(bytes, 65_536), keep, accept)
    expect(read).toMatchObject({ state: 'partial', reasons: [expect.stringMatching(/follow the report/)] })
    expect(kept.bytes).toHaveLength(bytes.length)
  })

  it('lets go of its source when a report is refused or cannot be kept', async () => {
    let open = 0
    async function* source() {
      open++
      try {
        for (const chunk of bigReport('', 3_000_000).chunks()) yield chunk
      } finally {
        open--
      }
    }
    const refuse = () => {
      throw new RangeError('refused')
    }
    const { kept, keep } = memoryKeep()
    await expect(readAndKeep(source(), keep, refuse)).rejects.toThrow('refused')
    const full = async () => {
      throw new Error('disk full')
    }
    await expect(readAndKeep(source(), full, accept)).rejects.toThrow('disk full')
    expect(kept.bytes).toBeNull()
    expect(open).toBe(0)
  })

  it('does not wait for a keep that has had enough', async () => {
    const { report } = await readAndKeep(
      pieces(Buffer.concat([...bigReport('', 3_000_000).chunks()]), 65_536),
      async () => {},
      accept,
    )
    expect(report.state).toBe('complete')
  })

  it('reads without keeping', async () => {
    const big = bigReport('', 100_000)
    const { report } = await readAndKeep(pieces(Buffer.concat([...big.chunks()]), 1000), null, accept)
    expect(report.trace.length).toBe(big.calls)
  })
})

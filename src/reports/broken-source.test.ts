import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { decompress, LimitExceededError, MalformedInputError, UnreadableError } from '../core/index.ts'
import type { Report } from '../samples/index.ts'
import { readReports } from './index.ts'

const call = (i: number) => ({ api: `Call${i}`, category: 'file', status: 1, time: i, tid: 1 })
const report = JSON.stringify({
  info: { version: '2.0.7', duration: 1 },
  behavior: {
    processes: [{ pid: 1, process_name: 'a.exe', calls: Array.from({ length: 5000 }, (_, i) => call(i)) }],
  },
})
const lines = Array.from({ length: 500 }, (_, i) =>
  JSON.stringify({ id: `${i}`, label: 0, calls: [`Call${i}`] }),
).join('\n')

async function read(chunks: AsyncIterable<Uint8Array>) {
  const reports: Report[] = []
  try {
    for await (const each of readReports(chunks)) reports.push(each)
    return { reports, error: null }
  } catch (error) {
    return { reports, error }
  }
}

async function* once(bytes: Uint8Array, error?: Error) {
  yield bytes
  if (error) throw error
}

describe('a report whose source breaks off', () => {
  it('keeps what came before a cut in its compression, and says so', async () => {
    const packed = gzipSync(report)
    const { reports, error } = await read(decompress(once(packed.subarray(0, packed.length >> 1))))
    expect(error).toBeNull()
    expect(reports).toHaveLength(1)
    expect(reports[0]!.state).toBe('partial')
    expect(reports[0]!.trace.length).toBeGreaterThan(1000)
    expect(reports[0]!.trace.length).toBeLessThan(5000)
    expect(reports[0]!.reasons.join()).toMatch(
      /gzip: the data is cut off at byte \d+; what stands before is kept/,
    )
  })

  it('is partial at a cap', async () => {
    const { reports } = await read(decompress(once(gzipSync(report)), { maxBytes: 100_000 }))
    expect(reports[0]!.state).toBe('partial')
    expect(reports[0]!.reasons.join()).toContain('over the limit of 100000')
  })

  it('is partial when only what follows it is broken', async () => {
    const { reports } = await read(once(Buffer.from(report), new MalformedInputError('zip', 'checksum', 1)))
    expect(reports[0]!.trace.length).toBe(5000)
    expect(reports[0]!.state).toBe('partial')
  })

  it('is an error when nothing was read', async () => {
    for (const bytes of ['', '{"a": ']) {
      const { reports, error } = await read(once(Buffer.from(bytes), new LimitExceededError('bytes', 1)))
      expect(reports).toEqual([])
      expect(error).toBeInstanceOf(LimitExceededError)
    }
  })

  it('leaves other errors as they are', async () => {
    const { error } = await read(once(Buffer.from(report), new UnreadableError('a', { code: 'EIO' })))
    expect(error).toBeInstanceOf(UnreadableError)
  })
})

describe('a traces file whose source breaks off', () => {
  it('yields the whole lines and then the error', async () => {
    const packed = gzipSync(lines)
    const { reports, error } = await read(decompress(once(packed.subarray(0, packed.length >> 1))))
    expect(reports.length).toBeGreaterThan(50)
    expect(reports.length).toBeLessThan(500)
    expect(error).toBeInstanceOf(MalformedInputError)
    expect((error as Error).message).toContain('gzip: the data is cut off')
  })
})

import { afterEach, describe, expect, it, vi } from 'vitest'
import { fakeIo } from '../../../test/fake-io.ts'
import { doctor } from './doctor.ts'

afterEach(() => vi.unstubAllEnvs())

describe('taxon doctor', () => {
  it('finds all that taxon needs', async () => {
    const io = fakeIo()
    expect(await doctor.run([], io)).toBe(0)
    expect(io.out).toMatch(/^ok {7}Node\.js +v\d+/m)
    expect(io.out).toMatch(/^ok {7}kernels +WebAssembly SIMD in use/m)
    expect(io.out).toMatch(/^ok {7}network +\w+ in use/m)
    expect(io.out).toMatch(/^ok {7}Parquet \(DuckDB\) +DuckDB v?\d+/m)
    expect(io.out).toMatch(/^ok {7}model calls-detect +whole, SHA-256 [0-9a-f]{64}/m)
  })

  it('finds IDA Pro where it is, and complains only where it was said to be', async () => {
    vi.stubEnv('TAXON_IDA', process.execPath)
    const found = fakeIo()
    expect(await doctor.run([], found)).toBe(0)
    expect(found.out).toMatch(/^ok {7}IDA Pro +.*version 7 or newer/m)
    vi.stubEnv('TAXON_IDA', '')
    vi.stubEnv('PATH', '/nowhere')
    const none = fakeIo()
    expect(await doctor.run([], none)).toBe(0)
    expect(none.out).toMatch(/^ok {7}IDA Pro +none here and none needed/m)
    vi.stubEnv('TAXON_IDA', '/no/such/idat')
    const wrong = fakeIo()
    expect(await doctor.run([], wrong)).toBe(2)
    expect(wrong.out).toMatch(/^missing {2}IDA Pro +.*looked for \/no\/such\/idat/m)
  })

  it('says the same as JSON', async () => {
    const io = fakeIo()
    await doctor.run(['--json'], io)
    const { findings } = JSON.parse(io.out)
    expect(findings.map((each: { part: string }) => each.part)).toContain('kernels')
    expect(findings.every((each: { works: boolean }) => each.works)).toBe(true)
  })
})

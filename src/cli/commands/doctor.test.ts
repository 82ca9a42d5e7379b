import { describe, expect, it } from 'vitest'
import { fakeIo } from '../../../test/fake-io.ts'
import { doctor } from './doctor.ts'

describe('taxon doctor', () => {
  it('finds all that taxon needs', async () => {
    const io = fakeIo()
    expect(await doctor.run([], io)).toBe(0)
    expect(io.out).toMatch(/^ok {7}Node\.js +v\d+/m)
    expect(io.out).toMatch(/^ok {7}kernels +WebAssembly SIMD in use/m)
    expect(io.out).toMatch(/^ok {7}Parquet \(DuckDB\) +DuckDB v?\d+/m)
    expect(io.out).toMatch(/^ok {7}model calls-detect +whole, SHA-256 [0-9a-f]{64}/m)
  })

  it('says the same as JSON', async () => {
    const io = fakeIo()
    await doctor.run(['--json'], io)
    const { findings } = JSON.parse(io.out)
    expect(findings.map((each: { part: string }) => each.part)).toContain('kernels')
    expect(findings.every((each: { works: boolean }) => each.works)).toBe(true)
  })
})

import { readdirSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { looksLikeReport, readReports } from '../src/reports/index.ts'
import type { Report } from '../src/samples/index.ts'
import { findSources } from '../src/sources/index.ts'

const folder = resolve(import.meta.dirname, '../examples')
// A script of plain JavaScript, so that it runs without a build: no types.
const { exampleFiles } = (await import(resolve(folder, 'make.js'))) as {
  exampleFiles(): Map<string, Uint8Array>
}
const files = exampleFiles()

async function reportsOf(path: string): Promise<Report[]> {
  const reports: Report[] = []
  for await (const source of findSources([path], { recursive: true, accepts: looksLikeReport })) {
    for await (const report of readReports(source.open())) reports.push(report)
  }
  return reports
}

describe('examples', () => {
  it.each([...files.keys()])('%s is what make.js writes', (name) => {
    // Compressed bytes depend on the version of zlib, their content does not.
    const plain = (bytes: Uint8Array) => (name.endsWith('.gz') ? gunzipSync(bytes) : Buffer.from(bytes))
    expect(plain(readFileSync(resolve(folder, name))).equals(plain(files.get(name)!))).toBe(true)
  })

  it('has no report that make.js does not write', () => {
    const reports = readdirSync(resolve(folder, 'reports')).map((name) => `reports/${name}`)
    expect([...reports, 'labels.csv'].sort()).toEqual([...files.keys()].sort())
  })

  it('stays small', () => {
    for (const bytes of files.values()) expect(bytes.length).toBeLessThan(200 * 1024)
  })

  it('is read from both sandboxes, in plain and gzip', async () => {
    const reports = await reportsOf(resolve(folder, 'reports'))
    expect(reports).toHaveLength(files.size - 1)
    expect(new Set(reports.map(({ format }) => format))).toEqual(new Set(['cuckoo-2', 'cape']))
    for (const report of reports) {
      expect(report.sample.sha256).toMatch(/^[0-9a-f]{64}$/)
      const nothing = report.sample.name === 'nothing-ran.exe'
      expect(report.trace.length > 50, report.sample.name!).toBe(!nothing)
      expect(report.state).toBe(nothing ? 'partial' : 'complete')
    }
  })

  it('has a label for each sample that made calls', () => {
    const [header, ...lines] = readFileSync(resolve(folder, 'labels.csv'), 'utf8').trim().split('\n')
    expect(header).toBe('sha256,name,label,family')
    expect(lines).toHaveLength(files.size - 2)
    for (const line of lines) expect(line).toMatch(/^[0-9a-f]{64},[a-z-]+\.exe,(benign|malicious),$/)
  })
})

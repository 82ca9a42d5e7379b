import { execFileSync } from 'node:child_process'
import { createReadStream, readdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { createGunzip } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { pythonWith } from '../../test/python.ts'
import { sharedData } from '../../test/shared-data.ts'
import type { Report } from '../samples/index.ts'
import { readReports } from './index.ts'

const COUNT_CALLS = resolve(import.meta.dirname, '../../test/count-calls.py')
const folders = ['cape', 'cuckoo', 'speakeasy'].map((name) => sharedData(`reports/${name}`))
const files = folders.flatMap((folder) =>
  folder ? readdirSync(folder).map((file) => join(folder, file)) : [],
)

async function read(file: string): Promise<Report[]> {
  const reports: Report[] = []
  for await (const report of readReports(createReadStream(file).pipe(createGunzip()))) reports.push(report)
  return reports
}

/** The count of each file by test/count-calls.py, or null where there is no Python. */
function countByPython(): Map<string, number> | null {
  const python = pythonWith('json')
  if (python === null) return null
  const out = execFileSync(python, [COUNT_CALLS, ...files], { encoding: 'utf8' })
  return new Map(out.split('\n').map((line) => [line.split('\t')[0]!, Number(line.split('\t')[1])]))
}

describe.skipIf(files.length === 0)('the real reports', () => {
  it('are 28', () => {
    expect(files.length).toBe(28)
  })

  it('have as many calls as an independent script counts', async () => {
    const counts = countByPython()
    if (!counts) return
    for (const file of files) {
      const [report, ...others] = await read(file)
      expect(others, file).toEqual([])
      const { kind, length } = report!.trace
      expect(kind === 'sequence' ? length : 0, file).toBe(counts.get(file))
    }
  })
})

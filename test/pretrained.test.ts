import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { main } from '../src/cli/main.ts'
import { classify } from '../src/pipeline/index.ts'
import type { Outcome } from '../src/samples/index.ts'
import { fakeIo } from './fake-io.ts'
import { sharedData } from './shared-data.ts'

const root = resolve(import.meta.dirname, '..')
const folder = join(root, 'pretrained')
const model = 'pretrained/calls-detect.safetensors'

describe('calls-detect', () => {
  it('is what its data and recipe give, byte for byte', { timeout: 300_000 }, () => {
    const data = sharedData('malbehavd-v1.jsonl.gz')
    if (!data) return
    const out = mkdtempSync(join(tmpdir(), 'taxon-pretrained-'))
    try {
      execFileSync(process.execPath, [join(folder, 'build.js'), dirname(data), out])
      const built = readFileSync(join(out, 'calls-detect.safetensors'))
      expect(built.equals(readFileSync(join(root, model)))).toBe(true)
    } finally {
      rmSync(out, { recursive: true })
    }
  })

  it('has a card that tells what the file tells', async () => {
    const io = fakeIo()
    expect(await main(['model', 'show', model], io)).toBe(0)
    expect(readFileSync(join(folder, 'calls-detect.md'), 'utf8')).toContain(`\`\`\`\n${io.out}\`\`\``)
  })
})

describe('the shipped model on real reports', () => {
  const reports = sharedData('reports')
  const outcomes = reports === null ? null : all(reports)

  async function all(path: string): Promise<Outcome[]> {
    const found: Outcome[] = []
    for await (const outcome of classify([path], { recursive: true })) found.push(outcome)
    return found
  }

  it.skipIf(!outcomes)('reads all 28 without an error', async () => {
    const found = await outcomes!
    expect(found).toHaveLength(28)
    expect(found.filter((each) => 'error' in each)).toEqual([])
  })

  it.skipIf(!outcomes)('calls no labelled ransomware benign and finds most of it', async () => {
    const verdicts = (await outcomes!).flatMap((each) =>
      'verdict' in each && each.sample.path.includes('mlran__') ? [each.verdict] : [],
    )
    expect(verdicts).toHaveLength(8)
    expect(verdicts).not.toContain('benign')
    expect(verdicts.filter((verdict) => verdict === 'malicious').length).toBeGreaterThanOrEqual(5)
  })

  it.skipIf(!outcomes)('does not call fsutil malicious', async () => {
    const fsutil = (await outcomes!).find((each) => each.sample.path.includes('55dcd38773f4104b'))
    expect(fsutil).toMatchObject({ verdict: 'unknown', state: 'abstained' })
  })

  it.skipIf(!outcomes)('says neither of a report without calls', async () => {
    const empty = (await outcomes!).filter((each) => 'verdict' in each && each.probability === null)
    expect(empty).toHaveLength(3)
    for (const each of empty) expect(each).toMatchObject({ verdict: 'unknown', state: 'partial' })
  })
})

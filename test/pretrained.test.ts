import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { main } from '../src/cli/main.ts'
import { openCorpus, stratifiedGroupFolds } from '../src/corpus/index.ts'
import { findRecipe, fitRecipe } from '../src/models/index.ts'
import { classify, importCorpus } from '../src/pipeline/index.ts'
import { judge } from '../src/pipeline/judge.ts'
import { learningTask, taskTraces } from '../src/pipeline/learning-task.ts'
import type { Outcome } from '../src/samples/index.ts'
import { callReport } from './detector.ts'
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
    expect(io.out).toMatch(/^TPR at 1 % FPR +0\.\d{3} {2}\(95 %: 0\.\d{3} to 0\.\d{3}\)$/m)
    expect(readFileSync(join(folder, 'calls-detect.md'), 'utf8')).toContain(`\`\`\`\n${io.out}\`\`\``)
  })
})

describe('what the card says of its silence', () => {
  const data = sharedData('malbehavd-v1.jsonl.gz')

  it.skipIf(!data)('is what rows kept apart show, thresholds included', { timeout: 120_000 }, async () => {
    const directory = mkdtempSync(join(tmpdir(), 'taxon-silence-'))
    try {
      await importCorpus([data!], directory, { dialect: 'cuckoo-2', kind: 'set' })
      const counts = await verdictsOutOfFold(directory)
      const [benign, malicious] = [counts.get('benign')!, counts.get('malicious')!]
      const card = readFileSync(join(folder, 'calls-detect.md'), 'utf8').replace(/\s+/g, ' ')
      expect(card).toContain(
        `of the 1,017 benign rows it called ${benign.benign} benign and ${benign.malicious} malicious, and said nothing of ${benign.unknown};`,
      )
      expect(card).toContain(
        `of the 914 malicious ones it called ${malicious.malicious} malicious and ${malicious.benign} benign, and said nothing of ${malicious.unknown}.`,
      )
    } finally {
      rmSync(directory, { recursive: true })
    }
  })

  /** Verdicts by true class on every row, each by a model that learned from the other folds, as its figures were made. */
  async function verdictsOutOfFold(directory: string) {
    const corpus = await openCorpus(directory)
    const recipe = findRecipe('calls-detect')!
    const options = { view: null, target: null, distinct: false, minGroups: 5 }
    const learning = await learningTask(recipe, corpus, options)
    const traces = await taskTraces(corpus, learning)
    corpus.close()
    const { y, classes, groups } = learning.task
    const names = Array.from(groups, String)
    const foldOf = stratifiedGroupFolds(y, names, 5, 0)
    const counts = new Map(classes.map((name) => [name, { benign: 0, malicious: 0, unknown: 0 }]))
    for (let fold = 0; fold < 5; fold++) {
      const inside = [...y.keys()].filter((row) => foldOf[row] !== fold)
      const examples = {
        traces: inside.map((row) => traces[row]),
        y: Uint32Array.from(inside, (row) => y[row]),
        classes,
        groups: inside.map((row) => names[row]),
      }
      const trained = await fitRecipe(learning.recipe, examples, { seed: 0 })
      for (const row of y.keys()) {
        if (foldOf[row] !== fold) continue
        const report = callReport([], { trace: traces[row] })
        const model = { trained, sha256: '' }
        const { verdict } = judge(report, { path: '', size: null }, [model], { features: 0, places: 0 })
        counts.get(classes[y[row]])![verdict]++
      }
    }
    return counts
  }
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

import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { main } from '../src/cli/main.ts'
import { openCorpus, stratifiedGroupFolds } from '../src/corpus/index.ts'
import { findRecipe, fitRecipe } from '../src/models/index.ts'
import { classify, type ImportCorpusOptions, importCorpus } from '../src/pipeline/index.ts'
import { judge } from '../src/pipeline/judge.ts'
import { learningTask, taskTraces } from '../src/pipeline/learning-task.ts'
import type { Outcome, Verdict } from '../src/samples/index.ts'
import { callReport } from './detector.ts'
import { fakeIo } from './fake-io.ts'
import { sharedData } from './shared-data.ts'

const root = resolve(import.meta.dirname, '..')
const folder = join(root, 'pretrained')
const [detectRows, typesRows] = [sharedData('malbehavd-v1.jsonl.gz'), sharedData('mal-api-2019-808.jsonl.gz')]

/** The card beside a model file, as one line. */
function cardText(model: string): string {
  return readFileSync(join(folder, `${model}.md`), 'utf8').replace(/\s+/g, ' ')
}

describe('the shipped models', () => {
  it.skipIf(!detectRows || !typesRows)(
    'are what their data and recipes give, byte for byte',
    { timeout: 300_000 },
    () => {
      const out = mkdtempSync(join(tmpdir(), 'taxon-pretrained-'))
      try {
        execFileSync(process.execPath, [join(folder, 'build.js'), dirname(detectRows!), out])
        const built = readdirSync(out)
        expect(built).toEqual(readdirSync(folder).filter((name) => name.endsWith('.safetensors')))
        for (const name of built) {
          expect(readFileSync(join(out, name)).equals(readFileSync(join(folder, name))), name).toBe(true)
        }
      } finally {
        rmSync(out, { recursive: true })
      }
    },
  )

  it.each([
    ['calls-detect', /^TPR at 1 % FPR +0\.\d{3} {2}\(95 %: 0\.\d{3} to 0\.\d{3}\)$/m],
    ['calls-types', /^macro F1 +0\.\d{3} {2}\(95 %: 0\.\d{3} to 0\.\d{3}\)$/m],
  ])('%s has a card that tells what the file tells', async (model, figure) => {
    const io = fakeIo()
    expect(await main(['model', 'show', `pretrained/${model}.safetensors`], io)).toBe(0)
    expect(io.out).toMatch(figure)
    expect(readFileSync(join(folder, `${model}.md`), 'utf8')).toContain(`\`\`\`\n${io.out}\`\`\``)
  })

  it('stay small', () => {
    for (const name of readdirSync(folder)) expect(statSync(join(folder, name)).size).toBeLessThan(400_000)
  })
})

describe('what the cards say of silence is what rows kept apart show, thresholds included', () => {
  it.skipIf(!detectRows)('calls-detect', { timeout: 120_000 }, async () => {
    const counts = new Map(
      ['benign', 'malicious'].map((name) => [name, { benign: 0, malicious: 0, unknown: 0 }]),
    )
    await outOfFold('calls-detect', detectRows!, { kind: 'set' }, (name, { verdict }) => {
      counts.get(name)![verdict]++
    })
    const [benign, malicious] = [counts.get('benign')!, counts.get('malicious')!]
    const card = cardText('calls-detect')
    expect(card).toContain(
      `of the 1,017 benign rows it called ${benign.benign} benign and ${benign.malicious} malicious, and said nothing of ${benign.unknown};`,
    )
    expect(card).toContain(
      `of the 914 malicious ones it called ${malicious.malicious} malicious and ${malicious.benign} benign, and said nothing of ${malicious.unknown}.`,
    )
  })

  it.skipIf(!typesRows)('calls-types', { timeout: 120_000 }, async () => {
    const counts = new Map<string, { rows: number; named: number; right: number }>()
    const of = (name: string) => {
      const found = counts.get(name) ?? { rows: 0, named: 0, right: 0 }
      counts.set(name, found)
      return found
    }
    const labels = categoriesOf(typesRows!)
    await outOfFold('calls-types', typesRows!, { labels }, (name, { category }) => {
      of(name).rows++
      if (category === null) return
      of(category).named++
      if (category === name) of(category).right++
    })
    rmSync(dirname(labels), { recursive: true })
    const sum = (what: 'rows' | 'named' | 'right') =>
      [...counts.values()].reduce((total, each) => total + each[what], 0)
    const card = cardText('calls-types')
    const [rows, named, wrong] = [sum('rows'), sum('named'), sum('named') - sum('right')]
    expect(card).toContain(
      `of the ${rows} rows it named ${named} (${((named / rows) * 100).toFixed(0)} %), ${wrong} of them wrongly (${((wrong / named) * 100).toFixed(0)} %)`,
    )
    for (const [name, { rows, named, right }] of counts) {
      expect(card).toContain(`| ${name} | ${rows} | ${named} | ${right} |`)
    }
  })

  /** A labels file for rows that call types of malware families, in a folder of its own. */
  function categoriesOf(path: string): string {
    const rows = gunzipSync(readFileSync(path)).toString().trim().split('\n')
    const records = rows.map((row) => {
      const { id, family } = JSON.parse(row) as { id: string; family: string }
      return `${id},1,${family}`
    })
    const labels = join(mkdtempSync(join(tmpdir(), 'taxon-labels-')), 'labels.csv')
    writeFileSync(labels, ['id,label,category', ...records].join('\n'))
    return labels
  }

  /** The verdict on every row by a model that learned from the other folds, as the figures on its card were made. */
  async function outOfFold(
    name: string,
    path: string,
    how: ImportCorpusOptions,
    tell: (trueClass: string, verdict: Verdict) => void,
  ): Promise<void> {
    const directory = mkdtempSync(join(tmpdir(), 'taxon-silence-'))
    try {
      await importCorpus([path], directory, { dialect: 'cuckoo-2', ...how })
      const corpus = await openCorpus(directory)
      const options = { view: null, target: null, distinct: false, minGroups: 5 }
      const learning = await learningTask(findRecipe(name)!, corpus, options)
      const traces = await taskTraces(corpus, learning)
      corpus.close()
      const { y, classes, groups } = learning.task
      const names = Array.from(groups, String)
      const foldOf = stratifiedGroupFolds(y, names, 5, 0)
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
          tell(classes[y[row]], judge(report, { path: '', size: null }, [model], { features: 0, places: 0 }))
        }
      }
    } finally {
      rmSync(directory, { recursive: true })
    }
  }
})

describe('the shipped models on real reports', () => {
  const reports = sharedData('reports')
  const outcomes = reports === null ? null : all(reports)

  async function all(path: string): Promise<Outcome[]> {
    const found: Outcome[] = []
    for await (const outcome of classify([path], { recursive: true })) found.push(outcome)
    return found
  }

  it.skipIf(!outcomes)('read all 28 without an error', async () => {
    const found = await outcomes!
    expect(found).toHaveLength(28)
    expect(found.filter((each) => 'error' in each)).toEqual([])
  })

  it.skipIf(!outcomes)('call no labelled ransomware benign and find most of it', async () => {
    const verdicts = (await outcomes!).flatMap((each) =>
      'verdict' in each && each.sample.path.includes('mlran__') ? [each.verdict] : [],
    )
    expect(verdicts).toHaveLength(8)
    expect(verdicts).not.toContain('benign')
    expect(verdicts.filter((verdict) => verdict === 'malicious').length).toBeGreaterThanOrEqual(5)
  })

  it.skipIf(!outcomes)('name no type of ransomware, which is none of theirs, and say why', async () => {
    const malicious = (await outcomes!).flatMap((each) =>
      'verdict' in each && each.verdict === 'malicious' && each.sample.path.includes('mlran__') ? [each] : [],
    )
    for (const { category, reasons } of malicious) {
      expect(category).toBeNull()
      expect(reasons[0]).toMatch(/^no category is named: \d+ % for the most probable one, at least \d+ %/)
    }
  })

  it.skipIf(!outcomes)('do not call fsutil malicious', async () => {
    const fsutil = (await outcomes!).find((each) => each.sample.path.includes('55dcd38773f4104b'))
    expect(fsutil).toMatchObject({ verdict: 'unknown', state: 'abstained' })
  })

  it.skipIf(!outcomes)('say neither of a report without calls', async () => {
    const empty = (await outcomes!).filter((each) => 'verdict' in each && each.probability === null)
    expect(empty).toHaveLength(3)
    for (const each of empty) expect(each).toMatchObject({ verdict: 'unknown', state: 'partial' })
  })
})

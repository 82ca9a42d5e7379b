import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { fakeIo } from '../../../test/fake-io.ts'
import { madeUpRows, madeUpSamples } from '../../../test/made-up-rows.ts'
import { withoutSeconds } from '../../../test/without-seconds.ts'
import { importRows } from '../../corpus/index.ts'
import { evaluate } from './evaluate.ts'

let folder: string
let corpus: string
let heldOut: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'taxon-evaluate-'))
  corpus = join(folder, 'corpus')
  heldOut = join(folder, 'held-out')
  const first = madeUpSamples(120, 1)
  await importRows(corpus, madeUpRows([...first, ...first.slice(0, 30), { tokens: 'GoodCall1' }]).rows())
  await importRows(heldOut, madeUpRows([...madeUpSamples(40, 2), ...first.slice(0, 10)], 'second').rows())
})
afterAll(() => rm(folder, { recursive: true }))

async function run(argv: readonly string[], given: Parameters<typeof fakeIo>[0] = {}) {
  const io = fakeIo(given)
  const status = await evaluate.run(['naive-bayes', corpus, '--threads', '1', ...argv], io)
  return { status, out: io.out, err: io.err }
}

describe('taxon evaluate', () => {
  it('prints one JSON document with the names that programs rely on', async () => {
    const { status, out } = await run(['--json'])
    expect(status).toBe(0)
    expect(out.endsWith('\n')).toBe(true)
    const document = JSON.parse(out)
    expect(document.results).toHaveLength(1)
    const [result] = document.results
    expect(result).toMatchObject({
      recipe: 'naive-bayes',
      view: 'calls',
      target: 'malicious',
      rows: 150,
      groups: 120,
      duplicates: 30,
      folds: 5,
      seeds: [0],
      leftOut: { unlabelled: 1 },
      test: null,
      prior: null,
    })
    expect(result.accuracy).toBeGreaterThan(0.8)
    expect(result.classes.map((each: object) => Object.keys(each))).toEqual(
      Array(2).fill(['name', 'precision', 'recall', 'f1', 'support']),
    )
    for (const name of ['weightedF1', 'macroF1', 'auc', 'brier', 'calibrationError']) {
      expect(result[name]).toBeGreaterThanOrEqual(0)
      expect(result[name]).toBeLessThanOrEqual(1)
    }
    expect(result.intervals.accuracy[0]).toBeLessThan(result.accuracy)
    expect(result.intervals.accuracy[1]).toBeGreaterThan(result.accuracy)
    expect(result.randomSplit.sameAsGrouped).toBe(false)
    expect(document.corpus).toMatch(/^[0-9a-f]{64}$/)
  })

  it('sees no more than the first tokens of sequences with --limit', async () => {
    const ordered = join(folder, 'ordered')
    const samples = madeUpSamples(120, 1).map((sample) => ({ ...sample, kind: 'sequence' }) as const)
    await importRows(ordered, madeUpRows(samples).rows())
    const groupsWithin = async (limit: string) => {
      const io = fakeIo()
      await evaluate.run(['naive-bayes', ordered, '--threads', '1', '--json', '--limit', limit], io)
      return JSON.parse(io.out).results[0].groups
    }
    expect(await groupsWithin('12')).toBe(120)
    expect(await groupsWithin('1')).toBeLessThanOrEqual(24)
  })

  it('gives the same bytes on one thread and on two, but for the time it took', async () => {
    const one = await run(['--json', '--repeat', '2'])
    const two = await run(['--json', '--repeat', '2', '--threads', '2'])
    expect(withoutSeconds(two.out)).toBe(withoutSeconds(one.out))
    const [{ seconds }] = JSON.parse(one.out).results
    expect(seconds.trainings).toBe(10)
    for (const name of ['train', 'perTraining', 'per1000Rows']) expect(seconds[name]).toBeGreaterThan(0)
    expect(JSON.parse(one.out).results[0].seeds).toEqual([0, 1])
    expect(JSON.parse(one.out).results[0].sd.accuracy).toBeGreaterThanOrEqual(0)
  })

  it('shows people a table, its classes and what to know of it', async () => {
    const { out } = await run(['--repeat', '2', '--prior', '0.01'])
    const lines = out.split('\n')
    expect(lines[0]).toBe(
      'malicious or benign, by calls: 150 rows, 120 distinct; 5 folds, no input on both sides, 2 seeds',
    )
    expect(lines[2]).toMatch(/^recipe +accuracy +weighted P +R +F1 +macro P +R +F1 +training +1,000 rows$/)
    expect(lines[3]).toMatch(/^naive-bayes( +(\.\d{3}|1\.000)){7} +[\d.]+ m?s +[\d.]+ m?s$/)
    expect(lines[4]).toMatch(/^( +±\.\d{3}){7}$/)
    expect(lines[6]).toMatch(/^recipe +ROC AUC +sd over seeds +precision at 1 % malware +random split$/)
    expect(out).toMatch(
      /^silent where least sure +errors ≤ 10 % +≤ 5 % +≤ 1 % +surest 50 % +80 % +90 % +risk area$/m,
    )
    expect(out).toMatch(/^benign +\S+ ± \S+ +\S+ ± \S+ +\S+ ± \S+ +75$/m)
    expect(out).toContain('Rows that repeat the input of another, as the recipe sees it: 30.')
    expect(out).toContain(
      'TPR at 1 % and 0.1 % FPR: not estimable, fewer than ten of 75 benign rows lie at that rate.',
    )
    expect(out).toContain('Where 1 % of samples are malware, a probability of .500 means .010')
    expect(out).toContain('Left out: 1 row without a label for malicious.')
    expect(out).toContain('Random split: accuracy where folds may test on an input that was learned.')
    expect(out).not.toContain('\x1b')
    expect(out).not.toMatch(/ $/m)
  })

  it('dims what flatters, on a terminal', async () => {
    const { out } = await run([], { colour: true })
    const dimmed = out.split('\x1b[2m').map((text) => text.split('\x1b')[0])
    expect(dimmed.filter((text) => /^(\.\d{3}|1\.000)$/.test(text))).toHaveLength(1)
  })

  it('keeps one row of each input, where a random split is the same thing', async () => {
    const { out } = await run(['--distinct'])
    expect(out).toContain('120 distinct inputs')
    expect(out).toContain('a random split is the same thing')
    expect(out).toContain('Left out: 30 rows, of an input that another row has.')
  })

  it('tests on a held-out corpus and tells the rows apart that were learned', async () => {
    const { out } = await run(['--test', heldOut, '--json'])
    const [result] = JSON.parse(out).results
    expect(result).toMatchObject({ rows: 50, folds: null, randomSplit: null })
    expect(result.test).toMatchObject({ seen: 10, training: { rows: 150, groups: 120 } })
    expect(result.test.unseen.rows).toBe(40)
    expect(JSON.parse(out).testCorpus).toMatch(/^[0-9a-f]{64}$/)
    const table = (await run(['--test', heldOut])).out
    expect(table).toContain('learned from 150 rows, tested on another corpus')
    expect(table).toContain('Test rows whose input was learned: 10; "unseen" leaves them out.')
  })

  it('compares recipes on the same rows', async () => {
    const io = fakeIo()
    const recipes = ['naive-bayes', 'bernoulli']
    await evaluate.run([...recipes, corpus, '--threads', '1', '--no-random-split', '--target', 'family'], io)
    expect(io.out).toContain('which family, by calls')
    expect(io.out).toMatch(/^bernoulli against naive-bayes: accuracy [+−.]/m)
    expect(io.out).not.toContain('random split')
  })

  it('prints CSV with a line of titles', async () => {
    const { out } = await run(['--csv'])
    const [titles, line, end] = out.split('\r\n')
    expect(titles.split(',').slice(0, 7)).toEqual('recipe,view,target,rows,groups,folds,seeds'.split(','))
    expect(line.split(',')).toHaveLength(titles.split(',').length)
    expect(line).toMatch(/^naive-bayes,calls,malicious,150,120,5,0,/)
    expect(end).toBe('')
  })

  it('prints the table and writes it, as the ending of the file says', async () => {
    const [md, csv, json] = ['t.md', 't.CSV', 't.json'].map((name) => join(folder, name))
    const { out } = await run(['-o', md])
    expect(out).toMatch(/^malicious or benign, by calls/)
    const text = await readFile(md, 'utf8')
    expect(text).toMatch(/^## malicious or benign, by calls: 150 rows/)
    expect(text).toMatch(
      /^\| recipe \| accuracy \| weighted precision \| weighted recall \|.* scoring 1,000 rows \|$/m,
    )
    expect(text).toMatch(/^\| naive-bayes \| \S+ ± \S+ \| /m)
    const printed = await run(['--json', '--output', csv])
    expect(await readFile(csv, 'utf8')).toMatch(/^recipe,view,target,.*\r\nnaive-bayes,calls,malicious,150,/)
    expect(text).toMatch(new RegExp(`^Corpus ${JSON.parse(printed.out).corpus}\\.\\n$`, 'm'))
    expect(JSON.parse(printed.out).results).toHaveLength(1)
    const both = await run(['--json', '-o', json, '--test', heldOut])
    expect(await readFile(json, 'utf8')).toBe(both.out)
  })

  it('has printed what could not be written', async () => {
    const io = fakeIo()
    const path = join(folder, 'absent', 't.md')
    await expect(
      evaluate.run(['naive-bayes', corpus, '--threads', '1', '--no-random-split', '-o', path], io),
    ).rejects.toThrow('cannot be written')
    expect(io.out).toContain('naive-bayes')
  })

  it('tells the progress', async () => {
    const told: number[] = []
    await run(['--no-random-split'], {
      progress: () => ({ update: (done) => void told.push(done), done() {} }),
    })
    expect(told).toEqual([0, 1, 2, 3, 4, 5])
  })

  it.each([
    [['--folds', '1'], '--folds'],
    [['--prior', '1'], '--prior'],
    [['--prior', '2'], '--prior'],
    [['--repeat', 'x'], '--repeat'],
    [['--view', 'opcodes'], 'the corpus has no rows of it'],
    [['--view', 'bytes'], '--view: opcodes or calls is wanted'],
    [['--target', 'colour'], '--target'],
    [['--target', 'category'], 'do not tell two classes apart'],
    [['--folds', '100'], 'too few distinct benign inputs'],
    [['--json', '--csv'], 'not both'],
    [['-o', 'table.txt'], '--output: a name that ends in .md, .csv, .json is wanted, got "table.txt"'],
    [['-o', '.md'], '--output: a name'],
    [['--ngrams', '1-2', '-o', 'table.md'], '--output: does not go with --ngrams'],
    [['--ngrams', '1-2', '--details'], '--details: does not go with --ngrams'],
    [['--nonsense'], 'evaluate: unknown option'],
    [['--test', '/nowhere'], '/nowhere'],
  ])('refuses %j', async (argv, complaint) => {
    await expect(run(argv)).rejects.toThrow(complaint)
  })

  it('refuses a recipe that is not there, and no corpus', async () => {
    await expect(evaluate.run(['magic', corpus], fakeIo())).rejects.toThrow('recipe "magic": not built in')
    await expect(evaluate.run(['./magic.toml', corpus], fakeIo())).rejects.toThrow(
      './magic.toml: cannot be read',
    )
    await expect(evaluate.run([corpus], fakeIo())).rejects.toThrow('say which recipes')
  })

  it('stops at Ctrl-C', async () => {
    const stop = new AbortController()
    stop.abort()
    await expect(run([], { signal: stop.signal })).rejects.toThrow()
  })
})

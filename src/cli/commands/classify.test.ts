import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { BAD, COMMON, callTrace, GOOD, littleDetector } from '../../../test/detector.ts'
import { fakeIo } from '../../../test/fake-io.ts'
import { fitRecipe, parseRecipe, saveModel } from '../../models/index.ts'
import { classify } from './classify.ts'

let folder: string
let model: string

/** A report in Cuckoo 2's shape with one process that makes these calls. */
function cuckoo(names: readonly string[]): string {
  const calls = names.map((api, i) => ({ api, time: 1717617500 + i, category: 'system', status: 1, tid: 7 }))
  const processes = [{ pid: 2348, ppid: 1, process_name: 'a.exe', calls }]
  return JSON.stringify({
    info: { version: '2.0.7', score: 1 },
    target: { category: 'file', file: { sha256: 'a'.repeat(64), name: 'a.exe', size: 9 } },
    behavior: { processes, apistats: {} },
  })
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'taxon-classify-'))
  model = join(folder, 'model.safetensors')
  writeFileSync(model, saveModel(await littleDetector()))
  const put = (name: string, text: string) => writeFileSync(join(folder, name), text)
  put('bad.json', cuckoo([...COMMON, ...BAD]))
  put('good.json', cuckoo([...COMMON, ...GOOD]))
  put('short.json', cuckoo(COMMON.slice(0, 2)))
  put('broken.json', 'not a report at all')
  put('\x1b[31m.json', cuckoo([...COMMON, ...GOOD]))
  const line = (id: number) => JSON.stringify({ id: `s${id}`, calls: [...COMMON, ...(id % 2 ? BAD : GOOD)] })
  put('many.jsonl', Array.from({ length: 600 }, (_, i) => line(i)).join('\n'))
})

afterAll(() => rmSync(folder, { recursive: true, force: true }))

async function run(names: readonly string[], options: readonly string[] = []) {
  const io = fakeIo()
  const paths = names.map((name) => join(folder, name))
  const status = await classify.run([...paths, '-m', model, '--threads', '2', ...options], io)
  return { status, ...io }
}

describe('taxon classify', () => {
  it('names the model file that is none', async () => {
    const path = join(folder, 'good.json')
    await expect(run(['good.json'], ['-m', path])).rejects.toThrow(`${path}: not a model that taxon wrote`)
  })

  it('fails for each line of a traces file that is none, so that they never read as clean', async () => {
    const good = JSON.stringify({ id: 'g', dialect: 'cuckoo-2', calls: [...COMMON, ...GOOD] })
    const broken = Array.from({ length: 30 }, () => '{"id":').join('\n')
    writeFileSync(join(folder, 'lines.jsonl'), `${good}\n{oops\n${good}\n${broken}\n`)
    const { out, status } = await run(['lines.jsonl'], ['--json'])
    const lines = out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(lines.filter((line) => 'verdict' in line).map((line) => line.sample.name)).toEqual(['g', 'g'])
    const told = lines.filter((line) => 'error' in line).map((line) => line.error.message)
    expect(told).toHaveLength(21)
    expect(told[0]).toMatch(/^traces: expected a key at byte \d+$/)
    expect(told[20]).toBe('11 more lines were left out')
    expect(status).toBe(2)
  })

  it('prints one JSON object a line, in the order of the paths', async () => {
    const { out, status } = await run(['good.json', 'bad.json', 'broken.json', 'short.json'], ['--json'])
    const lines = out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(lines.map((each) => each.verdict ?? each.error.code)).toEqual([
      'benign',
      'malicious',
      'unknown-format',
      'unknown',
    ])
    const fields =
      'sample view verdict family category probability families state reasons evidence trace executable model'
    expect(Object.keys(lines[0])).toEqual(fields.split(' '))
    expect(lines[1].sample).toMatchObject({
      sha256: 'a'.repeat(64),
      name: 'a.exe',
      size: 9,
      kind: 'cuckoo-2',
    })
    expect(lines[1].evidence[0].places[0]).toMatchObject({ process: 0, pid: 2348 })
    expect(status).toBe(1)
  })

  it.each([
    [['good.json'], 0],
    [['good.json', 'short.json'], 3],
    [['short.json', 'broken.json'], 2],
    [['broken.json', 'bad.json'], 1],
    [['nowhere.json'], 2],
  ])('exits for %j with %i', async (names, want) => {
    expect((await run(names)).status).toBe(want)
  })

  it('exits with 0 whatever is found when asked to', async () => {
    expect((await run(['bad.json', 'broken.json'], ['--exit-zero'])).status).toBe(0)
  })

  it('goes on after a path that is not there, and says which', async () => {
    const { out } = await run(['nowhere.json', 'good.json'], ['--json'])
    const [failed, good] = out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(failed.error.code).toBe('unreadable')
    expect(failed.sample.path).toBe(join(folder, 'nowhere.json'))
    expect(good.verdict).toBe('benign')
  })

  it('shows people the verdict, how sure, and why, and lets no control character through', async () => {
    const { out } = await run(['bad.json', '\x1b[31m.json', 'broken.json'])
    expect(out).toMatch(/^malicious {2}\d\.\d{3} {2}.*bad\.json {2}11 calls$/m)
    expect(out).toMatch(/^ {18}\+\d\.\d\d {2}\w+ {2}at pid 2348 call \d+$/m)
    expect(out).toContain('\\x1b[31m.json')
    expect(out).not.toContain('\x1b')
    expect(out).toMatch(/\n3 samples: 1 malicious, 1 benign, 1 failed\n$/)
  })

  it('prints CSV', async () => {
    const { out } = await run(['good.json', 'broken.json'], ['--csv'])
    const lines = out.split('\r\n')
    expect(lines[0]).toBe('path,sha256,view,verdict,probability,family,category,state,tokens,reasons')
    expect(lines[1]).toMatch(/good\.json,a{64},calls,benign,0\.\d+,,,complete,11,$/)
    expect(lines[2]).toMatch(/broken\.json,,,error,/)
  })

  it('judges each line of a traces file, however many, and in order', async () => {
    const { out } = await run(['many.jsonl'], ['--json'])
    const lines = out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(lines.map((each) => each.sample.name)).toEqual(Array.from({ length: 600 }, (_, i) => `s${i}`))
  })

  it('goes down into folders only when asked to', async () => {
    await expect(run(['.'])).rejects.toThrow(/-r/)
    const { out } = await run(['.'], ['-r', '--json'])
    expect(out.trim().split('\n').length).toBeGreaterThanOrEqual(605)
  })

  it.each([
    [[], 'classify: say what'],
    [['x', '--json', '--csv'], 'classify: --json or --csv, not both'],
    [['x', '--threads', '0'], '--threads: a whole number from 1'],
    [['x', '--timeout', 'soon'], '--timeout: a whole number from 1'],
  ])('refuses %j', async (argv, message) => {
    await expect(classify.run(argv, fakeIo())).rejects.toThrow(message)
  })

  it('refuses a changed model file at once', async () => {
    const broken = join(folder, 'broken.safetensors')
    writeFileSync(broken, 'x')
    await expect(classify.run([join(folder, 'good.json'), '-m', broken], fakeIo())).rejects.toMatchObject({
      code: 'bad-model',
    })
  })

  describe('with a model of categories', () => {
    const WORM = BAD.slice(0, 3)
    const DROPPER = BAD.slice(2)

    /** A model file that learned worms from droppers by a recipe as a user may write it. */
    async function categoriesFile(name: string, errors: number, isClear = true): Promise<string> {
      const recipe = parseRecipe(
        `target = "category"\n[features]\nkind = "set"\n[model]\nC = [1, 10]\n[abstain]\nerrors = ${errors}`,
        'types',
      )
      const traces = Array.from({ length: 80 }, (_, i) => {
        const calls = (i % 2 ? WORM : DROPPER).filter((_, k) => (i >> 1) % (k + 3) !== 0)
        return callTrace([...calls, ...COMMON.filter((_, k) => (i * 7 + k * 3) % 5 !== 0)])
      })
      const y = Uint32Array.from(traces, (_, i) => (isClear ? i : i >> 1) % 2)
      const groups = traces.map((_, i) => `g${i}`)
      const trained = await fitRecipe(
        recipe,
        { traces, y, classes: ['dropper', 'worm'], groups },
        { seed: 0 },
      )
      const path = join(folder, name)
      writeFileSync(path, saveModel(trained))
      return path
    }

    const put = (name: string, calls: readonly string[]) =>
      writeFileSync(join(folder, name), cuckoo([...COMMON, ...calls]))

    it('names what the detector calls malicious, and nothing else', async () => {
      put('worm.json', WORM)
      put('dropper.json', DROPPER)
      const types = await categoriesFile('types.safetensors', 0.05)
      const { out, status } = await run(['worm.json', 'dropper.json', 'good.json'], ['-m', types])
      expect(status).toBe(1)
      const heads = out.split('\n').filter((line) => /^(malicious|benign|unknown) /.test(line))
      expect(heads[0]).toMatch(/^malicious .*worm\.json {2}worm, 9 calls$/)
      expect(heads[1]).toMatch(/^malicious .*dropper\.json {2}dropper, 9 calls$/)
      expect(heads[2]).toMatch(/^benign .*good\.json {2}11 calls$/)
    })

    it('says why where it may not name as surely as its recipe wants', async () => {
      put('worm.json', WORM)
      const types = await categoriesFile('unclear.safetensors', 0, false)
      const { out } = await run(['worm.json'], ['-m', types, '--json'])
      const verdict = JSON.parse(out)
      expect(verdict).toMatchObject({ verdict: 'malicious', category: null, family: null, state: 'complete' })
      expect(verdict.reasons).toEqual([expect.stringMatching(/^no category is named: /)])
    })
  })
})

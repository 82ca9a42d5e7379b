import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { madeUpRows, madeUpSamples } from '../../test/made-up-rows.ts'
import { sha256 } from '../core/index.ts'
import { importRows, openCorpus } from '../corpus/index.ts'
import { findRecipe, loadModel, type Recipe } from '../models/index.ts'
import { train } from './train.ts'

let folder: string
let corpus: string
const svm = findRecipe('svm')!
const bayes = findRecipe('naive-bayes')!

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'taxon-train-'))
  corpus = join(folder, 'corpus')
  const samples = madeUpSamples(120, 1)
  await importRows(corpus, madeUpRows([...samples, ...samples.slice(0, 30), { tokens: 'GoodCall1' }]).rows())
})
afterAll(() => rm(folder, { recursive: true }))

describe('train', () => {
  it('writes a model that knows what it was learned from and how well it does', async () => {
    const path = join(folder, 'detector.safetensors')
    const progress: string[] = []
    const { trained, sha256: digest } = await train(svm, corpus, path, {
      threads: 1,
      name: 'detector',
      source: 'made up',
      licence: 'CC0',
      onProgress: (done, total) => void progress.push(`${done}/${total}`),
    })
    const bytes = await readFile(path)
    expect(sha256(bytes)).toBe(digest)
    const loaded = loadModel(bytes)
    expect(loaded.card).toEqual(trained.card)
    const opened = await openCorpus(corpus)
    expect(loaded.card).toMatchObject({
      name: 'detector',
      classes: ['benign', 'malicious'],
      view: 'calls',
      dialects: ['cuckoo-2'],
      kinds: ['set'],
      rows: 150,
      rowsPerClass: [75, 75],
      groups: 120,
      seed: 0,
      corpus: await opened.digest(),
      source: 'made up',
      licence: 'CC0',
    })
    opened.close()
    expect(loaded.card.figures).toMatchObject({ folds: 5, rows: 150, groups: 120 })
    expect(loaded.card.figures!.accuracy).toBeGreaterThan(0.8)
    expect(loaded.card.figures!.accuracyLow).toBeLessThan(loaded.card.figures!.accuracy!)
    expect(progress).toEqual(['0/6', '1/6', '2/6', '3/6', '4/6', '5/6', '6/6'])
  })

  it('gives the same bytes twice and on two threads, and others for another seed', async () => {
    const bytes = async (seed: number, threads: number) => {
      const path = join(folder, `${seed}-${threads}`)
      await train(svm, corpus, path, { seed, threads, name: 'same' })
      return sha256(await readFile(path))
    }
    const first = await bytes(0, 1)
    expect(await bytes(0, 1)).toBe(first)
    expect(await bytes(0, 2)).toBe(first)
    expect(await bytes(1, 2)).not.toBe(first)
  })

  it('puts no figures on the card when not asked to evaluate', async () => {
    const { trained } = await train(bayes, corpus, join(folder, 'plain'), { threads: 1, folds: 0 })
    expect(trained.card.figures).toBeNull()
    expect(trained.card.name).toBe('naive-bayes')
  })

  it('learns families, and from one row of each input', async () => {
    const options = { threads: 1, folds: 0, target: 'family', distinct: true } as const
    const { trained } = await train(bayes, corpus, join(folder, 'families'), options)
    expect(trained.classes).toEqual(['family0', 'family1', 'family2'])
    expect(trained.card.rows).toBe(60)
  })

  it('asks for the view where the corpus has both', async () => {
    const both = join(folder, 'both')
    const samples = madeUpSamples(40, 3)
    const rows = samples.flatMap((row) => [row, { ...row, view: 'opcodes' as const }])
    await importRows(both, madeUpRows(rows).rows())
    const learn = (recipe: Recipe, view: 'opcodes' | null) =>
      train(recipe, both, join(folder, 'view'), { threads: 1, folds: 0, view })
    await expect(learn(bayes, null)).rejects.toThrow('say which view to take')
    expect((await learn(bayes, 'opcodes')).trained.card.view).toBe('opcodes')
    expect((await learn({ ...bayes, view: 'calls' }, null)).trained.card.view).toBe('calls')
    await expect(learn({ ...bayes, view: 'calls' }, 'opcodes')).rejects.toThrow('works on opcodes')
  })

  it('leaves nothing behind when it is stopped', async () => {
    const stop = new AbortController()
    const before = await readdir(folder)
    const path = join(folder, 'stopped')
    const options = {
      threads: 1,
      signal: stop.signal,
      onProgress: (done: number) => done === 3 && stop.abort(),
    }
    await expect(train(bayes, corpus, path, options as never)).rejects.toThrow()
    expect(await readdir(folder)).toEqual(before)
  })

  it('keeps the old model where the new one cannot be written', async () => {
    const path = join(folder, 'absent', 'model')
    await expect(train(bayes, corpus, path, { threads: 1, folds: 0 })).rejects.toThrow('cannot be written')
    await expect(train(bayes, corpus, corpus, { threads: 1, folds: 0 })).rejects.toThrow('cannot be written')
    expect((await readdir(folder)).filter((name) => name.endsWith('.part'))).toEqual([])
  })

  it('replaces an old model whole', async () => {
    const path = join(folder, 'old')
    await writeFile(path, 'not a model')
    await train(bayes, corpus, path, { threads: 1, folds: 0 })
    expect(loadModel(await readFile(path)).card.name).toBe('naive-bayes')
  })
})

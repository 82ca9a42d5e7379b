import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { importRows } from '../src/corpus/index.ts'
import { loadModel } from '../src/models/index.ts'
import { madeUpRows, madeUpSamples } from './made-up-rows.ts'
import { withoutSeconds } from './without-seconds.ts'

const PROGRAM = resolve(import.meta.dirname, '../bin/taxon.js')

let folder: string
let corpus: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'taxon-end-to-end-'))
  corpus = join(folder, 'corpus')
  const samples = madeUpSamples(200, 4).map((row) => ({ ...row, kind: 'sequence' as const }))
  await importRows(corpus, madeUpRows([...samples, ...samples.slice(0, 20)]).rows())
})
afterAll(() => rm(folder, { recursive: true }))

/** Runs the built program. @param interruptAfterMs sends it Ctrl-C then */
function taxon(argv: readonly string[], interruptAfterMs: number | null = null) {
  return new Promise<{ status: number | null; out: string; err: string }>((done, fail) => {
    const child = spawn(process.execPath, [PROGRAM, ...argv], { stdio: ['ignore', 'pipe', 'pipe'] })
    const text = { out: '', err: '' }
    child.stdout.on('data', (chunk) => {
      text.out += chunk
    })
    child.stderr.on('data', (chunk) => {
      text.err += chunk
    })
    const timer = interruptAfterMs === null ? null : setTimeout(() => child.kill('SIGINT'), interruptAfterMs)
    child.on('error', fail)
    child.on('close', (status) => {
      if (timer) clearTimeout(timer)
      done({ status, ...text })
    })
  })
}

describe('taxon train', () => {
  it('gives the same file, byte for byte, in another process and on another number of threads', async () => {
    const files = ['first', 'again', 'two-threads'].map((name) => join(folder, `${name}.safetensors`))
    for (const [i, threads] of ['1', '1', '2'].entries()) {
      const { status, err } = await taxon(['train', 'svm', corpus, '-o', files[i], '--threads', threads])
      expect([status, err]).toEqual([0, ''])
    }
    const [first, again, twoThreads] = await Promise.all(files.map((path) => readFile(path)))
    expect(again.equals(first)).toBe(true)
    expect(twoThreads.equals(first)).toBe(true)
    const { status, out } = await taxon(['model', 'verify', files[0]])
    expect(status).toBe(0)
    expect(out).toMatch(/^[0-9a-f]{64} {2}.*first\.safetensors: whole and sound\n$/)
    const shown = await taxon(['model', 'show', files[0]])
    expect(shown.out).toMatch(/^classes +benign 110, malicious 110$/m)
    expect(shown.out).toMatch(/^accuracy +\d\.\d{3} {2}\(95 %: \d\.\d{3} to \d\.\d{3}\)$/m)
    const card = JSON.parse((await taxon(['model', 'show', files[0], '--json'])).out).card
    expect(card).toEqual(loadModel(first).card)
  })

  it('never leaves half a file, whenever it is interrupted', async () => {
    const path = join(folder, 'interrupted.safetensors')
    for (const afterMs of [50, 200, 400, 800, 1600]) {
      const { status } = await taxon(['train', 'svm', corpus, '-o', path], afterMs)
      if (existsSync(path)) {
        expect(loadModel(await readFile(path)).card.rows).toBe(220)
        await rm(path)
      } else {
        // Before the program listens to Ctrl-C, Node itself ends on it.
        expect([130, null]).toContain(status)
      }
      expect((await readdir(folder)).filter((name) => name.endsWith('.part'))).toEqual([])
    }
  })

  it('refuses a model file with a changed byte', async () => {
    const path = join(folder, 'changed.safetensors')
    await taxon(['train', 'naive-bayes', corpus, '-o', path, '--no-evaluate'])
    const bytes = await readFile(path)
    bytes[bytes.length - 3] ^= 1
    await writeFile(path, bytes)
    for (const verb of ['verify', 'show']) {
      const { status, out, err } = await taxon(['model', verb, path])
      expect([status, out]).toEqual([2, ''])
      expect(err).toBe(`taxon: ${path}: its contents do not match its digest, it was changed or cut\n`)
    }
  })
})

describe('taxon evaluate', () => {
  it('prints the same JSON in another process and on another number of threads, but for the time it took', async () => {
    const runs = []
    for (const threads of ['1', '2', '3']) {
      runs.push(await taxon(['evaluate', 'svm', 'naive-bayes', corpus, '--json', '--threads', threads]))
    }
    expect(runs.map(({ status, err }) => [status, err])).toEqual(Array(3).fill([0, '']))
    const [first, ...others] = runs.map(({ out }) => withoutSeconds(out))
    for (const other of others) expect(other).toBe(first)
    const { results, comparisons } = JSON.parse(runs[0].out)
    expect(results.map((each: { recipe: string }) => each.recipe)).toEqual(['svm', 'naive-bayes'])
    expect(comparisons).toHaveLength(1)
  })

  it('takes a recipe that was written out and changed', async () => {
    const path = join(folder, 'mine.toml')
    const shown = await taxon(['recipes', 'show', 'naive-bayes'])
    await writeFile(path, shown.out.replace('name = "naive-bayes"', 'name = "mine"'))
    const { out, err } = await taxon(['evaluate', 'naive-bayes', path, corpus, '--no-random-split'])
    expect(err).toBe('')
    expect(out).toMatch(/^mine against naive-bayes: accuracy \.000 \(\.000 to \.000\), p = 1\.000/m)
    expect(out).not.toContain('\x1b')
  })

  it('says in one line what is wrong', async () => {
    const { status, out, err } = await taxon(['evaluate', 'svm', join(folder, 'nowhere')])
    expect([status, out]).toEqual([2, ''])
    expect(err).toMatch(/^taxon: .*nowhere.*\n$/)
  })
})

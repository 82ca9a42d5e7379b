import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { seededRandom, sha256 } from '../src/core/index.ts'

const PROGRAM = resolve(import.meta.dirname, '../bin/taxon.js')

/** A network that takes some seconds, over sequences that say something of their class. */
const RECIPE = `
kinds = ["sequence"]
[features]
steps = 60
[model]
type = "cnn-lstm"
epochs = [10, 20, 30]
patience = 0
units = 24
rate = 0.005
`

function tracesLines(): string {
  const random = seededRandom(5)
  const lines = Array.from({ length: 300 }, (_, i) => {
    const calls = Array.from({ length: 60 }, () => `Call${random.below(3) === 0 ? i % 2 : random.below(20)}`)
    return JSON.stringify({ id: `row${i}`, label: i % 2, family: null, calls })
  })
  return `${lines.join('\n')}\n`
}

interface Stop {
  readonly signal: NodeJS.Signals
  /** Counted from the first checkpoint on. */
  readonly afterMs: number
}

describe('a training that is stopped', () => {
  let folder: string
  let corpus: string
  let recipe: string
  let whole: string

  /** Runs the built program; with `stop`, sends it a signal some time after `checkpoints` has appeared. */
  function taxon(argv: readonly string[], stop?: Stop & { readonly checkpoints: string }) {
    return new Promise<{ status: number | null; err: string }>((done) => {
      const child = spawn(process.execPath, [PROGRAM, ...argv], { stdio: ['ignore', 'ignore', 'pipe'] })
      let err = ''
      child.stderr.on('data', (chunk) => {
        err += chunk
      })
      const watch = setInterval(() => {
        if (!stop || !existsSync(stop.checkpoints)) return
        clearInterval(watch)
        setTimeout(() => child.kill(stop.signal), stop.afterMs)
      }, 5)
      child.on('close', (status) => {
        clearInterval(watch)
        done({ status, err })
      })
    })
  }

  function train(output: string, threads: number, stop?: Stop) {
    const argv = ['train', recipe, corpus, '-o', output, '--no-evaluate', '--threads', String(threads)]
    return taxon(argv, stop && { ...stop, checkpoints: `${output}.checkpoint` })
  }

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'taxon-resume-'))
    corpus = join(folder, 'corpus')
    recipe = join(folder, 'network.toml')
    const traces = join(folder, 'traces.jsonl')
    writeFileSync(recipe, RECIPE)
    writeFileSync(traces, tracesLines())
    expect(await taxon(['corpus', 'import', traces, '-o', corpus])).toMatchObject({ status: 0 })
    const output = join(folder, 'whole.safetensors')
    expect(await train(output, 1)).toEqual({ status: 0, err: '' })
    whole = sha256(readFileSync(output))
    expect(existsSync(`${output}.checkpoint`)).toBe(false)
  })
  afterAll(() => rmSync(folder, { recursive: true }))

  it('by kill -9, again and again, ends with the bytes of one that nobody stopped', async () => {
    const output = join(folder, 'killed.safetensors')
    const random = seededRandom(8)
    let killed = 0
    for (let tries = 0; tries < 4; tries++) {
      const { status } = await train(output, 1 + (tries % 2), {
        signal: 'SIGKILL',
        afterMs: random.below(400),
      })
      if (status === 0) break
      killed++
      expect(existsSync(output)).toBe(false)
    }
    expect(killed).toBeGreaterThan(0)
    expect(await train(output, 2)).toEqual({ status: 0, err: '' })
    expect(sha256(readFileSync(output))).toBe(whole)
    expect(existsSync(`${output}.checkpoint`)).toBe(false)
  })

  it('by Ctrl-C says where it goes on, and ends with the same bytes', async () => {
    const output = join(folder, 'interrupted.safetensors')
    const stopped = await train(output, 2, { signal: 'SIGINT', afterMs: 100 })
    expect(stopped).toEqual({
      status: 130,
      err: `stopped; the same command goes on from ${output}.checkpoint\n`,
    })
    expect(existsSync(output)).toBe(false)
    expect(await train(output, 1)).toEqual({ status: 0, err: '' })
    expect(sha256(readFileSync(output))).toBe(whole)
  })
})

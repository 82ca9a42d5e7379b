import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { zipAesPart, zipOf } from '../../test/archives.ts'
import { withFolder } from '../../test/corpus-rows.ts'
import { madeUpElf, madeUpPe, X86_CODE } from '../../test/made-up-executables.ts'
import { seededRandom } from '../core/index.ts'
import { corpusLines, describeCorpus, importCorpus } from './index.ts'

const bin = resolve(import.meta.dirname, '../../bin/taxon.js')
const hash = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')

const lockOf = (corpus: string) => {
  const path = join(corpus, 'lock')
  return existsSync(path) ? readFileSync(path, 'utf8') : ''
}

/** A PE file whose code no other number has: X86_CODE, and pushes of the number's bits. */
function numbered(number: number): Uint8Array {
  const bits = Uint8Array.from({ length: 16 }, (_, i) => (number & (1 << i) ? 0x50 : 0x58))
  return madeUpPe({ sections: [{ bytes: Buffer.concat([X86_CODE, bits, Uint8Array.of(0xc3)]) }] })
}

/** A folder of `count` executables, every fourth in a password zip, with a few things that are none, and their labels. */
function makeSamples(folder: string, count: number): { samples: string; labels: string } {
  const samples = join(folder, 'samples')
  mkdirSync(join(samples, 'deeper'), { recursive: true })
  const lines = ['sha256,label,family']
  for (let i = 0; i < count; i++) {
    const bytes = numbered(i)
    const name = join(samples, i % 3 === 0 ? 'deeper' : '.', `${i}.bin`)
    if (i % 4 === 0) writeFileSync(`${name}.zip`, zipOf([zipAesPart(`${i}.exe`, bytes, 'infected')]))
    else writeFileSync(name, bytes)
    lines.push(`${hash(bytes)},${i % 2},${i % 2 ? 'Worm' : ''}`)
  }
  writeFileSync(join(samples, 'dos.exe'), Buffer.concat([Buffer.from('MZ'), Buffer.alloc(200)]))
  writeFileSync(join(samples, 'readme.txt'), 'words')
  const labels = join(folder, 'labels.csv')
  writeFileSync(labels, lines.join('\n'))
  return { samples, labels }
}

describe('importing executables', () => {
  it('makes a row of opcodes of each, labelled by its hash, and counts what it could not read', async () => {
    await withFolder(async (folder) => {
      const { samples, labels } = makeSamples(folder, 12)
      const elf = madeUpElf({ wide: true })
      writeFileSync(join(samples, 'linux'), elf)
      const corpus = join(folder, 'corpus')
      const result = await importCorpus([samples], corpus, { labels, threads: 2 })
      expect(result).toMatchObject({ added: 13, files: 13, unlabelled: 1, passedOver: 1, interrupted: false })
      expect(result.skipped.total).toBe(1)
      expect(result.skipped.first[0]).toMatchObject({ path: join(samples, 'dos.exe') })
      const lines: Record<string, unknown>[] = []
      for await (const line of corpusLines(corpus)) lines.push(JSON.parse(line))
      const byId = new Map(lines.map((line) => [line.id, line]))
      expect(byId.get(hash(numbered(5)))).toMatchObject({ label: 1, family: 'Worm', dialect: 'pe-x86' })
      expect(byId.get(hash(numbered(8)))).toMatchObject({ label: 0, family: null })
      expect(byId.get(hash(elf))).toMatchObject({ dialect: 'elf-x86-64' })
      // Addresses are left to the sample itself.
      expect(JSON.stringify(lines)).not.toContain('addresses')
      expect((await describeCorpus(corpus)).parts).toMatchObject([
        { view: 'opcodes', kind: 'sequence', rows: 13 },
      ])
    })
  })

  it('gives the same corpus whatever the threads, and adds nothing when run again', async () => {
    await withFolder(async (folder) => {
      const { samples, labels } = makeSamples(folder, 24)
      const digests = new Set<string>()
      const rows: string[] = []
      for (const threads of [1, 3]) {
        const corpus = join(folder, `corpus-${threads}`)
        await importCorpus([samples], corpus, { labels, threads })
        digests.add((await describeCorpus(corpus)).digest)
        let text = ''
        for await (const line of corpusLines(corpus)) text += line
        rows.push(text)
      }
      expect(digests.size).toBe(1)
      expect(new Set(rows).size).toBe(1)
      const again = await importCorpus([samples], join(folder, 'corpus-3'), { labels, threads: 2 })
      expect(again).toMatchObject({ added: 0, alreadyThere: 0, filesReadBefore: 24 })
    })
  })

  it('imports reports on threads as it does without', async () => {
    await withFolder(async (folder) => {
      const inputs = join(folder, 'in')
      mkdirSync(inputs)
      const line = (i: number) =>
        JSON.stringify({ id: `s${i}`, label: i % 2, calls: ['a', `b${i % 7}`, 'a'] })
      const lines = (from: number, to: number) =>
        Array.from({ length: to - from }, (_, i) => line(from + i)).join('\n')
      // More lines than a thread may send at once, and one that is broken.
      writeFileSync(join(inputs, 'many.jsonl'), `${lines(0, 600)}\n{oops\n`)
      writeFileSync(join(inputs, 'few.jsonl'), `${lines(600, 610)}\n{oops\n${lines(610, 620)}`)
      writeFileSync(join(inputs, 'broken.json'), '{"nothing": [')
      const results = []
      for (const threads of [1, 3]) {
        const corpus = join(folder, `corpus-${threads}`)
        const { added, skipped } = await importCorpus([inputs], corpus, { threads })
        results.push({ added, skipped, digest: (await describeCorpus(corpus)).digest })
      }
      expect(results[0]).toMatchObject({ added: 620, skipped: { total: 3 } })
      expect(results[1]).toEqual(results[0])
    })
  })

  it('says of which names the labels file says two things', async () => {
    await withFolder(async (folder) => {
      const labels = join(folder, 'labels.csv')
      writeFileSync(labels, 'id,label\nx,1\ny,0\nx,0\ny,0\n')
      const lines = join(folder, 'lines.jsonl')
      writeFileSync(lines, '{"id": "x", "calls": ["a"]}\n')
      const { notices } = await importCorpus([lines], join(folder, 'corpus'), { labels, threads: 1 })
      expect(notices).toEqual(['the labels file says different things of 1 names, and the first counts: x'])
    })
  })

  it('ends what takes too long alone, and goes on', async () => {
    await withFolder(async (folder) => {
      const { samples } = makeSamples(folder, 4)
      const slow = join(samples, 'slow.jsonl')
      writeFileSync(slow, `{"id": "a", "calls": [${'"x",'.repeat(8_000_000)}"x"]}\n`)
      const result = await importCorpus([slow, samples], join(folder, 'corpus'), {
        threads: 2,
        timeoutMs: 300,
      })
      expect(result.skipped.first).toContainEqual(expect.objectContaining({ path: slow, code: 'timeout' }))
    })
  })

  it.for(['SIGKILL', 'SIGTERM'] as const)(
    'leaves a corpus that opens and goes on after %s at any moment',
    async (signal) => {
      await withFolder(async (folder) => {
        const { samples, labels } = makeSamples(folder, 80)
        const whole = join(folder, 'whole')
        await importCorpus([samples], whole, { labels, threads: 2 })
        const { digest } = await describeCorpus(whole)
        const killed = join(folder, 'killed')
        const argv = [bin, 'corpus', 'import', samples, '--labels', labels, '-o', killed, '--threads', '2']
        const random = seededRandom(7)
        const seen: number[] = []
        for (let run = 0; run < 2; run++) {
          const child = spawn(process.execPath, argv, { stdio: 'ignore' })
          let running = true
          const ended = new Promise<void>((done) => child.on('exit', () => done())).then(() => {
            running = false
          })
          // A process that was killed leaves its lock, which is not that of this one.
          const hasBegun = () =>
            lockOf(killed).includes(`${child.pid}`) && existsSync(join(killed, 'corpus.json'))
          while (running && !hasBegun()) await wait(2)
          await Promise.race([wait(random.below(700)), ended])
          child.kill(signal)
          await ended
          seen.push((await describeCorpus(killed)).rows)
        }
        // What is there stays there.
        expect(seen).toEqual([...seen].sort((a, b) => a - b))
        await importCorpus([samples], killed, { labels, threads: 2 })
        expect((await describeCorpus(killed)).digest).toBe(digest)
      })
    },
  )
})

import { spawn } from 'node:child_process'
import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join, resolve } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { row, stream, withFolder } from '../../test/corpus-rows.ts'
import { sharedData } from '../../test/shared-data.ts'
import { seededRandom, UsageError } from '../core/index.ts'
import { importRows } from '../corpus/index.ts'
import { corpusLines, describeCorpus, exportCorpus, importCorpus } from './index.ts'

const bin = resolve(import.meta.dirname, '../../bin/taxon.js')

/** A Cuckoo 2 report with a few calls, made up. */
function report(sha256: string, names: readonly string[]): string {
  return JSON.stringify({
    info: { version: '2.0.7', score: 1 },
    target: { file: { sha256, name: 'made-up.exe' } },
    behavior: {
      processes: [
        { pid: 4, ppid: 1, process_name: 'a.exe', calls: names.map((api, i) => ({ api, time: 1.6e9 + i })) },
      ],
      apistats: {},
    },
  })
}

/** The lock of a corpus, which names the process that is adding to it; '' where there is none. */
const holderOf = (corpus: string) => {
  const path = join(corpus, 'lock')
  return existsSync(path) ? readFileSync(path, 'utf8') : ''
}

const hash = (digit: string) => digit.repeat(64)

/** A folder of made-up reports in every shape that paths take. */
function makeInputs(folder: string): string {
  const inputs = join(folder, 'inputs')
  mkdirSync(join(inputs, 'deeper'), { recursive: true })
  writeFileSync(join(inputs, 'one.json'), report(hash('a'), ['NtOpenFile', 'NtClose']))
  writeFileSync(join(inputs, 'deeper', 'two.json.gz'), gzipSync(report(hash('b'), ['NtClose'])))
  const lines = [
    { id: 'x', label: 1, family: 'f', calls: ['a', 'b', 'a'] },
    { id: 'y', label: 0, api_counts: { c: 2 }, opcode_counts: { mov: 3 } },
  ]
  writeFileSync(join(inputs, 'lines.jsonl'), lines.map((line) => `${JSON.stringify(line)}\n`).join(''))
  writeFileSync(join(inputs, 'broken.json'), '{"nothing": [')
  return inputs
}

describe('importCorpus', () => {
  it('takes reports, traces files and folders, and passes over what it cannot read', async () => {
    await withFolder(async (folder) => {
      const inputs = makeInputs(folder)
      const corpus = join(folder, 'corpus')
      const result = await importCorpus([inputs], corpus)
      expect(result).toMatchObject({ added: 5, alreadyThere: 0, files: 3, unlabelled: 2, interrupted: false })
      expect(result.skipped.total).toBe(1)
      expect(result.skipped.first[0].path).toContain('broken.json')
      const info = await describeCorpus(corpus)
      expect(info.sources).toEqual([
        { name: 'lines', rows: 3 },
        { name: 'cuckoo-2', rows: 2 },
      ])
    })
  })

  it('reads only what is new or has changed when run again', async () => {
    await withFolder(async (folder) => {
      const inputs = makeInputs(folder)
      const corpus = join(folder, 'corpus')
      await importCorpus([inputs], corpus)
      const before = await describeCorpus(corpus)
      const files = readdirSync(corpus)
      expect(await importCorpus([inputs], corpus)).toMatchObject({ added: 0, files: 0, filesReadBefore: 3 })
      expect(readdirSync(corpus)).toEqual(files)
      expect(await describeCorpus(corpus)).toEqual(before)
      appendFileSync(join(inputs, 'lines.jsonl'), '{"id":"z","calls":["a"]}\n')
      utimesSync(join(inputs, 'one.json'), 1, 1)
      const again = await importCorpus([inputs], corpus)
      expect(again).toMatchObject({ added: 1, alreadyThere: 4, differing: 0, files: 2, filesReadBefore: 1 })
    })
  })

  it('labels samples by hash and by file name, and names the source', async () => {
    await withFolder(async (folder) => {
      const inputs = makeInputs(folder)
      const labels = join(folder, 'labels.csv')
      const csv = `sha256,file,label,family,first_seen\n${hash('A')},,malicious,Worm,2024-05-06\n,two.json.gz,0,,\nx,x,0,,\n`
      writeFileSync(labels, csv)
      const corpus = join(folder, 'corpus')
      const result = await importCorpus([inputs], corpus, { labels, source: 'mine', dialect: 'made-up' })
      expect(result.unlabelled).toBe(0)
      const lines: Record<string, unknown>[] = []
      for await (const line of corpusLines(corpus)) lines.push(JSON.parse(line))
      expect(lines.map(({ id, label, family, dialect }) => [id, label, family, dialect])).toEqual([
        [hash('a'), 1, 'Worm', 'made-up'],
        [hash('b'), 0, null, 'made-up'],
        ['x', 0, null, 'made-up'],
        ['y', 0, null, 'made-up'],
      ])
      expect(lines[0].first_seen).toBe('2024-05-06')
      expect((await describeCorpus(corpus)).sources).toEqual([{ name: 'mine', rows: 5 }])
    })
  })

  it('reduces traces on demand, and passes over those that know less', async () => {
    await withFolder(async (folder) => {
      const inputs = makeInputs(folder)
      const sets = join(folder, 'sets')
      await importCorpus([inputs], sets, { kind: 'set' })
      expect(new Set((await describeCorpus(sets)).parts.map(({ kind }) => kind))).toEqual(new Set(['set']))
      const sequences = await importCorpus([inputs], join(folder, 'sequences'), { kind: 'sequence' })
      expect(sequences).toMatchObject({ added: 3 })
      expect(sequences.skipped.first.map(({ message }) => message)).toContain(
        'y: a trace of kind counts cannot become a sequence',
      )
    })
  })

  it('says when it takes sequences as sets', async () => {
    await withFolder(async (folder) => {
      const path = join(folder, 'sets.jsonl')
      const names = Array.from({ length: 20 }, (_, i) => `n${i}`)
      const lines = Array.from({ length: 60 }, (_, i) => JSON.stringify({ id: i, calls: names.slice(i % 5) }))
      writeFileSync(path, lines.join('\n'))
      const { notices } = await importCorpus([path], join(folder, 'corpus'))
      expect(notices).toEqual([
        `${path}: none of the first 60 sequences repeats a token, they are taken as sets`,
      ])
    })
  })

  it('copies other corpora, and gives the same corpus from its own export', async () => {
    await withFolder(async (folder) => {
      const [first, second, third] = ['a', 'b', 'c'].map((name) => join(folder, name))
      await importCorpus([makeInputs(folder)], first)
      await importRows(second, stream([row({ id: 'other' })]))
      expect(await importCorpus([first], second)).toMatchObject({ added: 5, files: 1 })
      expect((await describeCorpus(second)).rows).toBe(6)
      const [file] = await exportCorpus(first, join(folder, 'out.jsonl'), { format: 'ndjson' })
      await importCorpus([file], third)
      expect((await describeCorpus(third)).digest).toBe((await describeCorpus(first)).digest)
      await expect(importCorpus([first], first)).rejects.toThrow(UsageError)
    })
  })

  it('hands a corpus on as one pair of Parquet files that is a shard', async () => {
    await withFolder(async (folder) => {
      const [first, second] = ['a', 'b'].map((name) => join(folder, name))
      await importCorpus([makeInputs(folder)], first)
      const out = join(folder, 'out.parquet')
      await exportCorpus(first, out, { format: 'parquet' })
      mkdirSync(second)
      cpSync(join(first, 'corpus.json'), join(second, 'corpus.json'))
      cpSync(out, join(second, 'traces-000001.parquet'))
      cpSync(join(folder, 'out.vocabulary.parquet'), join(second, 'vocabulary-000001.parquet'))
      expect((await describeCorpus(second)).digest).toBe((await describeCorpus(first)).digest)
    })
  })

  it('keeps what was read when it is stopped, and goes on', async () => {
    await withFolder(async (folder) => {
      const inputs = makeInputs(folder)
      const [whole, stopped] = ['whole', 'stopped'].map((name) => join(folder, name))
      await importCorpus([inputs], whole)
      const abort = new AbortController()
      const result = await importCorpus([inputs], stopped, {
        signal: abort.signal,
        onProgress: (rows) => rows === 2 && abort.abort(),
      })
      expect(result).toMatchObject({ added: 2, interrupted: true })
      expect((await describeCorpus(stopped)).rows).toBe(2)
      await importCorpus([inputs], stopped)
      expect((await describeCorpus(stopped)).digest).toBe((await describeCorpus(whole)).digest)
    })
  })

  it.for(['SIGKILL', 'SIGINT'] as const)(
    'leaves a corpus that opens and goes on after %s at any moment',
    async (signal, { skip }) => {
      const path = sharedData('adfa-ld.jsonl.gz')
      if (!path) return skip()
      await withFolder(async (folder) => {
        const whole = join(folder, 'whole')
        await importCorpus([path], whole, { source: 'adfa-ld' })
        const { digest, rows } = await describeCorpus(whole)
        const killed = join(folder, 'killed')
        // SIGINT stops the command itself; SIGKILL an import in small shards, so that most deaths fall into writing.
        const script = [SMALL_SHARDS, path, killed]
        const argv = signal === 'SIGINT' ? [bin, 'corpus', 'import', path, '-o', killed] : ['-e', ...script]
        const random = seededRandom(3)
        const seen: number[] = []
        for (let run = 0; run < 6; run++) {
          const child = spawn(process.execPath, argv, { stdio: 'ignore' })
          let running = true
          const ended = new Promise<void>((done) => child.on('exit', () => done())).then(() => {
            running = false
          })
          // A process that was killed leaves its lock, which is not that of this one.
          const hasBegun = () =>
            holderOf(killed).includes(`${child.pid}`) && existsSync(join(killed, 'corpus.json'))
          while (running && !hasBegun()) await wait(2)
          await Promise.race([wait(random.below(800)), ended])
          child.kill(signal)
          await ended
          if (existsSync(join(killed, 'corpus.json'))) seen.push((await describeCorpus(killed)).rows)
        }
        expect(seen.length).toBeGreaterThan(0)
        // What is there stays there.
        expect(seen).toEqual([...seen].sort((a, b) => a - b))
        await importCorpus([path], killed)
        expect(await describeCorpus(killed)).toMatchObject({ digest, rows })
        expect(readdirSync(killed).filter((name) => /tmp|lock/.test(name))).toEqual([])
      })
    },
  )
})

/** A program that imports a traces file in shards of 100 rows. */
const SMALL_SHARDS = `
  const dist = ${JSON.stringify(new URL('../../dist/', import.meta.url).href)};
  const load = (name) => import(dist + name + '/index.js');
  Promise.all(['core', 'reports', 'corpus'].map(load)).then(([core, reports, corpus]) => {
    const [path, folder] = process.argv.slice(1);
    const rows = corpus.rowsFromReports(reports.readReports(core.openChunks(path)), { path });
    return corpus.importRows(folder, rows, { shardRows: 100 });
  });
`

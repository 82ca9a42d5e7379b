import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { withFolder } from '../../../test/corpus-rows.ts'
import { UsageError } from '../../core/index.ts'
import type { Io } from '../io.ts'
import { corpus } from './corpus.ts'

/** Runs `taxon corpus` with these arguments. */
async function run(...argv: string[]) {
  let out = ''
  const io: Io = {
    stdout: async (text) => {
      out += text
    },
    stderr: () => {},
    isTTY: false,
    columns: 80,
    colour: false,
    signal: new AbortController().signal,
    progress: () => ({ update() {}, done() {} }),
  }
  const status = await corpus.run(argv, io)
  return { status, out }
}

/** 40 lines, half of them malicious, on 20 days, and the folder they are in. */
async function withLines(work: (lines: string, folder: string) => Promise<void>): Promise<void> {
  await withFolder(async (folder) => {
    const lines = Array.from({ length: 40 }, (_, i) =>
      JSON.stringify({
        id: `s${i}`,
        label: i % 2,
        family: i % 2 ? 'Worm\u001b[31m' : null,
        first_seen: `2024-01-${String((i >> 1) + 1).padStart(2, '0')}`,
        calls: ['a', `c${i}`, 'a'],
      }),
    )
    const path = join(folder, 'lines.jsonl')
    writeFileSync(path, `${lines.join('\n')}\n`)
    await work(path, folder)
  })
}

describe('taxon corpus', () => {
  it('imports, tells what is there and exports it again', async () => {
    await withLines(async (lines, folder) => {
      const directory = join(folder, 'corpus')
      const first = await run('import', lines, '-o', directory)
      expect(first.status).toBe(0)
      expect(first.out).toBe(`40 rows added to ${directory} from 1 files\n`)
      const again = await run('import', lines, '-o', directory, '--json')
      expect(JSON.parse(again.out)).toMatchObject({ added: 0, filesReadBefore: 1 })
      const { out } = await run('info', directory)
      expect(out).toContain('40 rows of 40 samples, 0 partial, first seen 2024-01-01 to 2024-01-20')
      expect(out).toContain('Worm\\x1b[31m')
      expect(out).not.toContain('\u001b')
      const info = JSON.parse((await run('info', directory, '--json')).out)
      expect(info).toMatchObject({ rows: 40, parts: [{ view: 'calls', kind: 'sequence', malicious: 20 }] })
      const exported = (await run('export', directory)).out
      expect(exported.split('\n')).toHaveLength(41)
      const file = join(folder, 'out.jsonl')
      await run('export', directory, '-o', file)
      expect(readFileSync(file, 'utf8')).toBe(exported)
      const copy = join(folder, 'copy')
      await run('import', file, '-o', copy)
      expect(JSON.parse((await run('info', copy, '--json')).out).digest).toBe(info.digest)
    })
  })

  it('exports the features of a recipe', async () => {
    await withLines(async (lines, folder) => {
      const directory = join(folder, 'corpus')
      await run('import', lines, '-o', directory)
      const path = join(folder, 'f.csv')
      const { out } = await run(
        'export',
        directory,
        '--features',
        'naive-bayes',
        '--format',
        'csv',
        '-o',
        path,
      )
      expect(out).toBe(`${path}\n`)
      expect(readFileSync(path, 'utf8').split('\r\n')).toHaveLength(42)
    })
  })

  it('splits by group and by date', async () => {
    await withLines(async (lines, folder) => {
      const directory = join(folder, 'corpus')
      await run('import', lines, '-o', directory)
      const groups = await run('split', directory, join(folder, 'a'), join(folder, 'b'), '--test', '0.25')
      expect(groups.out).toBe('30 rows to train on, 10 to test on\n')
      const sides = [join(folder, 'c'), join(folder, 'd')]
      const dates = await run('split', directory, ...sides, '--by', 'date', '--json')
      expect(JSON.parse(dates.out)).toMatchObject({
        from: '2024-01-17',
        train: { added: 32 },
        test: { added: 8 },
      })
    })
  })

  it('fails when something was passed over, and says what', async () => {
    await withLines(async (lines, folder) => {
      const broken = join(folder, 'broken.json')
      writeFileSync(broken, 'no JSON')
      const { status, out } = await run('import', lines, broken, '-o', join(folder, 'corpus'))
      expect(status).toBe(2)
      expect(out).toContain('40 rows added')
      expect(out).toContain(broken)
    })
  })

  it.each([
    ['import', 'x'],
    ['import', '-o', 'x'],
    ['import', 'x', '-o', 'y', '--kind', 'order'],
    ['info'],
    ['info', 'a', 'b'],
    ['export', 'a', '--format', 'parquet'],
    ['export', 'a', '--features', 'svm'],
    ['export', 'a', '-o', 'b', '--format', 'svmlight'],
    ['split', 'a', 'b'],
    ['split', 'a', 'b', 'c', 'd'],
    ['split', 'a', 'b', 'c', '--by', 'luck'],
    ['split', 'a', 'b', 'c', '--test', '2'],
    ['split', 'a', 'b', 'c', '--test', '0'],
    ['nothing'],
    [],
  ])('refuses corpus %s %s %s %s %s %s', async (...argv) => {
    await expect(run(...argv.filter((word) => word !== undefined))).rejects.toThrow(UsageError)
  })
})

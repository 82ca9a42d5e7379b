import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { fakeIo } from '../../test/fake-io.ts'
import { type MadeUpRow, madeUpRows } from '../../test/made-up-rows.ts'
import { importRows } from '../corpus/index.ts'
import type { CorpusSweep } from '../pipeline/index.ts'
import { sweepChart } from './chart/sweep-chart.ts'
import { evaluate } from './commands/evaluate.ts'

let folder: string
let corpus: string

/** Only the order of two calls tells the classes apart, so that pairs know what single tokens do not. */
const rows = Array.from({ length: 60 }, (_, i): MadeUpRow => {
  const noise = Array.from({ length: 5 }, (_, bit) => `Call${(i >> bit) & 1}`).join(' ')
  return {
    tokens: `${i % 2 ? 'Open Close' : 'Close Open'} ${noise} Mark${i}`,
    malicious: i % 2 ? 1 : 0,
    kind: 'sequence',
  }
})

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'taxon-evaluate-ngrams-'))
  corpus = join(folder, 'corpus')
  await importRows(corpus, madeUpRows([...rows, rows[0]]).rows())
})
afterAll(() => rm(folder, { recursive: true }))

const sweepOf = async (...argv: string[]) => {
  const io = fakeIo()
  const all = ['naive-bayes', 'svm', corpus, '--threads', '1', '--select', '20', ...argv]
  expect(await evaluate.run(all, io)).toBe(0)
  return io.out
}

describe('taxon evaluate --ngrams', () => {
  it('shows recipes by n, the best of each, and what to know of it', async () => {
    const out = await sweepOf('--ngrams', '1-2')
    expect(out).toMatch(/^malicious or benign, by n-grams of calls: 61 rows, 60 distinct; 5 folds/)
    expect(out).toMatch(/^weighted F1 +n = 1 +n = 2 +1-2$/m)
    expect(out).toMatch(/^svm +\.\d{3} +1\.000 +1\.000$/m)
    expect(out).toMatch(
      /^best +with +weighted F1 +macro F1 +accuracy +n chosen inside: weighted F1 +macro F1$/m,
    )
    expect(out).toMatch(/^svm +n = 2 +1\.000 ± \.000/m)
    expect(out).toContain('"best" is the best of 3 feature sets on these very rows, which flatters')
    expect(out).toContain('Rows with the same tokens as another, equally often: 1;')
  })

  it('prints one JSON document with the names that programs rely on', async () => {
    const found: CorpusSweep = JSON.parse(await sweepOf('--ngrams', '2-3', '--limit', '6', '--json'))
    expect(found.corpus).toMatch(/^[0-9a-f]{64}$/)
    expect(found).toMatchObject({
      view: 'calls',
      target: 'malicious',
      rows: 61,
      ranges: [
        [2, 2],
        [3, 3],
        [2, 3],
      ],
      settings: { ngrams: [2, 3], select: 20, limit: 6, folds: 5, seed: 0, distinct: false },
    })
    expect(found.cells).toHaveLength(6)
    const [cell] = found.cells
    expect(cell).toMatchObject({ recipe: 'naive-bayes', ngrams: [2, 2], rows: 61 })
    expect(cell.intervals.weightedF1).toHaveLength(2)
    expect(found.nested.map(({ recipe }) => recipe)).toEqual(['naive-bayes', 'svm'])
    expect(found.comparisons).toHaveLength(1)
  })

  it('prints one line of CSV for each recipe and range', async () => {
    const [title, ...lines] = (await sweepOf('--ngrams', '1-2', '--csv')).trimEnd().split('\n')
    expect(title).toMatch(/^recipe,shortest,longest,select,rows,groups,accuracy,accuracyLow/)
    expect(lines.map((line) => line.split(',').slice(0, 4).join(' '))).toEqual(
      ['naive-bayes', 'svm'].flatMap((name) => ['1 1', '2 2', '1 2'].map((range) => `${name} ${range} 20`)),
    )
  })

  it('draws the same figure as SVG and as PNG', async () => {
    const [svg, png] = [join(folder, 'chart.svg'), join(folder, 'chart.PNG')]
    await sweepOf('--ngrams', '1-2', '--chart', svg)
    const text = await readFile(svg, 'utf8')
    expect(text).toContain('<title>Malicious or benign, by n-grams of calls</title>')
    expect(text).toContain('taxon evaluate naive-bayes svm CORPUS --ngrams 1-2 --select 20')
    expect(text.match(/<circle/g)).toHaveLength(6)
    await sweepOf('--ngrams', '1-2', '--chart', png)
    const bytes = await readFile(png)
    expect([bytes.readUInt32BE(16), bytes.readUInt32BE(20)]).toEqual([1920, 1200])
  })

  it.each([
    [['--ngrams', '0-3'], '--ngrams: a length or a range from 1 to 10 is wanted'],
    [['--ngrams', '3-2'], '--ngrams'],
    [['--ngrams', '1-11'], '--ngrams'],
    [['--ngrams', 'two'], '--ngrams'],
    [['--ngrams', '2', '--select', '0'], '--select'],
    [['--ngrams', '2', '--test', 'other'], '--test: does not go with --ngrams'],
    [['--ngrams', '2', '--repeat', '2'], '--repeat: does not go with --ngrams'],
    [['--ngrams', '2', '--prior', '.1'], '--prior: does not go with --ngrams'],
    [['--ngrams', '2', '--chart', 'chart.gif'], '--chart: a name that ends in .svg or .png is wanted'],
    [['--chart', 'chart.svg'], '--chart: works with --ngrams only'],
    [['--limit', '0'], '--limit'],
    [['--ngrams', '2', '--view', 'opcodes'], 'and the corpus has no rows of it'],
  ])('refuses %j before it writes anything', async (argv, complaint) => {
    const io = fakeIo()
    await expect(evaluate.run(['naive-bayes', corpus, ...argv], io)).rejects.toThrow(complaint)
    expect(io.out).toBe('')
    expect(existsSync('chart.svg')).toBe(false)
  })
})

describe('sweepChart', () => {
  it('keeps the names of recipes apart and in the picture where all do equally well', async () => {
    const found: CorpusSweep = JSON.parse(await sweepOf('--ngrams', '1-2', '--json'))
    const many = Array.from({ length: 8 }, (_, i) =>
      found.cells.slice(3).map((cell) => ({ ...cell, recipe: `r${i}` })),
    )
    const { marks, height, width } = sweepChart({ ...found, cells: many.flat() })
    const names = marks.flatMap((mark) =>
      mark.kind === 'words' && /^r\d$/.test(mark.text) ? [mark.at[1]] : [],
    )
    expect(names).toHaveLength(8)
    for (let i = 1; i < 8; i++) expect(names[i] - names[i - 1]).toBeGreaterThanOrEqual(30)
    for (const mark of marks) {
      for (const [x, y] of mark.kind === 'words' ? [mark.at] : mark.points) {
        expect(x >= 0 && x <= width && y >= 0 && y <= height).toBe(true)
      }
    }
  })
})

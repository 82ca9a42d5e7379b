import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { row, stream, withFolder } from '../../test/corpus-rows.ts'
import { UnwritableError, UsageError } from '../core/index.ts'
import { importRows } from '../corpus/index.ts'
import { findRecipe } from '../models/index.ts'
import { exportCorpus } from './index.ts'

const recipe = findRecipe('naive-bayes')!

/** A corpus of labelled calls, one row unlabelled, and of one opcode row. */
async function withCorpus(work: (corpus: string, folder: string) => Promise<void>): Promise<void> {
  await withFolder(async (folder) => {
    const corpus = join(folder, 'corpus')
    const rows = [
      row({ id: 'a', names: ['x', 'y', 'y'], malicious: 1 }),
      row({ id: 'b', names: ['y', 'z'], malicious: 0 }),
      row({ id: 'c', names: ['z', 'x'], malicious: null }),
      row({ id: 'd', names: ['=z', 'x'], malicious: 0 }),
      row({ id: 'd', view: 'opcodes', names: ['mov'], malicious: 0 }),
    ]
    await importRows(corpus, stream(rows))
    await work(corpus, folder)
  })
}

const linesOf = (path: string) => readFileSync(path, 'utf8').split(/\r?\n/).slice(0, -1)

describe('exportCorpus', () => {
  it('writes the features of labelled rows as svmlight, with what belongs to it', async () => {
    await withCorpus(async (corpus, folder) => {
      const path = join(folder, 'f.svm')
      const files = await exportCorpus(corpus, path, { format: 'svmlight', recipe, view: 'calls' })
      expect(files).toEqual([path, join(folder, 'f.columns.csv'), join(folder, 'f.rows.csv')])
      expect(linesOf(files[2])).toEqual([
        'row,id,class,class_name',
        '0,a,1,malicious',
        '1,b,0,benign',
        '2,d,0,benign',
      ])
      const columns = linesOf(files[1]).slice(1)
      const lines = linesOf(path)
      expect(lines).toHaveLength(3)
      for (const [i, line] of lines.entries()) {
        const [label, ...cells] = line.split(' ')
        expect(label).toBe(['1', '0', '0'][i])
        const indices = cells.map((cell) => Number(cell.split(':')[0]))
        expect(indices).toEqual([...indices].sort((a, b) => a - b))
        expect(Math.min(...indices)).toBeGreaterThanOrEqual(1)
        expect(Math.max(...indices)).toBeLessThanOrEqual(columns.length)
      }
    })
  })

  it('writes the same features densely', async () => {
    await withCorpus(async (corpus, folder) => {
      const [csv] = await exportCorpus(corpus, join(folder, 'f.csv'), {
        format: 'csv',
        recipe,
        view: 'calls',
      })
      const [svm, columns] = await exportCorpus(corpus, join(folder, 'f.svm'), {
        format: 'svmlight',
        recipe,
        view: 'calls',
      })
      const [header, ...records] = linesOf(csv)
      expect(header.split(',').length).toBe(2 + linesOf(columns).length - 1)
      const sparse = linesOf(svm).map((line) => line.split(' ').slice(1))
      const dense = records.map((record) =>
        record
          .split(',')
          .slice(2)
          .flatMap((value, i) => (value === '0' ? [] : [`${i + 1}:${value}`])),
      )
      expect(dense).toEqual(sparse)
    })
  })

  it('writes Parquet in three files', async () => {
    await withCorpus(async (corpus, folder) => {
      const files = await exportCorpus(corpus, join(folder, 'f.parquet'), {
        format: 'parquet',
        recipe,
        view: 'calls',
      })
      expect(files.map(existsSync)).toEqual([true, true, true])
    })
  })

  it('wants to know the view where there are two', async () => {
    await withCorpus(async (corpus, folder) => {
      const asked = exportCorpus(corpus, join(folder, 'f'), { format: 'csv', recipe })
      await expect(asked).rejects.toThrow(UsageError)
      expect(readdirSync(folder)).toEqual(['corpus'])
    })
  })

  it.each(['ndjson', 'parquet'] as const)('names a place where no %s can be written', async (format) => {
    await withCorpus(async (corpus, folder) => {
      const path = join(folder, 'no', 'such', 'folder')
      await expect(exportCorpus(corpus, path, { format })).rejects.toThrow(UnwritableError)
    })
  })

  it('leaves nothing behind when it is stopped', async () => {
    await withCorpus(async (corpus, folder) => {
      const abort = new AbortController()
      abort.abort()
      const stopped = exportCorpus(corpus, join(folder, 'out'), { format: 'ndjson' }, abort.signal)
      await expect(stopped).rejects.toThrow()
      expect(readdirSync(folder)).toEqual(['corpus'])
    })
  })
})

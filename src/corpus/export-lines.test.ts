import { createReadStream } from 'node:fs'
import { join } from 'node:path'
import { createGunzip } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { anyRow, collect, row, stream, withFolder } from '../../test/corpus-rows.ts'
import { sharedData } from '../../test/shared-data.ts'
import { wellFormed } from '../core/index.ts'
import { readReports } from '../reports/index.ts'
import { openCorpus } from './corpus.ts'
import { exportLines } from './export-lines.ts'
import { importRows } from './import-rows.ts'
import type { Row } from './row.ts'
import { rowsFromReports } from './rows-from-reports.ts'

const bytesOf = (lines: readonly string[]) => stream(lines.map((each) => Buffer.from(`${each}\n`)))

/** The lines, the digest and the figures of a corpus. */
async function exported(folder: string) {
  const corpus = await openCorpus(folder)
  try {
    return {
      lines: await collect(exportLines(corpus)),
      digest: await corpus.digest(),
      info: await corpus.info(),
    }
  } finally {
    corpus.close()
  }
}

/** The digest of a corpus imported from lines. */
async function digestOfLines(folder: string, lines: readonly string[]): Promise<string> {
  await importRows(
    folder,
    rowsFromReports(readReports(bytesOf(lines), { maxExtraBytes: 2 ** 24 }), { path: 'export.jsonl' }),
  )
  return (await exported(folder)).digest
}

/** What the line format can say: names are not empty, nor are families, categories and dialects. */
const isSayable = ({ trace, label }: Row) =>
  trace.vocabulary.every((name) => name !== '') && label.family !== '' && label.category !== ''

describe('exportLines', () => {
  it('gives lines that import as the same corpus', async () => {
    const rows = fc.array(anyRow.filter(isSayable), { minLength: 1, maxLength: 12 })
    await fc.assert(
      fc.asyncProperty(rows, (all) =>
        withFolder(async (folder) => {
          await importRows(join(folder, 'a'), stream(all))
          const { lines, digest } = await exported(join(folder, 'a'))
          expect(await digestOfLines(join(folder, 'b'), lines)).toBe(digest)
        }),
      ),
      { numRuns: 20 },
    )
  })

  it('puts both views of a sample into one line, unless they are labelled apart', async () => {
    await withFolder(async (folder) => {
      const views = (id: string, family: string) => [
        row({ id, view: 'calls', family: 'f', kind: 'counts', names: ['b', 'a'], counts: [2, 1] }),
        row({ id, view: 'opcodes', family, names: ['mov', 'jmp'] }),
      ]
      await importRows(
        folder,
        stream([...views('same', 'f'), ...views('apart', 'g'), row({ id: 'calls only' })]),
      )
      const { lines } = await exported(folder)
      const objects = lines.map((each) => JSON.parse(each))
      expect(objects.map(({ id, api_counts, opcodes }) => ({ id, api_counts, opcodes }))).toEqual([
        { id: 'apart', api_counts: { a: 1, b: 2 } },
        { id: 'apart', opcodes: 'mov jmp' },
        { id: 'calls only' },
        { id: 'same', api_counts: { a: 1, b: 2 }, opcodes: 'mov jmp' },
      ])
    })
  })

  it('keeps the places of many calls', async () => {
    await withFolder(async (folder) => {
      const many = row({ names: Array.from({ length: 20_000 }, (_, i) => `f${i % 50}`) })
      const places = {
        process: Uint32Array.from({ length: 20_000 }, (_, i) => i % 3),
        call: Uint32Array.from({ length: 20_000 }, (_, i) => i),
        time: Float64Array.from({ length: 20_000 }, (_, i) => 1.6e9 + i / 3),
        address: null,
      }
      await importRows(join(folder, 'a'), stream([{ ...many, trace: { ...many.trace, places } }]))
      const { lines, digest } = await exported(join(folder, 'a'))
      expect(await digestOfLines(join(folder, 'b'), lines)).toBe(digest)
    })
  })

  it('keeps the spelling of what a source said besides', async () => {
    await withFolder(async (folder) => {
      const extra = '{"n":12345678901234567890,"f":1.50,"__proto__":{"x":"}"},"s":"\\u0041"}'
      await importRows(folder, stream([row({ extra })]))
      const { lines } = await exported(folder)
      expect(lines[0]).toContain(extra.slice(1, -1))
      expect(wellFormed(lines[0])).toBe(lines[0])
    })
  })
})

/** The objects of a traces file of the real sets. */
async function sourceLines(path: string, limit: number): Promise<string[]> {
  const lines: string[] = []
  let rest = ''
  for await (const chunk of createReadStream(path).pipe(createGunzip())) {
    const parts = (rest + chunk).split('\n')
    rest = parts.pop()!
    for (const part of parts) if (lines.push(part) === limit) return lines
  }
  return lines
}

// Rows, distinct contents and rows of clashing labels, of each view: those of the sets' own `group` columns, but for
// 19 rows of malbehavd-v1 whose sample is there twice (one of their contents is nowhere else).
const SETS = [
  ['malbehavd-v1', Number.POSITIVE_INFINITY, [[1931, 1128, 12]]],
  ['adfa-ld', Number.POSITIVE_INFINITY, [[4902, 3069, 8]]],
  ['mal-api-2019-808', Number.POSITIVE_INFINITY, [[649, 630, 0]]],
  [
    'ransomtrack',
    Number.POSITIVE_INFINITY,
    [
      [1906, 842, 565],
      [1906, 1332, 0],
    ],
  ],
  ['elf-opcode-counts', Number.POSITIVE_INFINITY, [[2215, 1923, 0]]],
  ['big2015-opcodes', 400, [[400, 352, 0]]],
] as const

/** A line as the corpus is to keep it: counts of 0 say nothing, and a set has no order. */
function kept(line: string, isSet: boolean) {
  const { taxon, ...object } = JSON.parse(line)
  for (const key of ['opcode_counts', 'api_counts', 'apistats']) {
    if (object[key])
      object[key] = Object.fromEntries(
        Object.entries(object[key])
          .filter(([, n]) => n !== 0)
          .sort(),
      )
  }
  if (isSet) object.calls = [...object.calls].sort()
  return object
}

describe.each(SETS)('the set %s', (set, limit, figures) => {
  it('comes back line by line and field by field, and imports as the same corpus', async ({ skip }) => {
    const path = sharedData(`${set}.jsonl.gz`)
    if (!path) return skip()
    await withFolder(async (folder) => {
      const source = await sourceLines(path, limit)
      const rows = () => rowsFromReports(readReports(bytesOf(source)), { path: `${set}.jsonl` })
      await importRows(join(folder, 'a'), rows())
      const { lines, digest, info } = await exported(join(folder, 'a'))
      const found = info.parts.map((part) => [part.rows, part.groups, part.labelClashes.rows])
      expect(found).toEqual(figures)
      const isSet = set === 'malbehavd-v1'
      const wanted = new Map<string, object>()
      for (const each of source) {
        const object = kept(each, isSet)
        if (!wanted.has(object.id)) wanted.set(object.id, object)
      }
      expect(lines).toHaveLength(wanted.size)
      for (const each of lines) {
        const object = kept(each, isSet)
        const original = wanted.get(object.id)! as Record<string, unknown>
        // Counts that the sequence itself gives are not repeated.
        if (original.apistats && !object.apistats) {
          delete original.apistats
          delete original.n_calls
        }
        if (original.n_opcodes === (original.opcodes as string)?.split(' ').length) delete original.n_opcodes
        expect(object).toEqual(original)
      }
      expect(await digestOfLines(join(folder, 'b'), lines)).toBe(digest)
    })
  })
})

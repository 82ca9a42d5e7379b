import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { anyRow, collect, row, stream, withFolder } from '../../test/corpus-rows.ts'
import { openDatabase } from './database.ts'
import { importRows } from './import-rows.ts'
import { findShards } from './shards.ts'
import { type Selection, selectSorted } from './sorted-rows.ts'

/** Runs `work` with the selection of all rows of a corpus. */
async function withSelection<T>(folder: string, work: (selection: Selection) => Promise<T>): Promise<T> {
  const database = await openDatabase()
  try {
    return await work({ database, directory: folder, shards: await findShards(folder) })
  } finally {
    database.close()
  }
}

const NAMES = ['view', 'id', 'source', 'tokens']
const namesOf = async (rows: ReturnType<typeof selectSorted>) =>
  (await collect(rows)).map(({ values, path }) => [...values.slice(0, 3), path])

describe('selectSorted', () => {
  it('gives the same order whatever the size of its ranges', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(anyRow, { minLength: 1, maxLength: 25 }),
        fc.integer({ min: 20, max: 400 }),
        (rows, rangeBytes) =>
          withFolder(async (folder) => {
            await importRows(folder, stream(rows.slice(0, 9)))
            await importRows(folder, stream(rows.slice(9)))
            await withSelection(folder, async (selection) => {
              const whole = await namesOf(selectSorted(selection, NAMES))
              expect(await namesOf(selectSorted(selection, NAMES, rangeBytes))).toEqual(whole)
              const view = 'calls' as const
              const part = await namesOf(selectSorted({ ...selection, view }, NAMES, rangeBytes))
              expect(part).toEqual(whole.filter(([of]) => of === view))
            })
          }),
      ),
      { numRuns: 15 },
    )
  })

  it('reads 60 rows in as many ranges', async () => {
    await withFolder(async (folder) => {
      const rows = Array.from({ length: 60 }, (_, i) => row({ id: `s${i}`, source: `a\u0000'${i % 2}` }))
      await importRows(folder, stream(rows))
      await withSelection(folder, async (selection) => {
        const whole = await namesOf(selectSorted(selection, NAMES))
        expect(whole).toHaveLength(60)
        expect(await namesOf(selectSorted(selection, NAMES, 0))).toEqual(whole)
      })
    })
  })
})

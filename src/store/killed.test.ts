import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { all, putText, storeBackends, withStore } from '../../test/store-backends.ts'
import { seededRandom } from '../core/index.ts'
import { openStore } from './open-store.ts'
import type { StoreLocation } from './store.ts'

const PROCESS = resolve(import.meta.dirname, '../../test/store-process.js')
const KILLS = 6

describe.each(storeBackends())('a store on $name whose processes are killed', ({ start, location, end }) => {
  beforeAll(start, 60_000)
  afterAll(end)

  it('has all that was said to be stored, and nothing half', { timeout: 180_000 }, async () => {
    const place = await location()
    const random = seededRandom(7)
    const told: string[] = []
    for (let n = 0; n < KILLS; n++) {
      const child = spawn(process.execPath, [PROCESS, 'put', JSON.stringify(place), String(1000 * n)])
      let output = ''
      const first = once(child.stdout, 'data')
      child.stdout.on('data', (data) => {
        output += data
      })
      await first
      await pause(random.unit() * 60)
      child.kill('SIGKILL')
      await once(child, 'close')
      // The last line may be half of one.
      told.push(...output.split('\n').slice(0, -1))
    }
    await withStore(place, async (store) => {
      expect(readdirSync(join(place.folder, 'tmp'))).toEqual([])
      expect(await all(store.verify())).toEqual([])
      const samples = await all(store.list())
      expect(told.length).toBeGreaterThanOrEqual(KILLS)
      expect(samples.map(({ sha256 }) => sha256)).toEqual(expect.arrayContaining(told))
      for (const { sha256 } of samples) expect((await store.show(sha256)).sightings).toHaveLength(1)
      // At most one file for each kill was in its place before the database knew of it.
      const { removed } = await store.gc({ olderThanMs: -1000 })
      expect(removed.length).toBeLessThanOrEqual(KILLS)
      expect(await all(store.verify())).toEqual([])
    })
  })

  it('is refused where its key is gone, and where its database is another’s', async () => {
    const [place, another] = [await location(), await location()]
    await withStore(place, (store) => putText(store, 'x'))
    const mixed: StoreLocation = { ...place, folder: another.folder }
    if (place.database !== undefined)
      await expect(openStore(mixed)).rejects.toThrow(/belongs to another store's folder/)
    rmSync(join(place.folder, 'key'))
    await expect(openStore(place)).rejects.toThrow(/cannot be read without it/)
    writeFileSync(join(place.folder, 'key'), 'short')
    await expect(openStore(place)).rejects.toThrow(/is no key/)
  })

  it('is made once by many at once', async () => {
    const place = await location()
    const stores = await Promise.all([1, 2, 3, 4, 5].map(() => openStore(place)))
    const hash = await putText(stores[0]!, 'x')
    for (const store of stores) expect((await store.resolve(hash)).sha256).toBe(hash)
    await Promise.all(stores.map((store) => store.close()))
  })
})

it('is not made among other things, nor where none is wanted', async () => {
  const folder = join(
    resolve(import.meta.dirname, '../..'),
    'node_modules',
    `.taxon-store-test-${process.pid}`,
  )
  mkdirSync(folder)
  try {
    await expect(openStore({ folder }, { create: false })).rejects.toThrow(/there is no store/)
    writeFileSync(join(folder, 'thesis.docx'), '')
    await expect(openStore({ folder })).rejects.toThrow(/is no store and not empty/)
    expect(readdirSync(folder)).toEqual(['thesis.docx'])
  } finally {
    rmSync(folder, { recursive: true })
  }
})

import { readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import Libsql from 'libsql'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { postgresPrograms, postgresServer } from '../../test/postgres.ts'
import { putText, storeBackends, withStore } from '../../test/store-backends.ts'
import { DamagedFileError, UsageError } from '../core/index.ts'
import { NewerStoreError, StoreUnreachableError } from './errors.ts'
import { SCHEMA_VERSION } from './migrations.ts'
import { openStore } from './open-store.ts'
import type { StoreLocation } from './store.ts'

/** Asks the database of a store past the store. */
async function ask({ folder, database }: StoreLocation, statement: string): Promise<unknown[]> {
  if (database === undefined) {
    const file = new Libsql(join(folder, 'metadata.sqlite'))
    const prepared = file.prepare(statement)
    const rows = prepared.reader ? prepared.all() : [prepared.run()]
    file.close()
    return rows
  }
  const client = new pg.Client({ connectionString: database })
  await client.connect()
  const { rows } = await client.query(statement)
  await client.end()
  return rows
}

describe.each(storeBackends())('the database on $name', ({ start, location, end }) => {
  beforeAll(start, 60_000)
  afterAll(end)

  it('is brought to the current schema once, and opened again as it is', async () => {
    const place = await location()
    const hash = await withStore(place, (store) => putText(store, 'x', 'name'))
    await withStore(place, async (store) => expect((await store.show(hash)).names).toEqual(['name']))
    const versions = Array.from({ length: SCHEMA_VERSION }, (_, i) => ({ version: i + 1 }))
    expect(await ask(place, 'select "version" from "schemaVersion" order by 1')).toEqual(versions)
  })

  it('is left as it is where a newer taxon wrote it', async () => {
    const place = await location()
    const hash = await withStore(place, (store) => putText(store, 'x'))
    await ask(place, `insert into "schemaVersion" values (${SCHEMA_VERSION + 1})`)
    await expect(openStore(place)).rejects.toThrow(NewerStoreError)
    await ask(place, `delete from "schemaVersion" where "version" > ${SCHEMA_VERSION}`)
    await withStore(place, async (store) => expect(await store.has(hash)).toBe(true))
  })

  it('holds its rows to samples that are there', async () => {
    const place = await location()
    const hash = await withStore(place, (store) => putText(store, 'x', 'name'))
    const tables = [
      'names',
      'tags',
      'sightings',
      'notes',
      'labels',
      'artifacts',
      'verdicts',
      'steps',
      'relations',
    ]
    await withStore(place, async (store) => {
      await store.tag(hash, ['x'])
      await store.note(hash, 'x')
      await store.relate({ parent: hash, child: hash, kind: 'member', name: null })
      await store.remove(hash)
    })
    for (const table of tables) expect(await ask(place, `select * from "${table}"`)).toEqual([])
  })
})

describe('the file of SQLite', () => {
  const [sqlite] = storeBackends()
  afterAll(() => sqlite!.end())

  it('is for its owner alone, with all that lies beside it', async () => {
    const { folder } = await sqlite!.location()
    await withStore({ folder }, async (store) => {
      await putText(store, 'x')
      const files = readdirSync(folder).filter((name) => name.startsWith('metadata'))
      expect(files).toEqual(['metadata.sqlite', 'metadata.sqlite-shm', 'metadata.sqlite-wal'])
      for (const file of files) expect(statSync(join(folder, file)).mode & 0o777).toBe(0o600)
    })
  })

  it('is damaged where it is something else', async () => {
    const { folder } = await sqlite!.location()
    await withStore({ folder }, (store) => putText(store, 'x'))
    for (const name of readdirSync(folder).filter((each) => each.startsWith('metadata')))
      rmSync(join(folder, name))
    writeFileSync(
      join(folder, 'metadata.sqlite'),
      'not a database, but long enough to be taken for one'.repeat(50),
    )
    await expect(openStore({ folder })).rejects.toThrow(DamagedFileError)
  })

  it.each([
    ['database = 5', UsageError],
    ['databas = "postgres://x/y"', UsageError],
    ['database = "mysql://x/y"', UsageError],
    ['database = ', DamagedFileError],
    ['# '.padEnd(70_000, 'x'), DamagedFileError],
  ])('is not asked for with %s', async (settings, error) => {
    const { folder } = await sqlite!.location()
    await withStore({ folder }, async () => {})
    writeFileSync(join(folder, 'store.toml'), settings)
    await expect(openStore({ folder })).rejects.toThrow(error)
  })
})

const programs = postgresPrograms()
describe.skipIf(programs === null)('a PostgreSQL server', () => {
  const [sqlite] = storeBackends()
  afterAll(() => sqlite!.end())

  it('is named by store.toml; gone, it is said, and back, the store goes on', {
    timeout: 120_000,
  }, async () => {
    const server = await postgresServer(programs!)
    try {
      const { folder } = await sqlite!.location()
      await withStore({ folder }, async () => {})
      writeFileSync(join(folder, 'store.toml'), `database = "${await server.database('named')}"\n`)
      const store = await openStore({ folder })
      const hash = await putText(store, 'x')
      await server.stop()
      await expect(store.has(hash)).rejects.toThrow(StoreUnreachableError)
      await expect(putText(store, 'y')).rejects.toThrow(StoreUnreachableError)
      await expect(openStore({ folder })).rejects.toThrow(StoreUnreachableError)
      await server.start()
      expect(await store.has(hash)).toBe(true)
      expect(readdirSync(join(folder, 'tmp'))).toEqual([])
      await putText(store, 'y')
      await store.close()
    } finally {
      await server.end()
    }
  })

  it('is named without its password where it cannot be reached', async () => {
    const { folder } = await sqlite!.location()
    // A port that was free a moment ago.
    const taken = createServer()
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve))
    const { port } = taken.address() as { port: number }
    await new Promise((resolve) => taken.close(resolve))
    const database = `postgres://ann:secret@127.0.0.1:${port}/store`
    const error = await openStore({ folder, database }).catch((problem) => problem)
    expect(error).toBeInstanceOf(StoreUnreachableError)
    expect(error.message).toMatch(/ECONNREFUSED/)
    expect(error.message).not.toContain('secret')
  })
})

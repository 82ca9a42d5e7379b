import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import Libsql from 'libsql'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { all, bytesOf, withStore } from '../../test/store-backends.ts'
import { KnownError, MalformedInputError, sha256, UnreadableError } from '../core/index.ts'
import { importViper } from './import-viper.ts'

/** The tables as Viper 1.3's SQLAlchemy makes them (viper/core/database.py), without its indexes. */
const SCHEMA = `
  create table malware (id integer not null primary key, name varchar(255), size integer not null, type text,
    mime varchar(255), md5 varchar(32) not null, crc32 varchar(8) not null, sha1 varchar(40) not null,
    sha256 varchar(64) not null, sha512 varchar(128) not null, ssdeep varchar(255), created_at datetime not null,
    parent_id integer, foreign key(parent_id) references malware (id));
  create table tag (id integer not null primary key, tag varchar(255) not null unique);
  create table note (id integer not null primary key, title varchar(255), body text not null);
  create table analysis (id integer not null primary key, cmd_line varchar(255), results text not null,
    stored_at datetime not null);
  create table association (tag_id integer, note_id integer, malware_id integer, analysis_id integer);`

let folder: string
let project: string
let database: Libsql.Database
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'taxon-viper-test-'))
  project = join(folder, 'project')
  mkdirSync(project)
  database = new Libsql(join(project, 'viper.db'))
  database.exec('pragma foreign_keys = off')
  database.exec(SCHEMA)
})
afterEach(() => {
  database.close()
  rmSync(folder, { recursive: true })
})

const binary = (hash: string) => join(project, 'binaries', ...hash.slice(0, 4), hash)

function add(
  id: number,
  content: string,
  { name = `name ${id}` as unknown, hash = sha256(content), parent = null as number | null } = {},
) {
  const row = [id, name, content.length, 'm', 'c', 's', hash, 'x', '2019-05-03 10:11:12.345678', parent]
  const insert = `insert into malware (id, name, size, md5, crc32, sha1, sha256, sha512, created_at, parent_id)
    values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`
  database.prepare(insert).run(row)
  if (/^[0-9a-f]{64}$/.test(hash)) {
    mkdirSync(join(binary(hash), '..'), { recursive: true })
    writeFileSync(binary(hash), content)
  }
  return hash
}

const run = (statement: string, ...values: unknown[]) => database.prepare(statement).run(values)

async function imported() {
  const failures: string[] = []
  const location = { folder: join(folder, 'store') }
  const result = await withStore(location, (store) =>
    importViper(store, project, {
      onFailure: ({ sample, error }) =>
        failures.push(`${sample.path}: ${error.message}`.replaceAll(project, '…')),
    }),
  )
  return { result, failures, location }
}

describe('importViper', () => {
  it('brings samples with names, tags, notes, analyses, times and parents, once', async () => {
    // The child comes before its parent.
    const child = add(1, 'MZ child', { name: 'dropper.exe', parent: 2 })
    const parent = add(2, 'parent')
    run("insert into tag values (1, 'apt28'), (2, 'doc')")
    run("insert into note values (1, 'seen', 'in the mail'), (2, null, 'no title')")
    run("insert into analysis values (1, 'pe imports', 'kernel32', '2019-05-03 10:11:12')")
    run('insert into association values (1, null, 1, null), (2, null, 1, null), (null, 1, 1, null)')
    run('insert into association values (null, 2, 1, null), (null, null, 1, 1), (2, null, 2, null)')
    const first = await imported()
    expect(first.failures).toEqual([])
    expect(first.result).toEqual({ samples: 2, isNew: 2, failed: 0 })
    expect((await imported()).result).toEqual({ samples: 2, isNew: 0, failed: 0 })
    await withStore(first.location, async (store) => {
      const known = await store.show(child)
      expect((await bytesOf(store.read(child))).toString()).toBe('MZ child')
      expect(known.sample.type).toBe('pe')
      expect(known.names).toEqual(['dropper.exe'])
      expect(known.tags).toEqual(['apt28', 'doc'])
      expect(known.notes.map(({ text }) => text)).toEqual([
        'seen\n\nin the mail',
        'no title',
        'pe imports\n\nkernel32',
      ])
      expect(known.sightings).toMatchObject([
        { source: 'viper', at: Date.UTC(2019, 4, 3, 10, 11, 12), name: 'dropper.exe' },
      ])
      expect(known.parents).toMatchObject([{ parent, child, kind: 'member' }])
    })
  })

  it('names and leaves out what is missing, changed, behind a link or no hash', async () => {
    const whole = add(1, 'whole')
    const missing = add(2, 'missing')
    unlinkSync(binary(missing))
    const other = add(3, 'other')
    writeFileSync(binary(other), 'others than the hash says')
    const linked = add(4, 'linked')
    const secret = join(folder, 'secret')
    writeFileSync(secret, 'linked')
    unlinkSync(binary(linked))
    symlinkSync(secret, binary(linked))
    const below = add(5, 'below a link')
    const elsewhere = join(folder, 'elsewhere')
    mkdirSync(elsewhere)
    writeFileSync(join(elsewhere, below), 'below a link')
    rmSync(join(binary(below), '..'), { recursive: true })
    symlinkSync(elsewhere, join(binary(below), '..'))
    add(6, 'x', { hash: '../../../../etc/passwd' })
    const { result, failures, location } = await imported()
    expect(result).toEqual({ samples: 1, isNew: 1, failed: 5 })
    expect(failures).toEqual([
      expect.stringMatching(`^${missing}: .*no such file`),
      expect.stringMatching(`^${other}: .*the bytes are others`),
      expect.stringMatching(`^${linked}: .*it is no file`),
      expect.stringMatching(`^${below}: .*a link leads elsewhere`),
      expect.stringMatching('^../../../../etc/passwd: .*whose SHA-256 is none'),
    ])
    await withStore(location, async (store) => {
      expect((await all(store.list())).map((sample) => sample.sha256)).toEqual([whole])
      expect(await all(store.verify())).toEqual([])
    })
  })

  it('takes hostile values', async () => {
    const names = [
      '\x1b[2J',
      '=cmd()',
      '<b>',
      'a\0b',
      'n'.repeat(100_000),
      5,
      null,
      Buffer.from([0xff, 0xfe]),
    ]
    for (const [i, name] of names.entries()) add(i + 1, `sample ${i}`, { name })
    // Text that is not UTF-8, which SQLite keeps as it is.
    run("insert into tag values (1, ?), (2, cast(x'ff' as text))", 't'.repeat(100_000))
    run("update malware set name = cast(x'fffe' as text) where id = 2")
    run('insert into note values (1, ?, ?)', '\x1b'.repeat(50_000), 'b\0'.repeat(100_000))
    run('insert into association values (1, 1, 1, null), (2, 99, 1, 99), (null, null, 77, null)')
    run("update malware set created_at = 'yesterday' where id = 1")
    const { result } = await imported()
    expect(result).toEqual({ samples: names.length, isNew: names.length, failed: 0 })
    expect((await imported()).result.isNew).toBe(0)
  })

  it('refuses what is no project, and tables that are not plain', async () => {
    const nowhere = join(folder, 'nowhere')
    const into = { folder: join(folder, 'store') }
    const attempt = (path: string) => withStore(into, (store) => importViper(store, path))
    await expect(attempt(nowhere)).rejects.toThrow(UnreadableError)
    mkdirSync(nowhere)
    writeFileSync(
      join(nowhere, 'viper.db'),
      'no database at all, though it is long enough to be one'.repeat(30),
    )
    await expect(attempt(nowhere)).rejects.toThrow(MalformedInputError)
    rmSync(join(nowhere, 'viper.db'))
    const other = new Libsql(join(nowhere, 'viper.db'))
    const endless =
      'with recursive r(n) as (select 1 union all select n + 1 from r) select n as id, n as sha256 from r'
    other.exec(`create view malware as ${endless}`)
    await expect(attempt(nowhere)).rejects.toThrow(/no table malware/)
    other.exec('drop view malware')
    other.exec('create table malware (id integer, sha256 text as (hex(zeroblob(1000000000))))')
    await expect(attempt(nowhere)).rejects.toThrow(/computes columns/)
    other.exec('drop table malware; create table malware (id integer)')
    await expect(attempt(nowhere)).rejects.toThrow(/no column sha256/)
    other.close()
  })

  it('survives any damage', { timeout: 120_000 }, async () => {
    for (let n = 1; n <= 20; n++) add(n, `sample ${n}`)
    run("insert into tag values (1, 'apt28')")
    run('insert into association values (1, null, 1, null)')
    database.close()
    const whole = readFileSync(join(project, 'viper.db'))
    const byte = fc.tuple(fc.nat(whole.length - 1), fc.nat(255))
    const damage = fc.array(byte, { minLength: 1, maxLength: 30 })
    await withStore({ folder: join(folder, 'store') }, async (store) => {
      await fc.assert(
        fc.asyncProperty(damage, fc.nat(whole.length), async (bytes, length) => {
          const damaged = Buffer.from(whole)
          for (const [at, value] of bytes) damaged[at] = value
          writeFileSync(
            join(project, 'viper.db'),
            damaged.subarray(0, length % 3 === 0 ? length : whole.length),
          )
          await importViper(store, project).catch((error) => expect(error).toBeInstanceOf(KnownError))
        }),
        { numRuns: 60 },
      )
      expect(await all(store.verify())).toEqual([])
    })
    database = new Libsql(':memory:')
  })

  it('leaves the project as it was, and no copy', async () => {
    add(1, 'x')
    database.close()
    const before = readdirSync(project).sort()
    await imported()
    expect(readdirSync(project).sort()).toEqual(before)
    database = new Libsql(join(project, 'viper.db'))
    expect(database.prepare("select name from sqlite_master where name like 'taxon%'").all()).toEqual([])
  })
})

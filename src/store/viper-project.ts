import { constants, rmSync } from 'node:fs'
import { copyFile, lstat, mkdtemp, realpath, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Database, Statement } from 'libsql'
import { beforeEnd, MalformedInputError, UnreadableError } from '../core/index.ts'
import { loadLibsql } from './load-libsql.ts'

/*
 * A project of Viper 1.x (github.com/viper-framework/viper): `viper.db`, an SQLite database with the tables of
 * viper/core/database.py (malware, tag, note, analysis, and association between them), and the samples as
 * `binaries/a/b/c/d/abcd…`, by the first four digits of their SHA-256 (get_sample_path of viper/core/storage.py).
 * The database is untrusted: it is read from a copy, its tables must be plain ones, and texts are cut as they are read.
 */

/** A sample of a Viper project. Texts are hostile. */
export interface ViperSample {
  readonly sha256: string
  readonly name: string | null
  /** Milliseconds since 1970; Viper wrote its machine's own time, which is taken for UTC. 0 where it is none. */
  readonly createdAt: number
  readonly tags: readonly string[]
  /** Notes, and what modules found, as notes. */
  readonly notes: readonly string[]
  /** SHA-256 of what it came out of. */
  readonly parent: string | null
}

/** A Viper project that is being read. */
export interface ViperProject {
  readonly count: number
  samples(): Generator<ViperSample>
  close(): Promise<void>
}

/** Of each text; two of them make a note that the store keeps whole. */
const MAX_TEXT = 30_000
const MAX_FACTS = 1000
const PAGE = 200
/** The tables that are read, and the columns without which there is no project. */
const TABLES = new Map([
  ['malware', ['id', 'sha256']],
  ['tag', ['id', 'tag']],
  ['note', ['id', 'body']],
  ['association', ['tag_id', 'note_id', 'malware_id']],
])

/** Opens a project's folder. @throws UnreadableError where there is no `viper.db`, MalformedInputError where it is something else */
export async function openViperProject(folder: string): Promise<ViperProject> {
  const path = join(folder, 'viper.db')
  const copyFolder = await mkdtemp(join(tmpdir(), 'taxon-viper-'))
  const forget = beforeEnd(() => rmSync(copyFolder, { recursive: true, force: true }))
  const remove = async () => {
    await rm(copyFolder, { recursive: true, force: true })
    forget()
  }
  try {
    const copy = join(copyFolder, 'viper.db')
    if (!(await lstat(path)).isFile()) throw new UnreadableError(path, { code: 'it is no file' })
    await copyFile(path, copy, constants.COPYFILE_FICLONE)
    const file = await openCopy(copy)
    const close = async () => {
      file.close()
      await remove()
    }
    try {
      const columns = checkTables(file)
      const count = Number((file.prepare('select count(*) as n from malware').get() as { n: number }).n)
      return { count, samples: () => known(samplesIn(file, columns)), close }
    } catch (error) {
      await close()
      throw error
    }
  } catch (error) {
    await remove()
    const { syscall } = error as NodeJS.ErrnoException
    throw syscall === undefined ? asNotViper(error) : new UnreadableError(path, error)
  }
}

async function openCopy(path: string): Promise<Database> {
  const Libsql = await loadLibsql()
  const file = new Libsql(path)
  // Nothing that the schema may hold is run, but for what is asked for here.
  file.exec('pragma trusted_schema = off')
  return file
}

function notViper(problem: string, cause?: unknown): MalformedInputError {
  return new MalformedInputError('viper.db', problem, 0, { cause })
}

/** An error of SQLite, which finds damage only where it reads, as that; any other as it is. */
function asNotViper(error: unknown): unknown {
  const { code = '', message } = error as NodeJS.ErrnoException
  return code.startsWith('SQLITE') ? notViper(message, error) : error
}

function* known<T>(items: Generator<T>): Generator<T> {
  try {
    yield* items
  } catch (error) {
    throw asNotViper(error)
  }
}

/** The columns of each table. A view or a computed column could do anything, or for ever. */
function checkTables(file: Database): Map<string, ReadonlySet<string>> {
  const columns = new Map<string, ReadonlySet<string>>()
  const about = file.prepare(
    'select cast(type as blob) as type, cast(sql as blob) as sql from sqlite_master where name = ?',
  )
  const info = file.prepare('select cast(name as blob) as name, hidden from pragma_table_xinfo(?)')
  for (const [table, wanted] of [...TABLES, ['analysis', []] as const]) {
    const row = about.get([table]) as { type: unknown; sql: unknown } | undefined
    if (row === undefined && table === 'analysis') continue
    if (textOf(row?.type) !== 'table' || !/^create table\b/i.test(textOf(row?.sql) ?? ''))
      throw notViper(`there is no table ${table}`)
    const found = info.all([table]) as { name: unknown; hidden: number }[]
    if (found.some(({ hidden }) => hidden !== 0)) throw notViper(`the table ${table} computes columns`)
    const names = new Set(found.map(({ name }) => textOf(name) ?? ''))
    const missing = wanted.find((name) => !names.has(name))
    if (missing !== undefined) throw notViper(`the table ${table} has no column ${missing}`)
    columns.set(table, names)
  }
  // Viper has none, and looks through the whole table for each sample.
  file.exec('create index if not exists taxon_association on association (malware_id)')
  return columns
}

/** Texts are asked for as bytes: one that is not UTF-8 ends the process within libsql. */
function textOf(value: unknown): string | null {
  return value instanceof Uint8Array || value instanceof ArrayBuffer ? new TextDecoder().decode(value) : null
}

function* samplesIn(
  file: Database,
  columns: ReadonlyMap<string, ReadonlySet<string>>,
): Generator<ViperSample> {
  const malware = columns.get('malware')!
  const text = (name: string) => `substr(cast(${name} as text), 1, ${MAX_TEXT})`
  const optional = (name: string) => (malware.has(name) ? text(`m.${name}`) : 'null')
  const parent = malware.has('parent_id')
    ? `(select ${text('p.sha256')} from malware p where p.id = m.parent_id limit 1)`
    : 'null'
  // By the row's own number, which is one whatever the columns hold, as far as a double counts.
  const page = file.prepare(`select m.rowid as row, cast(${text('m.sha256')} as blob) as sha256,
    cast(${optional('name')} as blob) as name, cast(${optional('created_at')} as blob) as createdAt,
    cast(${parent} as blob) as parent from malware m
    where m.rowid > ? and m.rowid <= ${Number.MAX_SAFE_INTEGER} order by m.rowid limit ${PAGE}`)
  const joined = (table: string, key: string, what: string) =>
    file.prepare(`select cast(${what} as blob) as text from association a join ${table} t on t.id = a.${key}
      where a.malware_id = (select id from malware where rowid = ?) limit ${MAX_FACTS}`)
  const pair = (first: string, second: string) =>
    `coalesce(${text(first)} || char(10, 10), '') || coalesce(${text(second)}, '')`
  const hasTitles = columns.get('note')!.has('title')
  const hasAnalyses =
    columns.get('association')!.has('analysis_id') &&
    ['cmd_line', 'results'].every((name) => columns.get('analysis')?.has(name))
  const tags = joined('tag', 'tag_id', text('t.tag'))
  const notes = joined('note', 'note_id', hasTitles ? pair('t.title', 't.body') : text('t.body'))
  const analyses = hasAnalyses ? joined('analysis', 'analysis_id', pair('t.cmd_line', 't.results')) : null
  const texts = (query: Statement | null, row: number) =>
    ((query?.all([row]) ?? []) as { text: unknown }[])
      .map((found) => textOf(found.text)?.trim() ?? '')
      .filter((found) => found !== '')
  for (let last = -1; ; ) {
    const rows = page.all([last]) as Record<string, unknown>[]
    for (const found of rows) {
      last = Number(found.row)
      yield {
        sha256: (textOf(found.sha256) ?? '').toLowerCase(),
        name: textOf(found.name),
        createdAt: timeOf(textOf(found.createdAt) ?? ''),
        tags: texts(tags, last),
        notes: [...texts(notes, last), ...texts(analyses, last)],
        parent: textOf(found.parent)?.toLowerCase() ?? null,
      }
    }
    if (rows.length < PAGE) return
  }
}

function timeOf(text: string): number {
  const [, day, time] = /^(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d)/.exec(text) ?? []
  const parsed = day === undefined ? Number.NaN : Date.parse(`${day}T${time}Z`)
  return Number.isFinite(parsed) ? parsed : 0
}

/**
 * The path of a sample's bytes in a project. A link anywhere on the way would bring in a file from elsewhere.
 * @throws UnreadableError where there is no file, or a link
 */
export async function viperBinary(folder: string, sha256: string): Promise<string> {
  const path = join(folder, 'binaries', ...sha256.slice(0, 4), sha256)
  try {
    if (!(await lstat(path)).isFile()) throw new UnreadableError(path, { code: 'it is no file' })
    const straight = join(await realpath(folder), 'binaries', ...sha256.slice(0, 4), sha256)
    if ((await realpath(path)) !== straight)
      throw new UnreadableError(path, { code: 'a link leads elsewhere' })
    return path
  } catch (error) {
    throw error instanceof UnreadableError ? error : new UnreadableError(path, error)
  }
}

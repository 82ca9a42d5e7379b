import { constants, rmSync } from 'node:fs'
import { copyFile, lstat, mkdtemp, realpath, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Database, Statement } from 'libsql'
import { beforeEnd, MalformedInputError, UnreadableError } from '../core/index.ts'

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
      return { count, samples: () => samplesIn(file, columns), close }
    } catch (error) {
      await close()
      throw error
    }
  } catch (error) {
    await remove()
    const { code = '', syscall } = error as NodeJS.ErrnoException
    if (syscall !== undefined) throw new UnreadableError(path, error)
    throw code.startsWith('SQLITE') ? notViper((error as Error).message, error) : error
  }
}

async function openCopy(path: string): Promise<Database> {
  const { default: Libsql } = await import('libsql')
  const file = new Libsql(path)
  // Nothing that the schema may hold is run, but for what is asked for here.
  file.exec('pragma trusted_schema = off')
  return file
}

function notViper(problem: string, cause?: unknown): MalformedInputError {
  return new MalformedInputError('viper.db', problem, 0, { cause })
}

/** The columns of each table. A view or a computed column could do anything, or for ever. */
function checkTables(file: Database): Map<string, ReadonlySet<string>> {
  const columns = new Map<string, ReadonlySet<string>>()
  for (const [table, wanted] of [...TABLES, ['analysis', []] as const]) {
    const about = file.prepare('select type, sql from sqlite_master where name = ?').get(table) as
      | { type: unknown; sql: unknown }
      | undefined
    if (about === undefined && table === 'analysis') continue
    if (about?.type !== 'table' || !/^create table\b/i.test(String(about.sql)))
      throw notViper(`there is no table ${table}`)
    const found = file.prepare(`pragma table_xinfo("${table}")`).all() as { name: string; hidden: number }[]
    if (found.some(({ hidden }) => hidden !== 0)) throw notViper(`the table ${table} computes columns`)
    const names = new Set(found.map(({ name }) => name))
    const missing = wanted.find((name) => !names.has(name))
    if (missing !== undefined) throw notViper(`the table ${table} has no column ${missing}`)
    columns.set(table, names)
  }
  // Viper has none, and looks through the whole table for each sample.
  file.exec('create index if not exists taxon_association on association (malware_id)')
  return columns
}

function* samplesIn(
  file: Database,
  columns: ReadonlyMap<string, ReadonlySet<string>>,
): Generator<ViperSample> {
  const malware = columns.get('malware')!
  const text = (name: string, table = 'm') => `substr(cast(${table}.${name} as text), 1, ${MAX_TEXT})`
  const optional = (name: string) => (malware.has(name) ? text(name) : 'null')
  const parent = malware.has('parent_id')
    ? `(select ${text('sha256', 'p')} from malware p where p.id = m.parent_id limit 1)`
    : 'null'
  const page = file.prepare(`select m.id as id, ${text('sha256')} as sha256, ${optional('name')} as name,
    ${optional('created_at')} as createdAt, ${parent} as parent
    from malware m where m.id > ? order by m.id limit ${PAGE}`)
  const joined = (table: string, key: string, what: string) =>
    file.prepare(`select ${what} as text from association a join ${table} t on t.id = a.${key}
      where a.malware_id = ? limit ${MAX_FACTS}`)
  const tags = joined('tag', 'tag_id', text('tag', 't'))
  const title = columns.get('note')!.has('title')
    ? `coalesce(${text('title', 't')} || char(10, 10), '')`
    : "''"
  const notes = joined('note', 'note_id', `${title} || coalesce(${text('body', 't')}, '')`)
  const hasAnalyses =
    columns.get('association')!.has('analysis_id') &&
    ['cmd_line', 'results'].every((name) => columns.get('analysis')?.has(name))
  const analyses = hasAnalyses
    ? joined(
        'analysis',
        'analysis_id',
        `coalesce(${text('cmd_line', 't')}, '') || char(10, 10) || coalesce(${text('results', 't')}, '')`,
      )
    : null
  const texts = (query: Statement | null, id: number) =>
    ((query?.all([id]) ?? []) as { text: unknown }[]).flatMap(({ text: value }) =>
      typeof value === 'string' && value.trim() !== '' ? [value] : [],
    )
  for (let last = Number.MIN_SAFE_INTEGER; ; ) {
    const rows = page.all([last]) as Record<string, unknown>[]
    for (const row of rows) {
      const id = Number(row.id)
      yield {
        sha256: String(row.sha256).toLowerCase(),
        name: typeof row.name === 'string' ? row.name : null,
        createdAt: timeOf(row.createdAt),
        tags: texts(tags, id),
        notes: [...texts(notes, id), ...texts(analyses, id)],
        parent: typeof row.parent === 'string' ? row.parent.toLowerCase() : null,
      }
    }
    if (rows.length < PAGE) return
    last = Number(rows.at(-1)!.id)
  }
}

function timeOf(text: unknown): number {
  const [, day, time] = /^(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d)/.exec(String(text)) ?? []
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

import { open } from 'node:fs/promises'
import { setTimeout as pause } from 'node:timers/promises'
import {
  CompiledQuery,
  type DatabaseConnection,
  type Driver,
  SqliteDialect,
  type SqliteDriver,
  sql,
} from 'kysely'
import type { Statement } from 'libsql'
import { DamagedFileError, UnwritableError } from '../core/index.ts'
import type { Backend } from './backend.ts'
import { loadLibsql } from './load-libsql.ts'

/*
 * libsql works on this thread and waits on it. Were it to wait for a lock that another store of this very process holds,
 * nobody could let go of it: so it waits for a moment only, and we wait without blocking and ask again.
 */
const BLOCKING_WAIT_MS = 5
const MAX_WAIT_MS = 120_000
const MAX_PAUSE_MS = 40
/** Statements that are kept prepared; the store's own are fewer, but lists of values make new ones. */
const MAX_PREPARED = 200

/** The SQLite file of a store. Many processes read it while one writes. @throws UnwritableError */
export async function sqliteBackend(path: string): Promise<Backend> {
  // Made here, for its owner only: SQLite gives the files beside it the same mode.
  try {
    await (await open(path, 'a', 0o600)).close()
  } catch (error) {
    throw new UnwritableError(path, error)
  }
  let isLasting = true
  return {
    dialect: new ImmediateSqliteDialect({ database: async () => await openFile(path) }),
    types: { text: 'text', id: 'integer primary key autoincrement' },
    where: path,
    locksRows: false,
    async before(connection, lasting) {
      // Without it a commit waits for no disk. There is one connection, and one transaction at a time.
      if (lasting === isLasting) return
      await sql`pragma synchronous = ${sql.raw(lasting ? 'full' : 'normal')}`.execute(connection)
      isLasting = lasting
    },
    // A transaction that writes has the whole database for itself from its beginning.
    hold: async () => {},
    wasInTheWay: () => false,
    async ask(question) {
      try {
        return await untilFree(question)
      } catch (error) {
        const { code = '', message } = error as { code?: string; message: string }
        const isDamage = /^SQLITE_(CORRUPT|NOTADB)/.test(code)
        if (isDamage) throw new DamagedFileError(path, message, { cause: error })
        throw code.startsWith('SQLITE_FULL') ? new UnwritableError(path, { code: 'ENOSPC' }) : error
      }
    },
  }
}

async function openFile(path: string) {
  const Libsql = await loadLibsql()
  const file = new Libsql(path, { timeout: BLOCKING_WAIT_MS })
  // Changing to the write-ahead log needs the file for itself for a moment.
  await untilFree(() => file.exec('pragma journal_mode = wal'))
  await untilFree(() => file.exec('pragma synchronous = full'))
  file.exec('pragma foreign_keys = on')
  const prepared = new Map<string, Statement>()
  return {
    close: () => void file.close(),
    prepare(sql: string) {
      let statement = prepared.get(sql)
      if (statement === undefined) {
        statement = file.prepare(sql)
        prepared.set(sql, statement)
        if (prepared.size > MAX_PREPARED) prepared.delete(prepared.keys().next().value!)
      }
      return statement as never
    },
  }
}

/** Kysely's dialect for SQLite with transactions that take the lock for writing at once: none can fail half-way for want of it. */
class ImmediateSqliteDialect extends SqliteDialect {
  override createDriver(): Driver {
    const driver = super.createDriver() as SqliteDriver
    driver.beginTransaction = async (connection: DatabaseConnection) => {
      await connection.executeQuery(CompiledQuery.raw('begin immediate'))
    }
    return driver
  }
}

/** Asks until nobody else holds the file. */
async function untilFree<T>(ask: () => T | Promise<T>): Promise<T> {
  const end = performance.now() + MAX_WAIT_MS
  for (let wait = 1; ; wait = Math.min(MAX_PAUSE_MS, wait * 2)) {
    try {
      return await ask()
    } catch (error) {
      const { code = '' } = error as { code?: string }
      if (!code.startsWith('SQLITE_BUSY') || performance.now() > end) throw error
    }
    // At random, or those who wait would keep asking at the same time.
    await pause(wait * (0.5 + Math.random()))
  }
}

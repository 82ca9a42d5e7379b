import { type DatabaseConnection, type Dialect, type Driver, Kysely, type Transaction } from 'kysely'
import type { Backend } from './backend.ts'
import { migrate } from './migrations.ts'
import type { Schema } from './schema.ts'

/** A transaction on the database of a store. */
export type Tx = Transaction<Schema>

/** The database of a store, whichever it is. */
export interface Database {
  /** For reading alone. */
  readonly db: Kysely<Schema>
  /**
   * Does `work` in one transaction, which it gets. It may be done again from its beginning where others were in the way,
   * so it must do nothing but ask the database, or what is harmless twice. Once it is done it outlasts a kill, and a power
   * cut unless it is not `lasting`; what such a cut takes away is always the last that was written.
   */
  write<T>(work: (tx: Tx) => Promise<T>, options?: { readonly lasting: boolean }): Promise<T>
  /** Until the transaction ends nobody else holds `what`; in shared mode, only others that share it. */
  hold(tx: Tx, what: string, shared?: boolean): Promise<void>
  /** Whether rows that are read to be changed are to be locked. */
  readonly locksRows: boolean
  close(): Promise<void>
}

const MAX_TRIES = 20

/** Connects, and brings the schema up to date. @throws StoreUnreachableError, NewerStoreError */
export async function openDatabase(backend: Backend): Promise<Database> {
  const db = new Kysely<Schema>({ dialect: asking(backend) })
  const write = async <T>(work: (tx: Tx) => Promise<T>, { lasting } = { lasting: true }): Promise<T> => {
    for (let tries = 1; ; tries++) {
      try {
        return await db.connection().execute(async (connection) => {
          await backend.before?.(connection, lasting)
          return await connection.transaction().execute(async (tx) => {
            await backend.within?.(tx, lasting)
            return await work(tx)
          })
        })
      } catch (error) {
        if (tries >= MAX_TRIES || !backend.wasInTheWay(error)) throw error
      }
    }
  }
  const hold = (tx: Tx, what: string, shared = false) => backend.hold(tx, what, shared)
  const close = () => db.destroy()
  try {
    await write(async (tx) => {
      await hold(tx, 'schema')
      await migrate(tx, backend.types, backend.where)
    })
  } catch (error) {
    await close().catch(() => {})
    throw error
  }
  return { db, write, hold, close, locksRows: backend.locksRows }
}

/** The back end's dialect, every statement of which is asked in the back end's way. */
function asking({ dialect, ask }: Backend): Dialect {
  const wrapped = new WeakSet<DatabaseConnection>()
  return {
    createAdapter: () => dialect.createAdapter(),
    createQueryCompiler: () => dialect.createQueryCompiler(),
    createIntrospector: (db) => dialect.createIntrospector(db),
    createDriver(): Driver {
      const driver = dialect.createDriver()
      const [init, acquire] = [driver.init.bind(driver), driver.acquireConnection.bind(driver)]
      driver.init = () => ask(init)
      driver.acquireConnection = async () => {
        const connection = await ask(acquire)
        if (!wrapped.has(connection)) {
          wrapped.add(connection)
          const execute = connection.executeQuery.bind(connection)
          connection.executeQuery = (query) => ask(() => execute(query))
        }
        return connection
      }
      return driver
    },
  }
}

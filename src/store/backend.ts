import type { Dialect, Kysely } from 'kysely'
import type { Tx } from './database.ts'
import type { ColumnTypes } from './migrations.ts'
import type { Schema } from './schema.ts'

/** What differs between the databases that a store may keep its knowledge in. */
export interface Backend {
  readonly dialect: Dialect
  readonly types: ColumnTypes
  /** Names the database in messages, without a password. */
  readonly where: string
  /** Whether rows need locks; a database of one writer at a time needs none. */
  readonly locksRows: boolean
  /** Says on its connection, before a transaction begins, whether that must outlast a power cut once it is done. */
  before?(connection: Kysely<Schema>, lasting: boolean): Promise<void>
  /** The same within the transaction. */
  within?(tx: Tx, lasting: boolean): Promise<void>
  /** Holds a name until the transaction ends. */
  hold(tx: Tx, what: string, shared: boolean): Promise<void>
  /** Whether a transaction failed because of another, and may well succeed when it is done again. */
  wasInTheWay(error: unknown): boolean
  /** Asks the database something, again where that helps, and throws its errors as those that taxon knows, where it does. */
  ask<T>(question: () => Promise<T>): Promise<T>
}

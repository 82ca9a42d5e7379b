import type { Dialect } from 'kysely'
import type { Tx } from './database.ts'
import type { ColumnTypes } from './migrations.ts'

/** What differs between the databases that a store may keep its knowledge in. */
export interface Backend {
  readonly dialect: Dialect
  readonly types: ColumnTypes
  /** Names the database in messages, without a password. */
  readonly where: string
  /** Whether rows need locks; a database of one writer at a time needs none. */
  readonly locksRows: boolean
  /** Holds a name until the transaction ends. */
  hold(tx: Tx, what: string, shared: boolean): Promise<void>
  /** Whether a transaction failed because of another, and may well succeed when it is done again. */
  wasInTheWay(error: unknown): boolean
  /** Asks the database something, again where that helps, and throws its errors as those that taxon knows, where it does. */
  ask<T>(question: () => Promise<T>): Promise<T>
}

import type { Database } from './database.ts'

/** An open store, as its parts see it. */
export interface StoreContext {
  readonly folder: string
  readonly key: Uint8Array
  readonly database: Database
}

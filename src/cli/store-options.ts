import { userInfo } from 'node:os'
import { openStore, type Store, storeLocation } from '../pipeline/index.ts'
import type { Options } from './command.ts'

/** The option of every command that uses a store. */
export const storeOption = {
  store: { type: 'string', value: 'DIR', help: 'the store; else TAXON_STORE, else taxon-store here' },
} as const satisfies Options

/** The option of commands that say who says so. */
export const byOption = {
  by: { type: 'string', value: 'NAME', help: 'who says so; the user by default' },
} as const satisfies Options

/** Opens the store for the time of some work. @param create whether a store is made where there is none */
export async function withStore<T>(
  folder: string | undefined,
  work: (store: Store) => Promise<T>,
  create = false,
): Promise<T> {
  const store = await openStore(storeLocation(folder), { create })
  try {
    return await work(store)
  } finally {
    await store.close()
  }
}

/** The name of who says so; null where the system knows none. */
export function whoSays(given: string | undefined): string | null {
  if (given !== undefined) return given
  try {
    return userInfo().username
  } catch {
    return null
  }
}

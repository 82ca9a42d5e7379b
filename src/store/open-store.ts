import type { Store, StoreLocation } from './store.ts'

/**
 * Opens a store, which is made where there is none unless `create` is false; brings its database up to date and removes
 * what processes that were killed left in `tmp`.
 * @throws UsageError, UnwritableError, DamagedFileError, NewerStoreError, StoreUnreachableError
 */
export async function openStore(
  location: StoreLocation,
  { create = true }: { readonly create?: boolean } = {},
): Promise<Store> {
  // The query builder and the database take longer to load than many a command runs: only who opens a store waits for them.
  const { openedStore } = await import('./opened-store.ts')
  return await openedStore(location, create)
}

import type { StoreLocation } from '../store/index.ts'

/** The environment variable that names a store. */
export const STORE_VARIABLE = 'TAXON_STORE'

/** The store's folder where nobody names one. */
export const DEFAULT_STORE = 'taxon-store'

/** Where the store is: the folder that was named, else that of the environment, else `taxon-store` in the current folder. */
export function storeLocation(
  folder: string | undefined,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): StoreLocation {
  return { folder: folder ?? (environment[STORE_VARIABLE] || DEFAULT_STORE) }
}

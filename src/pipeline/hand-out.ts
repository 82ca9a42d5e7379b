import { writeWhole } from '../core/index.ts'
import { CUSTOMARY_PASSWORD, encryptedZip } from '../sources/index.ts'
import type { Store } from '../store/index.ts'

/** A sample on its way out of the store. */
export interface HandedOut {
  /** The name that its file has by custom. */
  readonly name: string
  /** The password that opens it; null for raw bytes. */
  readonly password: string | null
  /** The bytes of the file. @throws CorruptSampleError at the end where the sample was changed */
  readonly bytes: AsyncIterable<Uint8Array>
  /** Writes them whole or not at all. @throws UnwritableError */
  writeTo(path: string, signal?: AbortSignal): Promise<void>
}

/**
 * A sample as it is handed to people: in a zip with the password `infected` that holds it under its SHA-256, which nothing
 * opens or runs by accident; or, `raw`, its bytes.
 * @param hash any hash of it or the beginning of one
 */
export async function handOut(store: Store, hash: string, raw: boolean): Promise<HandedOut> {
  const { sha256, size } = await store.resolve(hash)
  const content = store.read(sha256)
  const bytes = raw ? content : encryptedZip(sha256, size, content, CUSTOMARY_PASSWORD)
  return {
    name: raw ? sha256 : `${sha256}.zip`,
    password: raw ? null : CUSTOMARY_PASSWORD,
    bytes,
    writeTo: (path, signal) => writeWhole(path, bytes, signal),
  }
}

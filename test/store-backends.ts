import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  openStore,
  plainSighting,
  type Sighting,
  type Store,
  type StoreLocation,
} from '../src/store/index.ts'
import { type PostgresServer, postgresPrograms, postgresServer } from './postgres.ts'

/** A database that a store may keep its knowledge in, for a suite that both must pass. */
export interface StoreBackend {
  readonly name: 'SQLite' | 'PostgreSQL'
  start(): Promise<void>
  /** A place for a new store: an empty folder, and an empty database where that is elsewhere. */
  location(): Promise<StoreLocation>
  end(): Promise<void>
}

/** SQLite always; PostgreSQL where its server is. */
export function storeBackends(): StoreBackend[] {
  const programs = postgresPrograms()
  const sqlite = folders()
  const backends: StoreBackend[] = [
    {
      name: 'SQLite',
      start: async () => {},
      location: async () => ({ folder: sqlite.make() }),
      end: sqlite.end,
    },
  ]
  if (programs !== null) {
    const own = folders()
    let server: PostgresServer | null = null
    let databases = 0
    backends.push({
      name: 'PostgreSQL',
      async start() {
        server = await postgresServer(programs)
      },
      location: async () => ({ folder: own.make(), database: await server!.database(`store${databases++}`) }),
      async end() {
        await own.end()
        await server?.end()
      },
    })
  }
  return backends
}

function folders() {
  const made: string[] = []
  return {
    make() {
      const folder = mkdtempSync(join(tmpdir(), 'taxon-store-'))
      made.push(folder)
      return join(folder, 'store')
    },
    async end() {
      for (const folder of made) rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** Stores some text, or bytes. @returns its SHA-256 */
export async function putText(store: Store, content: string | Uint8Array, name?: string): Promise<string> {
  const { sample } = await store.put([Buffer.from(content)], name === undefined ? {} : { name })
  return sample.sha256
}

/** All bytes of a sample. */
export async function bytesOf(chunks: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const parts: Uint8Array[] = []
  for await (const chunk of chunks) parts.push(chunk)
  return Buffer.concat(parts)
}

/** All that comes. */
export async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = []
  for await (const item of items) found.push(item)
  return found
}

/** A sighting with some of its fields. */
export function sightingOf(fields: Partial<Sighting> & { readonly key: string }): Sighting {
  return plainSighting({ source: 'suricata', at: 1000, name: null, ...fields })
}

/** Opens a store for the time of some work. */
export async function withStore<T>(location: StoreLocation, work: (store: Store) => Promise<T>): Promise<T> {
  const store = await openStore(location)
  try {
    return await work(store)
  } finally {
    await store.close()
  }
}

import { readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { StoreContext } from './context.ts'
import type { Tx } from './database.ts'
import { CONTENT_FOLDERS, type ContentFolder, contentPath, isLeftOver } from './folder.ts'
import type { GcOptions, Removed } from './store.ts'

const HOUR_MS = 3_600_000

/** `Store.gc`. */
export async function collectGarbage(
  store: StoreContext,
  { dryRun = false, olderThanMs = HOUR_MS }: GcOptions,
): Promise<Removed> {
  const { folder } = store
  const removed: string[] = []
  let bytes = 0
  const limit = Date.now() - olderThanMs
  const take = async (path: string, isOld: boolean, remove: () => Promise<boolean>) => {
    const about = await stat(join(folder, path)).catch(() => null)
    if (!about?.isFile() || (isOld && about.mtimeMs > limit)) return
    if (!(await remove())) return
    removed.push(path)
    bytes += about.size
  }
  for (const name of await readdir(join(folder, 'tmp'))) {
    const path = join('tmp', name)
    await take(path, !isLeftOver(name), async () => {
      if (!dryRun) await rm(join(folder, path), { force: true })
      return true
    })
  }
  for (const content of CONTENT_FOLDERS) {
    for (const hash of await contentHashes(folder, content)) {
      if (await isKnown(store, content, hash)) continue
      const path = join(content, hash.slice(0, 2), hash)
      await take(path, true, async () => (dryRun ? true : await removeUnknown(store, content, hash)))
    }
  }
  return { removed, bytes }
}

async function contentHashes(folder: string, content: ContentFolder): Promise<string[]> {
  const hashes: string[] = []
  for (const shard of await readdir(join(folder, content))) {
    if (!/^[0-9a-f]{2}$/.test(shard)) continue
    const names = await readdir(join(folder, content, shard))
    hashes.push(...names.filter((name) => /^[0-9a-f]{64}$/.test(name) && name.startsWith(shard)))
  }
  return hashes
}

async function isKnown(
  { database }: StoreContext,
  content: ContentFolder,
  hash: string,
  db: Tx | StoreContext['database']['db'] = database.db,
): Promise<boolean> {
  const found =
    content === 'samples'
      ? await db.selectFrom('samples').select('sha256').where('sha256', '=', hash).executeTakeFirst()
      : await db.selectFrom('artifacts').select('sha256').where('digest', '=', hash).executeTakeFirst()
  return found !== undefined
}

/** Removes bytes unless something is known of them by now: who tells of them holds them meanwhile. @returns whether they went */
export async function removeUnknown(
  store: StoreContext,
  content: ContentFolder,
  hash: string,
): Promise<boolean> {
  const { database, folder } = store
  return await database.write(async (tx) => {
    await database.hold(tx, `${content === 'samples' ? 'sample' : 'artifact'} ${hash}`)
    if (await isKnown(store, content, hash, tx)) return false
    await rm(contentPath(folder, content, hash), { force: true })
    return true
  })
}

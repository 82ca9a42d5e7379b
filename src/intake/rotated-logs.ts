import { readdir, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { type LogFile, type LogPlace, openLog } from './log-file.ts'

/** Older logs beside the current one that are looked at, the newest of them. */
const MAX_SIBLINGS = 1000
const COMPRESSED = /\.(?:gz|zst|xz|bz2|lz4|lzma)$/

/** Where to go on reading. */
export interface LogChain {
  /** Logs from old to new, each from an offset; nobody writes any more to any but the last. */
  readonly links: readonly { readonly path: string; readonly offset: number }[]
  /** What of the past cannot be read, for people; null where nothing is missed. */
  readonly problem: string | null
}

/**
 * Finds the log that a place was in, whatever it is called now: renamed (`eve.json.1`), or copied before the original was
 * emptied. What was rotated after it follows, then the log of that path. Compressed logs are not read, which is said.
 */
export async function chainFrom(path: string, place: LogPlace | null): Promise<LogChain> {
  const current = { path, offset: 0 }
  if (place === null) return { links: [current], problem: null }
  const isSame = await isIn(path, place, true)
  if (isSame && place.headBytes > 0) return { links: [{ path, offset: place.offset }], problem: null }
  const siblings = await siblingsOf(path)
  const unpacked = siblings.filter((each) => !COMPRESSED.test(each.path))
  // Until something stands in the new log, its writer may not have left the old one.
  const isBegun = await stat(path).then(
    ({ size }) => size > 0,
    () => false,
  )
  const holder = (await find(unpacked, place, true)) ?? (await find(unpacked, place, false))
  // Of a log of which nothing was read, copies that were made before it was emptied are known by their age alone.
  const since = (place.headBytes > 0 && holder?.modifiedAt) || place.modifiedAt
  const links = unpacked
    .filter((each) => each === holder || each.modifiedAt > since)
    .map((each) => ({ path: each.path, offset: each === holder ? place.offset : 0 }))
  if (isSame || isBegun || links.length === 0) links.push(current)
  const packed = siblings.filter((each) => COMPRESSED.test(each.path) && each.modifiedAt > place.modifiedAt)
  if (isSame || holder || (place.offset === 0 && packed.length === 0)) return { links, problem: null }
  const names = packed.slice(-5).map((each) => basename(each.path))
  const which = names.length > 0 ? `; compressed logs are not read: ${names.join(', ')}` : ''
  const problem = `the log that was read up to byte ${place.offset} is no longer here, what came behind that is missed${which}`
  return { links, problem }
}

interface Sibling {
  readonly path: string
  readonly modifiedAt: number
}

/** Other files of the folder whose names begin like the log's own, the oldest first. */
async function siblingsOf(path: string): Promise<Sibling[]> {
  const own = basename(path)
  const stem = own.replace(/\.[^.]+$/, '')
  const names = await readdir(dirname(path)).catch(() => [])
  const siblings: Sibling[] = []
  for (const name of names) {
    if (name === own || !name.startsWith(stem) || !/^[.-]/.test(name.slice(stem.length))) continue
    const about = await stat(join(dirname(path), name)).catch(() => null)
    if (about?.isFile()) siblings.push({ path: join(dirname(path), name), modifiedAt: about.mtimeMs })
  }
  return siblings.sort((a, b) => a.modifiedAt - b.modifiedAt).slice(-MAX_SIBLINGS)
}

async function find(siblings: readonly Sibling[], place: LogPlace, sameFile: boolean) {
  // A copy is known by its first bytes alone, so some must have been read.
  if (!sameFile && place.headBytes === 0) return null
  for (const sibling of siblings) if (await isIn(sibling.path, place, sameFile)) return sibling
  return null
}

async function isIn(path: string, place: LogPlace, sameFile: boolean): Promise<boolean> {
  let log: LogFile | null = null
  try {
    log = await openLog(path)
    return (!sameFile || log.inode === place.inode) && (await log.holds(place))
  } catch {
    return false
  } finally {
    await log?.close()
  }
}

import { lstat, opendir } from 'node:fs/promises'
import { join } from 'node:path'
import { byCodePoint } from '../core/index.ts'

/** Files of a folder that are remembered, and so looked at, at most; a cursor grows by 16 characters a file. */
export const MAX_FOLDER_FILES = 200_000

/** Folders within folders. */
const MAX_DEPTH = 32

/** A regular file. */
export interface FoundFile {
  readonly path: string
  readonly size: number
  readonly modifiedAt: number
  /** When it or its name last changed; nobody can set this back. */
  readonly changedAt: number
  readonly inode: number
}

/** What is passed over, and why. */
export interface NotTaken {
  readonly path: string
  readonly problem: string
  /** It is a folder, so that nothing is known of what is in it. */
  readonly isFolder?: true
}

/** Names that programs give to what they have not finished. */
const UNFINISHED = /^\.|~$|\.(?:part|partial|tmp|temp|crdownload|download|filepart|swp|lock)$/i

/** The regular files of a folder in the order of their names, folders within it after them; and what is none. */
export async function* filesIn(
  folder: string,
  {
    recursive = false,
    maxFiles = MAX_FOLDER_FILES,
  }: { readonly recursive?: boolean; readonly maxFiles?: number },
): AsyncGenerator<FoundFile | NotTaken> {
  let left = maxFiles
  async function* walk(at: string, depth: number): ReturnType<typeof filesIn> {
    const names: string[] = []
    try {
      for await (const { name } of await opendir(at)) {
        if (UNFINISHED.test(name)) continue
        if (names.length >= left) {
          yield {
            path: at,
            problem: `only ${maxFiles} files are watched; the others wait until some are taken away`,
          }
          break
        }
        names.push(name)
      }
    } catch (error) {
      return yield {
        path: at,
        problem: `the folder cannot be read, ${(error as NodeJS.ErrnoException).code}`,
        isFolder: true,
      }
    }
    const folders: string[] = []
    for (const name of names.sort(byCodePoint)) {
      const path = join(at, name)
      const about = await lstat(path).catch((error: NodeJS.ErrnoException) => error.code ?? 'unknown reason')
      if (about === 'ENOENT') {
        // Taken away meanwhile, unless its name cannot be said.
        if (name.includes('\ufffd')) yield { path, problem: 'its name is not in UTF-8' }
      } else if (typeof about === 'string') yield { path, problem: `it cannot be looked at, ${about}` }
      else if (about.isDirectory()) folders.push(path)
      else if (about.isSymbolicLink()) yield { path, problem: 'links are not followed' }
      else if (!about.isFile()) yield { path, problem: 'it is not a regular file' }
      else if (left > 0) {
        left--
        const { size, mtimeMs, ctimeMs, ino } = about
        yield { path, size, modifiedAt: mtimeMs, changedAt: Math.max(mtimeMs, ctimeMs), inode: ino }
      }
    }
    if (!recursive) return
    if (depth >= MAX_DEPTH)
      return yield { path: at, problem: `folders deeper than ${MAX_DEPTH} are not gone into` }
    for (const each of folders) yield* walk(each, depth + 1)
  }
  yield* walk(folder, 0)
}

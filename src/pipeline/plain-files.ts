import { lstat, readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { byCodePoint, UnreadableError, UsageError } from '../core/index.ts'

/** Folders within folders. */
const MAX_DEPTH = 64

/** How `plainFiles` goes about it. */
export interface PlainFilesOptions {
  /** Go down into folders. */
  readonly recursive: boolean
  /** Told of what was passed over, and why: links, devices, folders that cannot be read. */
  onSkip?(path: string, reason: string): void
}

/**
 * The paths of files as they lie on the disk, whatever they are: those named, and in folders by name in code point order,
 * depth first. In folders links are not followed. `-` stays what it is.
 * @throws UsageError before the first, for a folder without `recursive`
 */
export async function* plainFiles(
  paths: readonly string[],
  options: PlainFilesOptions,
): AsyncGenerator<string> {
  const folders = new Set<string>()
  for (const path of paths) {
    const isFolder = path !== '-' && (await stat(path).catch(() => null))?.isDirectory()
    if (!isFolder) continue
    if (!options.recursive) throw new UsageError(`${path}: is a folder; use -r to go through it`)
    folders.add(path)
  }
  for (const path of paths) {
    if (folders.has(path)) yield* filesIn(path, options, 0)
    else yield path
  }
}

async function* filesIn(folder: string, options: PlainFilesOptions, depth: number): AsyncGenerator<string> {
  const { onSkip } = options
  if (depth >= MAX_DEPTH) {
    onSkip?.(folder, `deeper than ${MAX_DEPTH} folders`)
    return
  }
  let names: string[]
  try {
    names = await readdir(folder)
  } catch (error) {
    onSkip?.(folder, new UnreadableError(folder, error).message)
    return
  }
  for (const name of names.sort(byCodePoint)) {
    const path = join(folder, name)
    const about = await lstat(path).catch(() => null)
    if (about?.isDirectory()) yield* filesIn(path, options, depth + 1)
    else if (about?.isFile()) yield path
    else if (about) onSkip?.(path, about.isSymbolicLink() ? 'links are not followed' : 'not a file')
  }
}

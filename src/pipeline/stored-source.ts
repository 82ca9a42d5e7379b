import { decompress, type InputOptions } from '../core/index.ts'
import { openSource, type Source } from '../sources/index.ts'
import { type ContentFolder, storedContent } from '../store/index.ts'

const STORED = /^store:(samples|artifacts):([0-9a-f]{64}):(.+)$/s

/** The path by which content of a store is found again from the path alone, as a worker does. */
export function storedPath(folder: string, content: ContentFolder, hash: string): string {
  return `store:${content}:${hash}:${folder}`
}

/** Content of a store as a source; its name is its hash. */
export function storedSource(path: string): Source | null {
  const [, content, hash, folder] = STORED.exec(path) ?? []
  if (hash === undefined) return null
  return {
    path,
    name: hash,
    size: null,
    reopens: true,
    open: (options: InputOptions = {}) =>
      decompress(storedContent(folder!, content as ContentFolder, hash), options),
  }
}

/** The source of a path, be it of a store, a file or a member of an archive. @throws UnreadableError */
export async function openAnySource(
  path: string,
  access: { readonly password?: string } = {},
): Promise<Source> {
  return storedSource(path) ?? (await openSource(path, access))
}

import { buffer } from 'node:stream/consumers'
import type { Kind } from '../../samples/index.ts'
import { findSources, type Source } from '../../sources/index.ts'

/** One file of a public set, as its source gives it. */
export interface PublicFile {
  readonly name: string
  /** Pinned to a commit of the source's repository. */
  readonly url: string
  /** Lower-case hexadecimal; null where nobody has vouched for one yet, and taxon invents none. */
  readonly sha256: string | null
}

/** One line of a traces file: see `reports/traces.ts` for the keys. */
export type TracesLine = Readonly<Record<string, unknown>>

/** A public set that taxon fetches on the user's machine and turns into a corpus; no part of it comes with taxon. */
export interface PublicSet {
  readonly name: string
  /** One line for people. */
  readonly summary: string
  readonly repository: string
  /** As the source states it. */
  readonly licence: string
  readonly files: readonly PublicFile[]
  /** Reduce every trace to this kind; null leaves them as the lines say. */
  readonly kind: Kind | null
  /** The set as lines of a traces file, in the order of its files. @param paths of `files`, in their order @throws KnownError when they are not what they should be */
  lines(paths: readonly string[]): AsyncGenerator<TracesLine>
}

/** Most bytes of one member or table that are held in memory. */
const MAX_TEXT_BYTES = 2 ** 28

async function textOf(source: Pick<Source, 'open'>): Promise<string> {
  return (await buffer(source.open({ maxBytes: MAX_TEXT_BYTES }))).toString('utf8')
}

/**
 * The files that a downloaded file holds: the members of an archive, or itself. `name` is the path inside the archive;
 * `text` throws LimitExceededError past MAX_TEXT_BYTES, and what reading the member throws.
 */
export async function* filesIn(
  path: string,
): AsyncGenerator<{ readonly name: string; text(): Promise<string> }> {
  for await (const source of findSources([path], { recursive: false, accepts: () => true })) {
    yield { name: source.path.slice(path.length + 1), text: () => textOf(source) }
  }
}

/** The text of the only file that a downloaded file holds. */
export async function onlyText(path: string): Promise<string> {
  for await (const file of filesIn(path)) return await file.text()
  return ''
}

/** Address of a file of a repository at a commit. */
export function rawFile(repository: string, commit: string, path: string): string {
  return `https://raw.githubusercontent.com/${repository}/${commit}/${path}`
}

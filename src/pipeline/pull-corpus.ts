import { mkdir, readdir, rename, rm, rmdir } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { DamagedFileError, UnwritableError, UsageError } from '../core/index.ts'
import { type ImportCounts, importRows, type Row, rowsFromReports } from '../corpus/index.ts'
import { readReports } from '../reports/index.ts'
import { digestOf, download, type FileDigest, WrongHashError } from './public-sets/download.ts'
import { type PublicFile, type PublicSet, publicSets } from './public-sets/index.ts'

/** How a public set is fetched; every setting has a default. */
export interface PullOptions {
  /** Addresses (http, https) or paths to take the set's files from, in their order; where the set says by default. */
  readonly from?: readonly string[]
  /** SHA-256 that the files must have, in their order; what the set says by default, and any where it says none. */
  readonly sha256?: readonly string[]
  /** Longest silence of a server, in milliseconds; a minute by default. */
  readonly silenceMs?: number
  /** When aborted, nothing is left behind. */
  readonly signal?: AbortSignal
  onBytes?(bytes: number, total: number | null): void
  onRows?(rows: number): void
}

/** What was pulled. */
export interface PullResult {
  readonly set: string
  readonly licence: string
  readonly counts: ImportCounts
  readonly files: readonly PulledFile[]
}

/** A file of a public set as it came. */
export interface PulledFile extends FileDigest {
  readonly name: string
  readonly from: string
  /** Whether the hash was compared with a known one; else nothing but the address vouches for the content. */
  readonly vouched: boolean
}

/** The public set of that name. @throws UsageError that lists the names */
export function findPublicSet(name: string): PublicSet {
  const found = publicSets.find((set) => set.name === name)
  if (found) return found
  const names = publicSets.map((set) => set.name).join(', ')
  throw new UsageError(`corpus pull: no public set is called ${JSON.stringify(name)}; there are ${names}`)
}

/**
 * Fetches a public set and makes a corpus of it, in a folder that is new or empty. All is done beside the folder, which is
 * put in its place at the end: stopped or failed, there is nothing.
 * @throws UsageError for a folder with something in it; DownloadError, WrongHashError, DamagedFileError where a file is not
 * what it should be; what reading it throws; the reason of the signal
 */
export async function pullCorpus(
  set: PublicSet,
  directory: string,
  options: PullOptions = {},
): Promise<PullResult> {
  checkLists(set, options)
  const place = resolve(directory)
  if (((await readdir(place).catch(absent)) ?? []).length > 0) {
    throw new UsageError(
      `${directory}: has something in it already; a public set is pulled into a new folder`,
    )
  }
  const work = join(dirname(place), `.${basename(place)}.${process.pid}.part`)
  try {
    await mkdir(work, { recursive: true })
    const files: PulledFile[] = []
    const paths: string[] = []
    for (const [i, file] of set.files.entries()) {
      const { path, ...pulled } = await fetchFile(file, i, work, options)
      files.push(pulled)
      paths.push(path)
    }
    const corpus = join(work, 'corpus')
    const counts = await importRows(corpus, rowsOf(set, paths), {
      onProgress: ({ added }) => options.onRows?.(added),
      ...(options.signal ? { signal: options.signal } : {}),
    })
    options.signal?.throwIfAborted()
    if (counts.added === 0) throw new DamagedFileError(files[0].from, `holds nothing of ${set.name}`)
    await rmdir(place).catch(absent)
    await rename(corpus, place)
    return { set: set.name, licence: set.licence, counts, files }
  } catch (error) {
    throw isSystemError(error) ? new UnwritableError(directory, error) : error
  } finally {
    await rm(work, { recursive: true, force: true })
  }
}

function checkLists(set: PublicSet, { from, sha256 }: PullOptions): void {
  const wanted = set.files.map((file) => file.name).join(', ')
  for (const [option, list] of Object.entries({ from, sha256 })) {
    if (list === undefined || list.length === set.files.length) continue
    throw new UsageError(`corpus pull: --${option} is wanted once for each of ${wanted}, got ${list.length}`)
  }
  const wrong = sha256?.find((hash) => !/^[0-9a-f]{64}$/i.test(hash))
  if (wrong !== undefined) throw new UsageError(`corpus pull: a SHA-256 has 64 hex digits, got ${wrong}`)
}

async function fetchFile(
  file: PublicFile,
  i: number,
  work: string,
  options: PullOptions,
): Promise<PulledFile & { readonly path: string }> {
  const from = options.from?.[i] ?? file.url
  const isRemote = /^https?:\/\//i.test(from)
  const path = isRemote ? join(work, file.name) : from
  const digest = isRemote ? await download(from, path, options) : await digestOf(path, options.signal)
  const wanted = options.sha256?.[i].toLowerCase() ?? file.sha256
  if (wanted !== null && wanted !== digest.sha256) throw new WrongHashError(from, digest.sha256, wanted)
  return { name: file.name, from, ...digest, vouched: wanted !== null, path }
}

/** Rows by the same way that a traces file goes, so that they are what importing such a file would give. */
function rowsOf(set: PublicSet, paths: readonly string[]): AsyncGenerator<Row> {
  async function* bytes() {
    for await (const line of set.lines(paths)) yield Buffer.from(`${JSON.stringify(line)}\n`)
  }
  return rowsFromReports(readReports(bytes()), {
    path: set.name,
    source: set.name,
    ...(set.kind === null ? {} : { kind: set.kind }),
  })
}

function absent(error: unknown): undefined {
  if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
  throw error
}

function isSystemError(error: unknown): boolean {
  return /^E[A-Z0-9]+$/.test((error as NodeJS.ErrnoException).code ?? '')
}

import { createHash } from 'node:crypto'
import { readdir, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import {
  byCodePoint,
  KnownError,
  LimitExceededError,
  readChunks,
  UnreadableError,
  UsageError,
} from '../core/index.ts'
import {
  type AvclassData,
  type Consensus,
  consensusOf,
  type EngineLabel,
  type LabelSource,
  readVirusTotal,
} from '../intake/index.ts'

/** How files are labelled. */
export interface LabelPathsOptions {
  readonly sources: readonly LabelSource[]
  /** AVClass's knowledge; null for none. */
  readonly avclass: AvclassData | null
  /** Go down into folders. */
  readonly recursive?: boolean
  readonly signal?: AbortSignal
  /** Told of each thing that was passed over, and why. */
  onSkip?(path: string, reason: string): void
}

/** What all sources say of one sample, and their consensus; or why there is nothing to say. */
export type Labelled =
  | {
      readonly sample: { readonly path: string; readonly sha256: string | null; readonly size: number | null }
      readonly labels: readonly EngineLabel[]
      readonly consensus: Consensus
    }
  | {
      readonly sample: { readonly path: string }
      readonly error: { readonly code: string; readonly message: string }
    }

/**
 * Labels files as they lie, archives too, in the order of the paths; folders by name in code point order, depth first. A
 * file that cannot be read, or has a broken report, is told and the rest goes on; an engine that is gone ends all.
 * @throws UsageError before the first, for a folder without `recursive`; what tells that an engine is gone
 */
export async function* labelPaths(
  paths: readonly string[],
  options: LabelPathsOptions,
): AsyncGenerator<Labelled> {
  for (const path of paths) {
    if (path === '-') throw new UsageError('label: standard input can be read but once, files are wanted')
    if (options.recursive || !(await isFolder(path))) continue
    throw new UsageError(`${path}: is a folder; use -r to go through it`)
  }
  for (const path of paths) {
    for await (const file of filesIn(path, options, 0)) {
      options.signal?.throwIfAborted()
      yield 'error' in file ? failureOf(file.path, file.error) : await labelFile(file.path, options)
    }
  }
}

async function labelFile(path: string, options: LabelPathsOptions): Promise<Labelled> {
  try {
    const { size, sha256, sha1, md5 } = await hashesOf(path, options.signal)
    const sample = { sha256, sha1, md5, size, name: basename(path), open: () => readChunks(path) }
    const labels: EngineLabel[] = []
    for (const source of options.sources) labels.push(...(await source.label(sample, options.signal)))
    return {
      sample: { path, sha256, size },
      labels,
      consensus: consensusOf(labels, options.avclass, [sha256, sha1, md5]),
    }
  } catch (error) {
    options.signal?.throwIfAborted()
    if (error instanceof KnownError && OF_THE_SAMPLE.has(error.code)) return failureOf(path, error)
    throw error
  }
}

/** Codes of errors that say something of one sample, and nothing of whoever labels. */
const OF_THE_SAMPLE: ReadonlySet<string> = new Set(['unreadable', 'malformed-input', 'limit-exceeded'])

function failureOf(path: string, { code, message }: KnownError): Labelled {
  return { sample: { path }, error: { code, message } }
}

async function hashesOf(path: string, signal?: AbortSignal) {
  const hashes = ['sha256', 'sha1', 'md5'].map((name) => createHash(name))
  let size = 0
  for await (const chunk of readChunks(path)) {
    signal?.throwIfAborted()
    size += chunk.length
    for (const hash of hashes) hash.update(chunk)
  }
  const [sha256, sha1, md5] = hashes.map((hash) => hash.digest('hex'))
  return { size, sha256: sha256!, sha1: sha1!, md5: md5! }
}

/** Folders within folders. */
const MAX_FOLDER_DEPTH = 64

type Found = { readonly path: string } | { readonly path: string; readonly error: KnownError }

/** The files of a path; links in folders are not followed. */
async function* filesIn(path: string, options: LabelPathsOptions, depth: number): AsyncGenerator<Found> {
  try {
    const about = await stat(path)
    if (about.isFile()) return yield { path }
    if (!about.isDirectory()) return options.onSkip?.(path, 'not a file')
    if (depth > MAX_FOLDER_DEPTH)
      throw new LimitExceededError(`${path}: folders in folders`, MAX_FOLDER_DEPTH)
    const entries = await readdir(path, { withFileTypes: true })
    for (const entry of entries.sort((a, b) => byCodePoint(a.name, b.name))) {
      const inside = join(path, entry.name)
      if (entry.isSymbolicLink()) options.onSkip?.(inside, 'links are not followed')
      else yield* filesIn(inside, options, depth + 1)
    }
  } catch (error) {
    yield { path, error: error instanceof KnownError ? error : new UnreadableError(path, error) }
  }
}

async function isFolder(path: string): Promise<boolean> {
  const about = await stat(path).catch(() => null)
  return about?.isDirectory() ?? false
}

/**
 * The samples of VirusTotal's reports, labelled by these alone; the samples themselves are not needed.
 * @throws what `readVirusTotal` throws
 */
export async function* labelReports(
  paths: readonly string[],
  { avclass, signal, onSkip }: Pick<LabelPathsOptions, 'avclass' | 'signal' | 'onSkip'>,
): AsyncGenerator<Labelled> {
  for (const path of paths) {
    for await (const { hashes, sha256, labels } of readVirusTotal(path, {
      signal,
      ...(onSkip && { onSkip }),
    })) {
      const consensus = consensusOf(labels, avclass, hashes as [string, ...string[]])
      yield { sample: { path, sha256, size: null }, labels, consensus }
    }
  }
}

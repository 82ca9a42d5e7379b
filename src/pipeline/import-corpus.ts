import { stat } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { basename, resolve } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { KnownError, openChunks, UsageError } from '../core/index.ts'
import {
  type CorpusWriter,
  counted,
  type ImportCounts,
  isCorpus,
  type Labels,
  MAX_CONFLICTS,
  openCorpus,
  openWriter,
  parseLabels,
  type Row,
  rowsFromReports,
} from '../corpus/index.ts'
import type { Kind, Report } from '../samples/index.ts'
import { findSources, type Source } from '../sources/index.ts'
import { openStore, type StoreLocation } from '../store/index.ts'
import type { ToldError } from './read-all.ts'
import { DEFAULT_TIMEOUT_MS, isInput, type ReadInputSettings } from './read-input.ts'
import { type ReadSource, readSources } from './read-sources.ts'
import { storedTraces } from './stored-traces.ts'

/** How an import goes about it; every setting has a default. */
export interface ImportCorpusOptions {
  /** A store whose traces are imported as well, with the labels that its samples have; see storedTraces. */
  readonly store?: StoreLocation
  /** Path of a labels file; see parseLabels for its columns. */
  readonly labels?: string | undefined
  /** Name of the source, for all that is read but other corpora. */
  readonly source?: string | undefined
  readonly dialect?: string | undefined
  /** Reduce every trace to this kind. */
  readonly kind?: Kind | undefined
  /** How executables are taken apart, and the caps of reading. */
  readonly reading?: ReadInputSettings
  /** Of encrypted zip members; `infected`, by custom, when absent. */
  readonly password?: string
  /** Worker threads, all cores by default. The corpus is the same whatever their number. */
  readonly threads?: number
  /** Longest time for one file, in milliseconds; ten minutes by default. */
  readonly timeoutMs?: number
  /** When aborted, what was read so far is kept and the import ends. */
  readonly signal?: AbortSignal
  /** Told of each row with the rows and files so far. */
  onProgress?(rows: number, files: number): void
}

/** What an import did. */
export interface ImportResult extends ImportCounts {
  /** Files and corpora that were read to their end. */
  readonly files: number
  /** Files that an earlier import had read to their end, and that have not changed since. */
  readonly filesReadBefore: number
  /** Added rows whose class nobody said. */
  readonly unlabelled: number
  /** What could not be read: files, lines, traces. `first` are the first MAX_TOLD. */
  readonly skipped: { readonly total: number; readonly first: readonly Skipped[] }
  /** Things in folders and archives that are plainly no inputs: links, devices, files of other kinds. */
  readonly passedOver: number
  /** What the import decided by itself. */
  readonly notices: readonly string[]
  /** Whether it was stopped before its end. */
  readonly interrupted: boolean
}

/** Something that was not imported, and why. */
export interface Skipped {
  readonly path: string
  readonly code: string
  readonly message: string
}

/** Skipped things that are told one by one. */
const MAX_TOLD = 100

/** Most bytes of what a line says besides: an exported corpus keeps the places of a million calls there. */
const MAX_EXTRA_BYTES = 2 ** 26

/** Most bytes of a labels file. */
const MAX_LABELS_BYTES = 2 ** 28

/**
 * Imports executables, listings, reports, traces files, folders and archives of them, and other corpora into a corpus,
 * which is made if need be. What cannot be read is passed over and counted. Importing again reads only files that are new
 * or have changed. The opcodes of an executable are kept without their addresses, which no model reads and which would
 * take four times their room; the evidence of a verdict has them from the sample itself.
 * @throws UsageError for a bad labels file or while another process imports, and what openWriter throws
 */
export async function importCorpus(
  paths: readonly string[],
  directory: string,
  options: ImportCorpusOptions = {},
): Promise<ImportResult> {
  if (paths.length === 0 && !options.store) throw new UsageError('corpus import: say what to import')
  const listed = options.labels === undefined ? undefined : await readLabels(options.labels)
  const folders: string[] = []
  const others: string[] = []
  for (const path of paths) {
    if (resolve(path) === resolve(directory))
      throw new UsageError(`${path}: a corpus cannot be imported into itself`)
    if (path !== '-' && (await isCorpus(path))) folders.push(path)
    else others.push(path)
  }
  const store = options.store && (await openStore(options.store, { create: false }))
  try {
    const stored = store && (await storedTraces(store, options.store!.folder))
    const writer = await openWriter(directory)
    try {
      const run = importRun(writer, eitherLabels(listed, stored?.labels), listed, options)
      for (const folder of folders) await run.addCorpus(folder)
      if (others.length > 0) await importSources(filesOf(others, options, run), options, run)
      if (stored) await importSources(stored.sources, options, run)
      return run.result()
    } finally {
      await writer.close()
    }
  } finally {
    await store?.close()
  }
}

/** The labels of a list, and of what it does not name those of a store. */
function eitherLabels(listed: Labels | undefined, stored: Labels | undefined): Labels | undefined {
  if (!listed || !stored) return listed ?? stored
  return { ...listed, find: (names) => listed.find(names) ?? stored.find(names) }
}

function filesOf(
  paths: readonly string[],
  { signal, password }: ImportCorpusOptions,
  run: ReturnType<typeof importRun>,
): AsyncIterable<Source> {
  return findSources(paths, {
    recursive: true,
    accepts: isInput,
    patience: signal ? { signal } : {},
    onSkip: run.passOver,
    ...(password !== undefined && { password }),
  })
}

/** Reads sources on threads, and adds what they hold in their order. */
async function importSources(
  sources: AsyncIterable<Source>,
  options: ImportCorpusOptions,
  run: ReturnType<typeof importRun>,
): Promise<void> {
  const { signal, password, timeoutMs = DEFAULT_TIMEOUT_MS, threads = availableParallelism() } = options
  const shared = { ...(password !== undefined && { password }), ...(signal && { signal }) }
  const reading = {
    idaTimeoutMs: timeoutMs,
    ...options.reading,
    maxExtraBytes: MAX_EXTRA_BYTES,
    addresses: false,
  }
  const how = { reading, threads, timeoutMs, wants: run.wants, ...shared }
  for await (const read of readSources(sources, how, run.skipLine)) {
    if (signal?.aborted) break
    await run.addSource(read)
  }
}

async function readLabels(path: string): Promise<Labels> {
  const bytes = await buffer(openChunks(path, { maxBytes: MAX_LABELS_BYTES }))
  return parseLabels(bytes.toString('utf8'), basename(path))
}

function conflictNotices({ conflicts }: Labels): string[] {
  if (conflicts.length === 0) return []
  const many = conflicts.length === MAX_CONFLICTS ? `${MAX_CONFLICTS} or more` : `${conflicts.length}`
  const shown = conflicts.slice(0, 5).join(', ')
  return [`the labels file says different things of ${many} names, and the first counts: ${shown}`]
}

/** The state of one import. */
function importRun(
  writer: CorpusWriter,
  labels: Labels | undefined,
  listed: Labels | undefined,
  options: ImportCorpusOptions,
) {
  const { signal, onProgress } = options
  let counts: ImportCounts = { added: 0, alreadyThere: 0, differing: 0 }
  let [files, filesReadBefore, unlabelled, skippedTotal, passedOver] = [0, 0, 0, 0, 0]
  const origins = new Map<string, string | null>()
  const first: Skipped[] = []
  const notices: string[] = listed ? conflictNotices(listed) : []
  const skip = (path: string, code: string, message: string) => {
    if (skippedTotal++ < MAX_TOLD) first.push({ path, code, message })
  }

  /** Adds rows, and returns whether their end was reached. */
  const addRows = async (rows: AsyncIterable<Row>, path: string): Promise<boolean> => {
    for await (const row of rows) {
      if (signal?.aborted) return false
      const outcome = await writer.add(row, path)
      if (outcome === 'added' && row.label.malicious === null) unlabelled++
      counts = counted(counts, outcome)
      onProgress?.(counts.added + counts.alreadyThere, files)
    }
    return true
  }

  return {
    async addCorpus(folder: string) {
      const corpus = await openCorpus(folder)
      try {
        if (await addRows(corpus.rows(), folder)) files++
      } finally {
        corpus.close()
      }
    },
    passOver: () => void passedOver++,
    skipLine: (path: string, { code, message }: ToldError) => skip(path, code, message),
    /** Whether a source is still to be read. */
    async wants({ path }: Source): Promise<boolean> {
      const origin = await originOf(path, options.source)
      if (origin !== null && writer.isFinished(origin)) return false
      origins.set(path, origin)
      return true
    },
    async addSource({ source: { path }, reports }: ReadSource) {
      if (reports === null) {
        filesReadBefore++
        return
      }
      const origin = origins.get(path) ?? null
      origins.delete(path)
      try {
        if (!(await addRows(rowsOf(reports, path, labels, options, { skip, notices }), path))) return
        files++
        if (origin !== null) await writer.finish(origin)
      } catch (error) {
        if (signal?.aborted) return
        if (!(error instanceof KnownError)) throw error
        skip(path, error.code, error.message)
      }
    },
    result: (): ImportResult => ({
      ...counts,
      files,
      filesReadBefore,
      unlabelled,
      skipped: { total: skippedTotal, first },
      passedOver,
      notices,
      interrupted: signal?.aborted ?? false,
    }),
  }
}

/** The rows of a source's reports. Traces that give none are told to `skip`, what was decided to `notices`. */
function rowsOf(
  reports: AsyncIterable<Report>,
  path: string,
  labels: Labels | undefined,
  { source: name, dialect, kind }: ImportCorpusOptions,
  told: { skip(path: string, code: string, message: string): void; notices: string[] },
): AsyncGenerator<Row> {
  return rowsFromReports(reports, {
    ...{ path, source: name, dialect, kind, labels },
    onSets: (n) =>
      told.notices.push(`${path}: none of the first ${n} sequences repeats a token, they are taken as sets`),
    onSkip: (problem) => told.skip(path, 'usage', problem),
  })
}

/** What tells whether a file was imported before: its path, size and time of change. Null for standard input. */
async function originOf(path: string, sourceName: string | undefined): Promise<string | null> {
  if (path === '-') return null
  // A member of an archive, `a.zip!b.json`, is as old as the archive.
  for (let end = path.length; end > 0; end = path.lastIndexOf('!', end - 1)) {
    const about = await stat(path.slice(0, end)).catch(() => null)
    if (about) return JSON.stringify([resolve(path), about.size, about.mtimeMs, sourceName ?? null])
  }
  return null
}

import { lstat, readdir, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import {
  byCodePoint,
  compressionOf,
  decompress,
  type InputOptions,
  type KnownError,
  LimitExceededError,
  openChunks,
  type Patience,
  peek,
  UnknownFormatError,
  UnreadableError,
  UsageError,
} from '../core/index.ts'
import type { Archive, Member } from './archives/archive.ts'
import { archiveFile, archiveKind, archiveStream } from './archives/open-archive.ts'
import { fileBytes } from './archives/random-access.ts'
import { CUSTOMARY_PASSWORD } from './customary-password.ts'

/** Something that holds samples or what is known of them: a file, standard input, or a member of an archive. */
export interface Source {
  /** As shown to the user: `a.json`, `-`, `a.zip!inner.json`. */
  readonly path: string
  /** The file's own name, of a member that in the archive, without folders. */
  readonly name: string
  /** Bytes as they lie on disk, of a member its own; null where unknown. */
  readonly size: number | null
  /** Whether `openSource(path)` gives the same again, in this thread or another. Pipes do not, nor do errors. */
  readonly reopens: boolean
  /** The content, compression undone, errors as `openChunks` throws them. May be called again if `reopens`. */
  open(options?: InputOptions): AsyncIterable<Uint8Array>
}

/** What `findSources` goes by. */
export interface FindOptions {
  /** Go down into folders. */
  readonly recursive: boolean
  /** Whether what a walk or an archive holds is wanted: by its first bytes (HEAD_BYTES or fewer) or by its name. */
  accepts(head: Uint8Array, name: string): boolean
  /** For encrypted zip members; `infected` by custom. */
  readonly password?: string
  /** How long to wait for pipes. */
  readonly patience?: Patience
  /** Told of each thing that was passed over, and why: links, devices, files that nobody wants. */
  onSkip?(path: string, reason: string): void
}

/** Folders within folders. */
const MAX_FOLDER_DEPTH = 64

/**
 * The sources that some paths hold, in the order of the paths; inside a folder by name in code point order, depth first;
 * inside an archive as it lists them.
 *
 * A path that names a file yields it, whatever it is. A folder that a sandbox wrote (`storage/analyses/N`) yields its
 * report only. Any other is walked when `recursive`: links are not followed, and of files only those are yielded that
 * `accepts` takes. Archives (zip, tar, tar.gz, tar.zst, by content) yield their members by the same rules; those inside
 * archives are not opened.
 *
 * What cannot be read is a source whose `open()` throws, so that the others go on.
 * @throws UsageError before the first source, for a folder without `recursive`
 */
export async function* findSources(paths: readonly string[], options: FindOptions): AsyncGenerator<Source> {
  for (const path of paths) {
    if (options.recursive || !(await isFolder(path)) || (await analysisReport(path))) continue
    throw new UsageError(`${path}: is a folder; use -r to go through it`)
  }
  for (const path of paths) {
    if (await isFolder(path)) yield* walk(path, options, 0)
    else yield* named(path, options)
  }
}

/**
 * The source of a path that `findSources` gave, found again from the path alone, as a worker does. Members of the same
 * archive asked for in their order cost one pass over it in all.
 * @throws UnreadableError
 */
export async function openSource(path: string, { password = CUSTOMARY_PASSWORD } = {}): Promise<Source> {
  if (path === '-') return fromPipe('-')
  let error: unknown
  try {
    const about = await stat(path)
    if (!about.isDirectory()) return about.isFile() ? fromFile(path, about.size) : fromPipe(path)
    const report = await analysisReport(path)
    if (report) return openSource(report)
    error = { code: 'EISDIR' }
  } catch (problem) {
    error = problem
  }
  for (let at = path.indexOf('!'); at >= 0; at = path.indexOf('!', at + 1)) {
    const container = path.slice(0, at)
    const about = await stat(container).catch(() => null)
    if (!about?.isFile()) continue
    const archive = await keptArchive(container, password, `${about.ino}:${about.size}:${about.mtimeMs}`)
    const member = await archive?.find(path.slice(at + 1))
    if (member && 'error' in member) throw member.error
    if (member && 'open' in member) return fromMember(path, member, true)
  }
  throw new UnreadableError(path, error)
}

// A thread keeps the archive it opened last, so that its index is not read again for each member.
let kept: { key: string; archive: Promise<Archive | null> } | null = null

async function keptArchive(path: string, password: string, version: string): Promise<Archive | null> {
  const key = JSON.stringify([path, version, password])
  if (kept?.key !== key) {
    const before = kept
    kept = { key, archive: archiveFile(path, password) }
    await before?.archive.then((archive) => archive?.close()).catch(() => undefined)
  }
  return kept.archive
}

async function isFolder(path: string): Promise<boolean> {
  if (path === '-') return false
  return stat(path).then(
    (about) => about.isDirectory(),
    () => false,
  )
}

const REPORT_NAMES = ['report.json', 'report.json.gz', 'report.json.zst']

/** The report of a folder in which Cuckoo or CAPE keeps one analysis; null for any other folder. */
async function analysisReport(folder: string): Promise<string | null> {
  // A link could lead out of the folder.
  const reports = await lstat(join(folder, 'reports')).catch(() => null)
  if (!reports?.isDirectory()) return null
  for (const name of REPORT_NAMES) {
    const path = join(folder, 'reports', name)
    const about = await lstat(path).catch(() => null)
    if (about?.isFile()) return path
  }
  return null
}

async function* walk(folder: string, options: FindOptions, depth: number): AsyncGenerator<Source> {
  const report = await analysisReport(folder)
  if (report) return yield* named(report, options)
  if (depth > MAX_FOLDER_DEPTH) {
    return yield failing(folder, new LimitExceededError(`${folder}: folders in folders`, MAX_FOLDER_DEPTH))
  }
  let entries: { name: string; kind: 'file' | 'folder' | null; link: boolean }[]
  try {
    entries = (await readdir(folder, { withFileTypes: true })).map((entry) => ({
      name: entry.name,
      kind: entry.isFile() ? 'file' : entry.isDirectory() ? 'folder' : null,
      link: entry.isSymbolicLink(),
    }))
  } catch (error) {
    return yield failing(folder, new UnreadableError(folder, error))
  }
  entries.sort((a, b) => byCodePoint(a.name, b.name))
  for (const { name, kind, link } of entries) {
    const path = join(folder, name)
    if (kind === 'folder') yield* walk(path, options, depth + 1)
    else if (kind === null) options.onSkip?.(path, link ? 'links are not followed' : 'not a file')
    else yield* found(path, options)
  }
}

/** Bytes of the start of a file by which it is seen what it is. */
export const HEAD_BYTES = 64 * 1024
const UNWANTED = 'nothing that taxon reads'

/** A file that a walk came upon. */
async function* found(path: string, options: FindOptions): AsyncGenerator<Source> {
  const head = await fileHead(path)
  // A file that cannot be read has no head, and is no less worth telling of.
  if (head === null || archiveKind(head) || options.accepts(head, basename(path))) yield* named(path, options)
  else options.onSkip?.(path, head.length === 0 ? 'empty' : UNWANTED)
}

/** The first bytes of a file, compression undone; null where it cannot be read. */
async function fileHead(path: string): Promise<Uint8Array | null> {
  try {
    const bytes = await fileBytes(path)()
    const head = await bytes.read(0, HEAD_BYTES).finally(() => bytes.close())
    if (compressionOf(head) === null) return head
    const inside = await headOf(openChunks(path))
    return inside.length > 0 ? inside : null
  } catch {
    return null
  }
}

async function headOf(chunks: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const { head, rest } = await peek(chunks, HEAD_BYTES)
  await rest.return?.()
  return head
}

/** A file or pipe that the user, or `found`, named. */
async function* named(path: string, options: FindOptions): AsyncGenerator<Source> {
  const about = path === '-' ? null : await stat(path).catch((error: unknown) => ({ error }))
  if (about && 'error' in about) return yield failing(path, new UnreadableError(path, about.error))
  const password = options.password ?? CUSTOMARY_PASSWORD
  if (about?.isFile()) {
    const archive = await archiveFile(path, password).catch(() => null)
    if (archive) yield* members(archive, path, options, true)
    else yield fromFile(path, about.size)
    return
  }
  // A pipe gives its bytes once: the head that was looked at must be handed on.
  const { head, rest } = await peek(openChunks(path, options.patience), HEAD_BYTES)
  const kind = archiveKind(head)
  if (!kind) return yield { ...fromPipe(path), open: (limits) => decompress(rest, limits) }
  try {
    yield* members(await archiveStream(rest, kind, path, password), path, options, false)
  } catch (error) {
    yield failing(path, error as KnownError)
  }
}

async function* members(
  archive: Archive,
  path: string,
  options: FindOptions,
  reopens: boolean,
): AsyncGenerator<Source> {
  try {
    const analyses = await analysesIn(archive)
    for await (const member of archive.members()) {
      const shown = `${path}!${member.name}`
      if (belongsTo(analyses, member.name)) continue
      if ('error' in member) yield failing(shown, member.error)
      else if ('skipped' in member) {
        if (member.skipped !== 'a folder') options.onSkip?.(shown, member.skipped)
      } else yield* foundMember(member, shown, options, reopens)
    }
  } catch (error) {
    yield failing(path, error as KnownError)
  } finally {
    await archive.close()
  }
}

/** The folders of an archive in which a sandbox keeps one analysis each, with the report of each. */
async function analysesIn(archive: Archive): Promise<Map<string, string>> {
  const analyses = new Map<string, string>()
  try {
    for await (const member of archive.members()) {
      const [, folder, name] = /^(.*\/|)reports\/([^/]+)$/.exec(member.name) ?? []
      if (folder === undefined || name === undefined || !('open' in member)) continue
      const before = analyses.get(folder)
      const rank = REPORT_NAMES.indexOf(name)
      if (rank < 0 || (before && REPORT_NAMES.indexOf(basename(before)) <= rank)) continue
      analyses.set(folder, member.name)
    }
  } catch {
    // The listing that yields the members meets the same damage and tells it.
  }
  return analyses
}

/** Whether a member lies in an analysis without being its report. */
function belongsTo(analyses: ReadonlyMap<string, string>, member: string): boolean {
  for (let end = 0; end >= 0; end = member.indexOf('/', end) + 1 || -1) {
    const report = analyses.get(member.slice(0, end))
    if (report !== undefined) return report !== member
  }
  return false
}

async function* foundMember(
  member: Extract<Member, { open: unknown }>,
  path: string,
  options: FindOptions,
  reopens: boolean,
): AsyncGenerator<Source> {
  const head = await headOf(decompress(member.open()))
  if (archiveKind(head)) {
    const problem = 'an archive inside an archive, which is not opened'
    return yield failing(path, new UnknownFormatError(path, problem))
  }
  // A member that cannot be opened has no head, and is no less worth telling of.
  if (head.length > 0 && !options.accepts(head, basename(member.name)))
    return options.onSkip?.(path, UNWANTED)
  yield fromMember(path, member, reopens)
}

function fromFile(path: string, size: number): Source {
  return { path, name: basename(path), size, reopens: true, open: (options) => openChunks(path, options) }
}

function fromPipe(path: string): Source {
  return {
    path,
    name: basename(path),
    size: null,
    reopens: false,
    open: (options) => openChunks(path, options),
  }
}

function fromMember(path: string, member: Extract<Member, { open: unknown }>, reopens: boolean): Source {
  const { name, size } = member
  return { path, name: basename(name), size, reopens, open: (options) => decompress(member.open(), options) }
}

function failing(path: string, error: KnownError): Source {
  return {
    path,
    name: basename(path),
    size: null,
    reopens: false,
    // biome-ignore lint/correctness/useYield: a stream that is nothing but its error
    open: async function* () {
      throw error
    },
  }
}

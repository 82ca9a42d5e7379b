import { rmSync } from 'node:fs'
import { mkdtemp, open, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  beforeEnd,
  compressionOf,
  KnownError,
  LimitExceededError,
  MalformedInputError,
  openChunks,
  readChunks,
  UnreadableError,
} from '../core/index.ts'
import { type Archive, archiveFile, CUSTOMARY_PASSWORD, fileBytes, type Member } from '../sources/index.ts'
import { type Budget, budget, UNPACK_LIMITS, type UnpackLimits } from './unpack-limits.ts'

/** What came out of an archive: a file, or why one did not. */
export type Unpacked = UnpackedFile | { readonly trail: readonly string[]; readonly problem: KnownError }

/** A file out of an archive. */
export interface UnpackedFile {
  /** The names from the outermost archive to the file, `['inner.zip', 'a.exe']`: hostile, and no paths. */
  readonly trail: readonly string[]
  readonly size: number
  /** Reasons why it is known to be cut, as the archive itself is. */
  readonly partial: readonly string[]
  /** Where it lies until the next one is asked for. */
  readonly path: string
  /** The bytes, any number of times until the next one is asked for. */
  open(): AsyncIterable<Uint8Array>
}

/** How an archive is unpacked. */
export interface UnpackOptions {
  readonly limits?: Partial<UnpackLimits>
  /** For encrypted members; `infected` by custom. */
  readonly password?: string
  /** Name of the file, from which that of what is merely compressed is made. */
  readonly name?: string | null
  /** Folder in which members lie for a moment, in one of their own; the system's by default. */
  readonly temporary?: string
  readonly signal?: AbortSignal
}

/** A link or a device within an archive, which is not unpacked. */
export class NotUnpackedError extends KnownError {
  readonly code = 'not-unpacked'

  constructor(what: string) {
    super(`not unpacked: ${what}`)
  }
}

/**
 * The files in a zip, tar, tar.gz or tar.zst, in its order, each followed by what is in it where it is such an archive; of a
 * gzip or zstd file what is compressed. Nothing of a file that is none of these. Each file lies whole in a private folder,
 * under a name of ours, when it is told of, so that names lead nowhere; the folder is gone in the end. A limit ends the
 * unpacking with a problem; what came before it stays.
 */
export async function* unpack(path: string, options: UnpackOptions = {}): AsyncGenerator<Unpacked> {
  const limits = { ...UNPACK_LIMITS, ...options.limits }
  const { size } = await stat(path).catch((error) => {
    throw new UnreadableError(path, error)
  })
  const folder = await mkdtemp(join(options.temporary ?? tmpdir(), 'taxon-unpack-'))
  const forget = beforeEnd(() => rmSync(folder, { recursive: true, force: true }))
  try {
    yield* unpackFile(path, [], { ...options, folder, limits, left: budget(limits, size), count: 0 })
  } finally {
    await rm(folder, { recursive: true, force: true })
    forget()
  }
}

interface Unpacking extends UnpackOptions {
  readonly folder: string
  readonly limits: UnpackLimits
  readonly left: Budget
  /** Files made so far, which are named by their number. */
  count: number
}

async function* unpackFile(
  path: string,
  trail: readonly string[],
  unpacking: Unpacking,
): AsyncGenerator<Unpacked, void> {
  const { left, limits, password = CUSTOMARY_PASSWORD, signal, name = null } = unpacking
  let archive: Archive | null = null
  try {
    // What lies between members is unpacked too.
    archive = await archiveFile(path, password, { maxBytes: left.bytes() + BETWEEN_MEMBERS_BYTES })
    if (archive === null && !(await isCompressed(path))) return
    if (trail.length >= limits.depth) throw new LimitExceededError('archives within archives', limits.depth)
    for await (const member of archive?.members() ?? compressed(path, trail.at(-1) ?? name)) {
      signal?.throwIfAborted()
      yield* unpackMember(member, [...trail, member.name], unpacking)
      if (left.isSpent()) return
    }
  } catch (error) {
    if (!(error instanceof KnownError)) throw error
    yield { trail, problem: error }
  } finally {
    await archive?.close()
  }
}

/** Headers and padding of a tar that is compressed. */
const BETWEEN_MEMBERS_BYTES = 64 * 1024 ** 2

async function* unpackMember(
  member: Member,
  trail: readonly string[],
  unpacking: Unpacking,
): AsyncGenerator<Unpacked, void> {
  unpacking.left.takeMember()
  if ('error' in member) return yield { trail, problem: member.error }
  if ('skipped' in member) {
    if (member.skipped !== 'a folder') yield { trail, problem: new NotUnpackedError(member.skipped) }
    return
  }
  const path = join(unpacking.folder, String(unpacking.count++))
  try {
    const { size, problem } = await write(member.open(), path, unpacking)
    if (problem !== null && (size === 0 || !isCut(problem))) return yield { trail, problem }
    const partial = problem === null ? [] : [problem.message]
    yield { trail, size, partial, path, open: () => readChunks(path) }
    yield* unpackFile(path, trail, unpacking)
  } finally {
    await rm(path, { force: true })
  }
}

/** Writes what there is; whether all of it was there is told by the problem. */
async function write(
  chunks: AsyncIterable<Uint8Array>,
  path: string,
  { left, signal }: Unpacking,
): Promise<{ size: number; problem: KnownError | null }> {
  const file = await open(path, 'wx', 0o600)
  let size = 0
  try {
    for await (const chunk of chunks) {
      signal?.throwIfAborted()
      left.takeBytes(chunk.length, size)
      await file.writeFile(chunk)
      size += chunk.length
    }
    return { size, problem: null }
  } catch (error) {
    if (error instanceof KnownError) return { size, problem: error }
    throw error
  } finally {
    await file.close()
  }
}

/** Only in what is read from its start to its end can a beginning be told to be right. */
function isCut(problem: KnownError): boolean {
  return (
    problem instanceof MalformedInputError && /^(?:tar|gzip|zstd): the data is cut off/.test(problem.message)
  )
}

async function isCompressed(path: string): Promise<boolean> {
  const bytes = await fileBytes(path)()
  const head = await bytes.read(0, 4).finally(() => bytes.close())
  return compressionOf(head) !== null
}

/** A compressed file as an archive of one. */
async function* compressed(path: string, name: string | null): AsyncGenerator<Member> {
  const own = (name ?? '').replace(/\.(?:gz|gzip|zst|z)$/i, '') || 'content'
  yield { name: own, size: 0, open: () => openChunks(path) }
}

import { readFile } from 'node:fs/promises'
import { executableCutOff, isExecutable } from '../binaries/index.ts'
import { compressionOf, KnownError, MalformedInputError, openChunks } from '../core/index.ts'
import { archiveFile, archiveKind, CUSTOMARY_PASSWORD, fileBytes, findZipEnd } from '../sources/index.ts'

/** Bytes of an executable that is looked at; larger ones are not held. */
const MAX_EXECUTABLE_BYTES = 256 * 1024 ** 2
/** Bytes that a compressed file is unpacked to while its end is looked for. */
const MAX_UNPACKED_BYTES = 2 * 1024 ** 3
const HEAD_BYTES = 512

/**
 * Each sign in the bytes of a file that its end is missing, as a short sentence; none proves nothing. Executables are held
 * to what their headers say, zips must end with their directory, and what is compressed must end where its format says.
 * @throws UnreadableError, the reason of the signal
 */
export async function cutOffSigns(path: string, signal?: AbortSignal): Promise<readonly string[]> {
  signal?.throwIfAborted()
  const bytes = await fileBytes(path)()
  try {
    const head = await bytes.read(0, HEAD_BYTES)
    if (isExecutable(head)) return await executableSigns(path, bytes.size)
    const kind = archiveKind(head)
    if (kind === 'zip') return await zipSigns(bytes)
    if (kind === 'tar') return await tarSigns(path)
    return compressionOf(head) === null ? [] : await compressedSigns(path, signal)
  } finally {
    await bytes.close()
  }
}

async function executableSigns(path: string, size: number): Promise<string[]> {
  if (size > MAX_EXECUTABLE_BYTES) return []
  const sign = executableCutOff(await readFile(path))
  return sign === null ? [] : [sign]
}

type Bytes = Awaited<ReturnType<ReturnType<typeof fileBytes>>>

/**
 * The directory must end where the record begins that tells of it: the record that is found at the end of what was cut off
 * may be that of a zip within.
 */
async function zipSigns(bytes: Bytes): Promise<string[]> {
  try {
    const { offset, size, recordAt, commentEnd } = await findZipEnd(bytes)
    if (offset + size > recordAt)
      return [`zip: its directory ends at byte ${offset + size}, behind its end record`]
    if (offset + size < recordAt) return ['zip: the end record that is there is that of another archive']
    return commentEnd > bytes.size ? ['zip: the file is cut off within its comment'] : []
  } catch (error) {
    if (error instanceof MalformedInputError)
      return [`zip: the file is cut off: ${error.message.replace(/^zip: /, '')}`]
    throw error
  }
}

async function tarSigns(path: string): Promise<string[]> {
  try {
    const archive = await archiveFile(path, CUSTOMARY_PASSWORD)
    for await (const _ of archive?.members() ?? []) {
      // Only the way to the end matters.
    }
    return []
  } catch (error) {
    return cutSign(error)
  }
}

async function compressedSigns(path: string, signal?: AbortSignal): Promise<string[]> {
  try {
    for await (const _ of openChunks(path, { maxBytes: MAX_UNPACKED_BYTES })) signal?.throwIfAborted()
    return []
  } catch (error) {
    return cutSign(error)
  }
}

/** What is broken otherwise, or larger than it may be, is not therefore cut off. */
function cutSign(error: unknown): string[] {
  if (error instanceof MalformedInputError)
    return error.message.includes('the data is cut off') ? [error.message] : []
  if (error instanceof KnownError) return []
  throw error
}

import { compressionOf, type DecompressOptions, openChunks, peek } from '../../core/index.ts'
import type { Archive } from './archive.ts'
import { compressedTar } from './compressed-tar.ts'
import { fileBytes, heldBytes } from './random-access.ts'
import { isTar, tarArchive } from './tar.ts'
import { isZip, zipArchive } from './zip.ts'

const HEAD_BYTES = 512

/** Which archive starts with these (up to 512) bytes, if any. */
export function archiveKind(head: Uint8Array): 'zip' | 'tar' | null {
  return isZip(head) ? 'zip' : isTar(head) ? 'tar' : null
}

/** The archive that a file is, or null for any other file. @throws KnownError when it cannot be read */
export async function archiveFile(
  path: string,
  password: string,
  limits: DecompressOptions = {},
): Promise<Archive | null> {
  const open = fileBytes(path)
  const bytes = await open()
  const head = await bytes.read(0, HEAD_BYTES).finally(() => bytes.close())
  const kind = archiveKind(head)
  if (kind === 'zip') return zipArchive(open, path, password)
  if (kind === 'tar') return tarArchive(open)
  if (!compressionOf(head)) return null
  const { head: inside, rest } = await peek(openChunks(path), HEAD_BYTES)
  await rest.return?.()
  return isTar(inside) ? compressedTar(() => openChunks(path, limits)) : null
}

/**
 * The archive that comes through a pipe. It is held in memory, as its members may be asked for in any order.
 * @throws LimitExceededError past MAX_PIPED_ARCHIVE_BYTES
 */
export async function archiveStream(
  chunks: AsyncIterable<Uint8Array>,
  kind: 'zip' | 'tar',
  path: string,
  password: string,
): Promise<Archive> {
  const open = await heldBytes(chunks)
  return kind === 'zip' ? zipArchive(open, path, password) : tarArchive(open)
}

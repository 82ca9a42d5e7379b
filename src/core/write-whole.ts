import { createWriteStream } from 'node:fs'
import { realpath, rename, rm, stat } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { UnwritableError } from './errors.ts'

/**
 * Writes a file beside its place and moves it there once it is on disk: nobody ever sees half of it, and what was there
 * before stays until then. Links are followed; devices and pipes, such as /dev/null, are written to and stay what they are.
 * @throws UnwritableError; what the parts or the signal throw passes as it is
 */
export async function writeWhole(
  path: string,
  parts: Iterable<Uint8Array | string> | AsyncIterable<Uint8Array | string>,
  signal?: AbortSignal,
): Promise<void> {
  const about = await stat(path).catch(() => null)
  const isSpecial = about !== null && !about.isFile() && !about.isDirectory()
  const place = about?.isFile() ? await realpath(path).catch(() => path) : path
  const beside = isSpecial ? path : `${place}.${process.pid}.part`
  try {
    const out = createWriteStream(beside, { flush: !isSpecial })
    await pipeline(Readable.from(parts), out, signal ? { signal } : {})
    if (!isSpecial) await rename(beside, place)
  } catch (error) {
    if (!isSpecial) await rm(beside, { force: true })
    const isSystemError = /^E[A-Z0-9]+$/.test((error as NodeJS.ErrnoException).code ?? '')
    throw isSystemError ? new UnwritableError(path, error) : error
  }
}

import { createWriteStream } from 'node:fs'
import { rename, rm } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { UnwritableError } from './errors.ts'

/**
 * Writes a file beside its place and moves it there once it is on disk: nobody ever sees half of it, and what was there
 * before stays until then.
 * @throws UnwritableError; what the parts or the signal throw passes as it is
 */
export async function writeWhole(
  path: string,
  parts: Iterable<Uint8Array | string> | AsyncIterable<Uint8Array | string>,
  signal?: AbortSignal,
): Promise<void> {
  const beside = `${path}.${process.pid}.part`
  try {
    await pipeline(Readable.from(parts), createWriteStream(beside, { flush: true }), signal ? { signal } : {})
    await rename(beside, path)
  } catch (error) {
    await rm(beside, { force: true })
    const isSystemError = /^E[A-Z0-9]+$/.test((error as NodeJS.ErrnoException).code ?? '')
    throw isSystemError ? new UnwritableError(path, error) : error
  }
}

import { readFile, stat } from 'node:fs/promises'
import { UnreadableError, UsageError } from '../core/index.ts'

const MAX_SECRET_BYTES = 8192

/** A secret that stands alone in a file: a token, a key. @throws UnreadableError, UsageError for what is too long for one */
export async function readSecret(path: string): Promise<string> {
  try {
    if ((await stat(path)).size <= MAX_SECRET_BYTES) return (await readFile(path, 'utf8')).trim()
  } catch (error) {
    throw new UnreadableError(path, error)
  }
  throw new UsageError(`${path}: too long for a token`)
}

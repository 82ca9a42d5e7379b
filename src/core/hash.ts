import { createHash } from 'node:crypto'

/** SHA-256 of some bytes or text (UTF-8), as 64 lower-case hex digits. */
export function sha256(data: Uint8Array | string): string {
  return createHash('sha256').update(data).digest('hex')
}

/** The first 16 hex digits (64 bits) of SHA-256 over several parts: enough to tell the contents of a corpus apart. */
export function contentHash(...parts: readonly (Uint8Array | string)[]): string {
  const hash = createHash('sha256')
  for (const part of parts) {
    // Each part's length goes first, so that ('ab', 'c') and ('a', 'bc') differ.
    hash.update(`${part.length}:`)
    hash.update(part)
  }
  return hash.digest('hex').slice(0, 16)
}

import type { KnownError } from '../../core/index.ts'

/** Members that one archive may list; more end the listing with a LimitExceededError. */
export const MAX_MEMBERS = 200_000
/** Bytes of a member's name. */
export const MAX_NAME_BYTES = 4096
/** Bytes of an archive that comes through a pipe and is therefore held in memory. */
export const MAX_PIPED_ARCHIVE_BYTES = 512 * 1024 ** 2

/** One member of an archive: a regular file, or why it is none that can be read. */
export type Member =
  | { readonly name: string; readonly size: number; open(): AsyncIterable<Uint8Array> }
  | { readonly name: string; readonly skipped: string }
  | { readonly name: string; readonly error: KnownError }

/** An archive that lies in a file or in memory. */
export interface Archive {
  /** Its members in the order of the archive; names are told apart by `#2`, `#3`, … where they repeat. */
  members(): AsyncGenerator<Member>
  /** The member of that name, or null. Asking in the order of `members` costs one pass over the archive in all. */
  find(name: string): Promise<Member | null>
  /** Frees what `find` keeps. */
  close(): Promise<void>
}

/** Bytes that can be read at any place. */
export interface RandomAccess {
  readonly size: number
  /** The bytes from `at`; fewer than asked for only at the end. */
  read(at: number, length: number): Promise<Uint8Array>
  close(): Promise<void>
}

/** Opens the bytes of an archive anew; each caller closes its own. */
export type OpenBytes = () => Promise<RandomAccess>

/** The bytes in `from … from + length`, in pieces. Closes `bytes` in the end. */
export async function* readRange(
  bytes: RandomAccess,
  from: number,
  length: number,
): AsyncGenerator<Uint8Array, undefined> {
  try {
    for (let at = 0; at < length; ) {
      const piece = await bytes.read(from + at, Math.min(PIECE_BYTES, length - at))
      if (piece.length === 0) return
      at += piece.length
      yield piece
    }
  } finally {
    await bytes.close()
  }
}

const PIECE_BYTES = 256 * 1024

/** Makes each name of an archive its own: the second `a` is `a#2`. */
export function distinctNames(): (name: string) => string {
  const seen = new Set<string>()
  return (name) => {
    let own = name
    for (let i = 2; seen.has(own); i++) own = `${name}#${i}`
    seen.add(own)
    return own
  }
}

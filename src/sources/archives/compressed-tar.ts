import { MalformedInputError } from '../../core/index.ts'
import type { Archive, Member } from './archive.ts'
import { type StreamedSource, streamed } from './byte-source.ts'
import { type TarEntry, tarEntries, unreadable } from './tar.ts'

/**
 * A tar archive inside gzip or zstd, which can be read only from its start. A member read while the listing stands at
 * it costs nothing more; members asked for later, in their order, cost one more pass in all. One out of order, or a
 * second at the same time, starts from the beginning.
 */
export function compressedTar(open: () => AsyncIterable<Uint8Array>): Archive {
  let kept: Cursor | null = null

  /** A cursor that stands at the member and is the caller's until released: the kept one, or a new one. */
  async function seek(name: string): Promise<Cursor | null> {
    const before = kept
    if (before && !before.taken) {
      before.taken = true
      if (before.current?.name === name || (await advance(before, name))) return before
    }
    if (kept) kept.orphan = true
    const fresh = newCursor(open)
    fresh.taken = true
    kept = fresh
    if (await advance(fresh, name)) return fresh
    if (kept === fresh) kept = null
    return null
  }

  function member(entry: TarEntry, at: Cursor): Member {
    return (
      unreadable(entry) ?? {
        name: entry.name,
        size: entry.size,
        async *open() {
          const cursor = at.current === entry && !at.taken ? at : await seek(entry.name)
          if (!cursor) throw new MalformedInputError('tar', 'a member is no longer there', entry.offset)
          cursor.taken = true
          cursor.current = null
          try {
            yield* cursor.source.content(entry.size)
          } finally {
            await release(cursor)
          }
        },
      }
    )
  }

  return {
    async *members() {
      let listing = newCursor(open)
      try {
        for (let next = await listing.entries.next(); !next.done; next = await listing.entries.next()) {
          listing.current = next.value
          yield member(next.value, listing)
          if (listing.taken) {
            // Someone still reads from this stream: it is theirs, and the listing goes on with another.
            listing.orphan = true
            listing = newCursor(open)
            await advance(listing, next.value.name)
          }
          listing.current = null
        }
      } finally {
        if (!listing.taken) await listing.entries.return(undefined)
        listing.orphan = true
      }
    },
    async find(name) {
      const cursor = await seek(name)
      if (!cursor?.current) return null
      const found = member(cursor.current, cursor)
      await release(cursor)
      return found
    },
    async close() {
      if (kept && !kept.taken) await kept.entries.return(undefined)
      if (kept) kept.orphan = true
      kept = null
    },
  }
}

/** A place in the decompressed stream. */
interface Cursor {
  readonly source: StreamedSource
  readonly entries: AsyncGenerator<TarEntry>
  /** The member whose content comes next, until someone reads it. */
  current: TarEntry | null
  /** Whether someone reads from it. */
  taken: boolean
  /** Whether nobody else will use it, so that its reader closes it. */
  orphan: boolean
}

function newCursor(open: () => AsyncIterable<Uint8Array>): Cursor {
  const source = streamed(open())
  return { source, entries: tarEntries(source), current: null, taken: false, orphan: false }
}

async function advance(cursor: Cursor, name: string): Promise<boolean> {
  cursor.current = null
  let found = false
  try {
    while (!found) {
      const next = await cursor.entries.next()
      if (next.done) break
      found = next.value.name === name
      if (found) cursor.current = next.value
    }
    return found
  } finally {
    if (!found) cursor.taken = false
  }
}

async function release(cursor: Cursor): Promise<void> {
  cursor.taken = false
  if (!cursor.orphan) return
  cursor.current = null
  await cursor.entries.return(undefined)
}

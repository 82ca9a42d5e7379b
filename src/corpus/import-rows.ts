import type { Row } from './row.ts'
import { type CorpusWriter, openWriter } from './writer.ts'

/** What an import did. */
export interface ImportCounts {
  /** Rows that are new. */
  readonly added: number
  /** Rows whose (id, view, source) was there, or came earlier in the same import. */
  readonly alreadyThere: number
  /** Those of them whose trace is another one than what is there, and stays. */
  readonly differing: number
}

/** How an import is watched and stopped. */
export interface ImportOptions {
  /** The file that the rows come from, kept beside them. */
  readonly origin?: string
  /** Called after each row with the counts so far. */
  readonly onProgress?: (counts: ImportCounts) => void
  /** When aborted, the rows read so far are kept and the import ends. */
  readonly signal?: AbortSignal
  /** Most rows of a shard; 8,192 by default. */
  readonly shardRows?: number
}

/**
 * Adds rows to a corpus, making it if need be. The first row of a (id, view, source) is kept. Importing the same rows again
 * changes nothing, and continues where an import was cut off.
 * @throws UsageError while another process adds to it, DamagedFileError
 */
export async function importRows(
  directory: string,
  rows: AsyncIterable<Row>,
  { origin, onProgress, signal, shardRows }: ImportOptions = {},
): Promise<ImportCounts> {
  const writer = await openWriter(directory, shardRows)
  let counts: ImportCounts = { added: 0, alreadyThere: 0, differing: 0 }
  try {
    for await (const row of rows) {
      if (signal?.aborted) break
      counts = counted(counts, await writer.add(row, origin))
      onProgress?.(counts)
    }
  } finally {
    await writer.close()
  }
  return counts
}

/** The counts after one more row. */
export function counted(
  counts: ImportCounts,
  outcome: Awaited<ReturnType<CorpusWriter['add']>>,
): ImportCounts {
  return {
    added: counts.added + (outcome === 'added' ? 1 : 0),
    alreadyThere: counts.alreadyThere + (outcome === 'added' ? 0 : 1),
    differing: counts.differing + (outcome === 'differs' ? 1 : 0),
  }
}

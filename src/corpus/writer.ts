import { appendFile, mkdir, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { wellFormed } from './content.ts'
import { openDatabase, parquetFiles } from './database.ts'
import { FORMAT, JOURNAL_FILE, LOCK_FILE, MARKER_FILE } from './format.ts'
import { readJournal } from './journal.ts'
import { lock } from './lock.ts'
import type { Row } from './row.ts'
import { shardWriter } from './shard-writer.ts'
import { checkColumns, findShards, isCorpus, sweep } from './shards.ts'
import { selectFrom } from './vocabulary.ts'

/** Adds rows to a corpus. Rows are in it once their shard is full, or at `close`. */
export interface CorpusWriter {
  /** Adds a row and returns true, or returns false when its (id, view, source) is there already. */
  add(row: Row, origin?: string | null): Promise<boolean>
  /** Whether `finish` was called for this origin, now or in an earlier import. */
  isFinished(origin: string): boolean
  /** Says that all rows of an origin were added; it is remembered once they are on disk. */
  finish(origin: string): Promise<void>
  /** Writes what is left and gives the corpus free. */
  close(): Promise<void>
}

/**
 * Opens a corpus for adding, or makes one. Keeps the name of every row in memory, about 200 bytes each.
 * @throws UsageError while another process adds to it, and what openCorpus throws
 */
export async function openWriter(directory: string): Promise<CorpusWriter> {
  await mkdir(directory, { recursive: true })
  const unlock = await lock(join(directory, LOCK_FILE))
  const database = await openDatabase()
  const abandon = async () => {
    database.close()
    await unlock()
  }
  try {
    await writeMarker(directory)
    await sweep(directory)
    const shards = await findShards(directory)
    const seen = new Set<string>()
    for (const shard of shards) {
      await checkColumns(database, shard)
      const sql = `SELECT id, source, view FROM ${parquetFiles([shard.traces])}`
      for await (const [id, source, view] of selectFrom(database, sql, shard.traces)) {
        seen.add(rowName(String(id), String(source), String(view)))
      }
    }
    const journal = join(directory, JOURNAL_FILE)
    const finished = await readJournal(journal)
    let number = (shards.at(-1)?.number ?? 0) + 1
    let shard = await shardWriter(database)
    let unrecorded: string[] = []

    const flush = async () => {
      if (shard.rows > 0) {
        await shard.write(directory, number++)
        shard = await shardWriter(database)
      }
      if (unrecorded.length > 0) {
        // Each on a new line, so that a line which a kill cut short spoils only itself.
        await appendFile(journal, unrecorded.map((origin) => `\n${JSON.stringify(origin)}`).join(''))
        unrecorded = []
      }
    }

    return {
      async add(row, origin = null) {
        const name = rowName(wellFormed(row.id), wellFormed(row.source), row.trace.view)
        if (seen.has(name)) return false
        shard.add(row, origin)
        seen.add(name)
        if (shard.full) await flush()
        return true
      },
      isFinished: (origin) => finished.has(origin),
      async finish(origin) {
        if (finished.has(origin)) return
        finished.add(origin)
        unrecorded.push(origin)
        if (shard.rows === 0) await flush()
      },
      async close() {
        try {
          await flush()
        } finally {
          await abandon()
        }
      },
    }
  } catch (error) {
    await abandon()
    throw error
  }
}

function rowName(id: string, source: string, view: string): string {
  return JSON.stringify([id, view, source])
}

async function writeMarker(directory: string): Promise<void> {
  if (await isCorpus(directory)) return
  const path = join(directory, MARKER_FILE)
  await writeFile(`${path}.tmp`, `${JSON.stringify(FORMAT)}\n`)
  await rename(`${path}.tmp`, path)
}

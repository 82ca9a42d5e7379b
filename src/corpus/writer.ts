import { appendFile, mkdir, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { KnownError, lock, UnwritableError, wellFormed, writeWhole } from '../core/index.ts'
import { traceGroup } from './content.ts'
import { type Database, openDatabase, parquetFiles, selectFrom } from './database.ts'
import {
  CHECKPOINT_MS,
  FORMAT,
  JOURNAL_FILE,
  LOCK_FILE,
  MARKER_FILE,
  tracesFile,
  vocabularyFile,
} from './format.ts'
import { readJournal } from './journal.ts'
import type { Row } from './row.ts'
import { shardWriter } from './shard-writer.ts'
import { checkColumns, findShards, isCorpus, type Shard, sweep } from './shards.ts'

/** Adds rows to a corpus. Rows are in it once their shard is full, or at `close`. */
export interface CorpusWriter {
  /** Adds a row, unless one of its (id, view, source) is there: that one stays, whether its trace is the same or not. */
  add(row: Row, origin?: string | null): Promise<'added' | 'there' | 'differs'>
  /** Whether `finish` was called for this origin, now or in an earlier import. */
  isFinished(origin: string): boolean
  /** Says that all rows of an origin were added; it is remembered once they are on disk. */
  finish(origin: string): Promise<void>
  /** Writes what is left and gives the corpus free. */
  close(): Promise<void>
}

/** Makes the folder if need be, and takes its lock. @throws UsageError while another process holds it, UnwritableError */
async function lockFolder(directory: string) {
  try {
    await makeFolder(directory)
    return await lock(join(directory, LOCK_FILE))
  } catch (error) {
    throw error instanceof KnownError ? error : new UnwritableError(directory, error)
  }
}

/**
 * Makes a folder and those above it. Node's own way never returns where a file system, such as /proc, answers that there
 * is no such folder when asked to make one.
 */
async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    const isThere = (folder: string) =>
      stat(folder).then(
        (about) => about.isDirectory(),
        () => false,
      )
    if (code === 'EEXIST' && (await isThere(path))) return
    if (code !== 'ENOENT' || (await isThere(dirname(path)))) throw error
    await makeFolder(dirname(path))
    await makeFolder(path)
  }
}

/**
 * Opens a corpus for adding, or makes one. Keeps the name of every row in memory, about 250 bytes each.
 * @param shardRows most rows of a shard, SHARD_ROWS by default
 * @throws UsageError while another process adds to it, UnwritableError, and what openCorpus throws
 */
export async function openWriter(directory: string, shardRows?: number): Promise<CorpusWriter> {
  const unlock = await lockFolder(directory)
  const database = await openDatabase()
  const abandon = async () => {
    database.close()
    await unlock()
  }
  try {
    await writeMarker(directory)
    await sweep(directory)
    const shards = await findShards(directory)
    const seen = await readNames(database, shards)
    const journal = join(directory, JOURNAL_FILE)
    const finished = await readJournal(journal)
    let number = (shards.at(-1)?.number ?? 0) + 1
    let shard = await shardWriter(database, shardRows)
    let unrecorded: string[] = []
    let written = performance.now()

    const flush = async () => {
      if (shard.rows > 0) {
        await shard.write(join(directory, tracesFile(number)), join(directory, vocabularyFile(number)))
        number++
        shard = await shardWriter(database, shardRows)
      }
      written = performance.now()
      if (unrecorded.length > 0) {
        // Each on a new line, so that a line which a kill cut short spoils only itself.
        await appendFile(journal, unrecorded.map((origin) => `\n${JSON.stringify(origin)}`).join(''))
        unrecorded = []
      }
    }

    return {
      async add(row, origin = null) {
        const name = rowName(wellFormed(row.id), wellFormed(row.source), row.trace.view)
        const there = seen.get(name)
        if (there !== undefined) return there === traceGroup(row.trace) ? 'there' : 'differs'
        seen.set(name, shard.add(row, origin))
        if (shard.full || performance.now() - written > CHECKPOINT_MS) await flush()
        return 'added'
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

/** The group of each row that is there, by the row's name; of two rows of one name that of the lower shard. */
async function readNames(database: Database, shards: readonly Shard[]): Promise<Map<string, string>> {
  const groups = new Map<string, string>()
  for (const shard of shards) {
    await checkColumns(database, shard)
    const sql = `SELECT id, source, view, "group" FROM ${parquetFiles([shard.traces])}`
    for await (const [id, source, view, group] of selectFrom(database, sql, shard.traces)) {
      const name = rowName(String(id), String(source), String(view))
      if (!groups.has(name)) groups.set(name, String(group))
    }
  }
  return groups
}

function rowName(id: string, source: string, view: string): string {
  return JSON.stringify([id, view, source])
}

async function writeMarker(directory: string): Promise<void> {
  if (await isCorpus(directory)) return
  await writeWhole(join(directory, MARKER_FILE), [`${JSON.stringify(FORMAT)}\n`])
}

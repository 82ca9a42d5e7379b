import { readdir, readFile, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { DamagedFileError, UnknownFormatError, UnreadableError, UsageError } from '../core/index.ts'
import { type Database, parquetFiles } from './database.ts'
import {
  FORMAT,
  MARKER_FILE,
  parseShardFile,
  TRACE_COLUMNS,
  tracesFile,
  VOCABULARY_COLUMNS,
  vocabularyFile,
} from './format.ts'

/** A finished shard of a corpus. */
export interface Shard {
  readonly number: number
  /** Path of its traces file. */
  readonly traces: string
  /** Path of its vocabulary file. */
  readonly vocabulary: string
}

/** Whether a folder says that it is a corpus. */
export async function isCorpus(directory: string): Promise<boolean> {
  return readFile(join(directory, MARKER_FILE)).then(
    () => true,
    () => false,
  )
}

/**
 * The finished shards of a corpus, by number.
 * @throws UnreadableError, UnknownFormatError when the folder is not a corpus, DamagedFileError when half a shard is missing
 */
export async function findShards(directory: string): Promise<Shard[]> {
  const names = await readdir(directory).catch((error) => {
    throw new UnreadableError(directory, error)
  })
  await checkMarker(directory)
  const found = names.map(parseShardFile).filter((file) => file?.finished)
  const vocabularies = new Set(
    found.filter((file) => file!.part === 'vocabulary').map((file) => file!.number),
  )
  const numbers = found.filter((file) => file!.part === 'traces').map((file) => file!.number)
  return numbers
    .sort((a, b) => a - b)
    .map((number) => {
      const shard = {
        number,
        traces: join(directory, tracesFile(number)),
        vocabulary: join(directory, vocabularyFile(number)),
      }
      if (!vocabularies.has(number))
        throw new DamagedFileError(shard.vocabulary, 'is missing, and its shard cannot be read without')
      return shard
    })
}

async function checkMarker(directory: string): Promise<void> {
  const path = join(directory, MARKER_FILE)
  const text = await readFile(path, 'utf8').catch(() => {
    throw new UnknownFormatError(directory, `a folder without ${MARKER_FILE}`)
  })
  let marker: Partial<typeof FORMAT> | null
  try {
    marker = JSON.parse(text)
  } catch (cause) {
    throw new DamagedFileError(path, 'not JSON', { cause })
  }
  if (marker?.format !== FORMAT.format) throw new DamagedFileError(path, 'not the mark of a corpus')
  if (marker.version !== FORMAT.version) {
    throw new UsageError(
      `${directory}: a corpus of format ${marker.version}, this taxon reads format ${FORMAT.version}`,
    )
  }
}

/** Removes what an import that was killed left behind. Only the holder of the lock may. */
export async function sweep(directory: string): Promise<void> {
  const names = await readdir(directory)
  const present = new Set(names)
  for (const name of names) {
    const file = parseShardFile(name)
    if (!file) continue
    const orphan = file.part === 'vocabulary' && !present.has(tracesFile(file.number))
    if (!file.finished || orphan) await unlink(join(directory, name))
  }
}

/** @throws DamagedFileError when the files of a shard have not the columns of the format */
export async function checkColumns(database: Database, shard: Shard): Promise<void> {
  await checkFile(database, shard.traces, TRACE_COLUMNS)
  await checkFile(database, shard.vocabulary, VOCABULARY_COLUMNS)
}

async function checkFile(
  database: Database,
  path: string,
  columns: readonly (readonly [string, string])[],
): Promise<void> {
  const found: string[] = []
  try {
    for await (const [name, type] of database.select(`DESCRIBE SELECT * FROM ${parquetFiles([path])}`)) {
      found.push(`${name} ${type}`)
    }
  } catch (cause) {
    throw new DamagedFileError(path, 'not a Parquet file that can be read', { cause })
  }
  for (const [i, [name, type]] of columns.entries()) {
    if (found[i] !== `${name} ${type}`) {
      throw new DamagedFileError(path, `column ${i + 1} must be ${name} ${type}, got ${found[i] ?? 'none'}`)
    }
  }
}

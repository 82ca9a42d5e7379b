import { createHash } from 'node:crypto'
import type { View } from '../samples/index.ts'
import { bytesOf, contentOf } from './content.ts'
import { type Database, openDatabase, parquetFiles } from './database.ts'
import { TRACE_COLUMNS } from './format.ts'
import type { Row } from './row.ts'
import { decodeRow } from './row-decoder.ts'
import { checkColumns, findShards, type Shard } from './shards.ts'
import { readVocabularies, type SharedVocabulary, selectFrom } from './vocabulary.ts'

/** An open corpus. What it says does not depend on how its rows are spread over shards, nor on the order of imports. */
export interface Corpus {
  readonly directory: string
  /** Every row, by view, id and source in code point order. Rows of one view share one vocabulary, names in that order too. */
  rows(): AsyncGenerator<Row>
  /** SHA-256 over the rows in order, all but their origins: names a corpus by what is in it. */
  digest(): Promise<string>
  close(): void
}

/**
 * Opens a corpus as it is now; what an import adds later is not seen.
 * @throws UnreadableError, UnknownFormatError when it is no corpus, DamagedFileError; `rows` throws the last as well
 */
export async function openCorpus(directory: string): Promise<Corpus> {
  const shards = await findShards(directory)
  const database = await openDatabase()
  try {
    for (const shard of shards) await checkColumns(database, shard)
    const vocabularies = await readVocabularies(database, shards)
    const rows = () => readRows(database, directory, shards, vocabularies)
    return { directory, rows, digest: () => digestRows(rows()), close: database.close }
  } catch (error) {
    database.close()
    throw error
  }
}

async function* readRows(
  database: Database,
  directory: string,
  shards: readonly Shard[],
  vocabularies: ReadonlyMap<View, SharedVocabulary>,
): AsyncGenerator<Row> {
  if (shards.length === 0) return
  const positions = new Map(shards.map(({ traces }, i) => [traces, i]))
  const files = parquetFiles([...positions.keys()], ', filename = true')
  const sql = `SELECT * FROM ${files} ORDER BY "view", "id", "source", "filename"`
  let last: Row | null = null
  for await (const values of selectFrom(database, sql, directory)) {
    const path = String(values[TRACE_COLUMNS.length])
    const shard = positions.get(path)!
    const row = decodeRow(values, path, (view) => {
      const { names, numbers } = vocabularies.get(view)!
      return { names, numbers: numbers[shard] }
    })
    // Shards copied together by hand may hold the same row twice; the lower number counts.
    if (last && last.id === row.id && last.source === row.source && last.trace.view === row.trace.view)
      continue
    last = row
    yield row
  }
}

async function digestRows(rows: AsyncIterable<Row>): Promise<string> {
  const hash = createHash('sha256')
  for await (const { id, source, trace, label, state, extra } of rows) {
    const { names, sequence, counts } = contentOf(trace)
    const { process = null, call = null, time = null, address = null } = trace.places ?? {}
    const arrays = [sequence, counts, process, call, time, address]
    const head = [
      [trace.view, id, source, trace.kind, trace.dialect, state, trace.length, extra],
      [label.malicious, label.family, label.category, label.firstSeen, label.by],
      arrays.map((array) => array?.length ?? null),
      names,
    ]
    hash.update(`${JSON.stringify(head)}\n`)
    for (const array of arrays) hash.update(bytesOf(array))
  }
  return hash.digest('hex')
}

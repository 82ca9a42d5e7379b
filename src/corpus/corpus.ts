import { createHash } from 'node:crypto'
import { bytesOf } from '../core/index.ts'
import type { View } from '../samples/index.ts'
import { contentOf } from './content.ts'
import { type Database, openDatabase } from './database.ts'
import { TRACE_COLUMNS } from './format.ts'
import { type CorpusInfo, corpusInfo } from './info.ts'
import type { Row, RowHead } from './row.ts'
import { decodeHead, decodeRow, HEAD_COLUMNS } from './row-decoder.ts'
import { checkColumns, findShards, type Shard } from './shards.ts'
import { selectSorted } from './sorted-rows.ts'
import { readVocabularies, type SharedVocabulary } from './vocabulary.ts'

/** An open corpus. What it says does not depend on how its rows are spread over shards, nor on the order of imports. */
export interface Corpus {
  readonly directory: string
  /**
   * Every row, or every one of a view, by view, id and source in code point order. Rows of one view share one vocabulary,
   * its names in code point order too.
   */
  rows(view?: View): AsyncGenerator<Row>
  /** The rows without their tokens, in the same order. */
  heads(): AsyncGenerator<RowHead>
  /** What is in it, in figures. */
  info(): Promise<CorpusInfo>
  /** SHA-256 over the rows in order, all but their origins: names a corpus by what is in it. */
  digest(): Promise<string>
  close(): void
}

/**
 * Opens a corpus as it is now; what an import adds later is not seen.
 * @throws UnreadableError, UnknownFormatError when it is no corpus, DamagedFileError; its methods throw the last as well
 */
export async function openCorpus(directory: string): Promise<Corpus> {
  const shards = await findShards(directory)
  const database = await openDatabase()
  try {
    for (const shard of shards) await checkColumns(database, shard)
    const vocabularies = await readVocabularies(database, shards)
    const open = { database, directory, shards, vocabularies }
    return {
      directory,
      rows: (view) => readRows(open, view),
      heads: () => readHeads(open),
      info: () => corpusInfo(readHeads(open)),
      digest: () => digestRows(readRows(open)),
      close: database.close,
    }
  } catch (error) {
    database.close()
    throw error
  }
}

interface Open {
  readonly database: Database
  readonly directory: string
  readonly shards: readonly Shard[]
  readonly vocabularies: ReadonlyMap<View, SharedVocabulary>
}

async function* readRows(open: Open, view?: View): AsyncGenerator<Row> {
  const positions = new Map(open.shards.map(({ traces }, i) => [traces, i]))
  const columns = TRACE_COLUMNS.map(([name]) => name)
  let last: readonly unknown[] = []
  for await (const { values, path } of selectSorted({ ...open, view }, columns)) {
    const row = decodeRow(values, path, (of) => {
      const { names, numbers } = open.vocabularies.get(of)!
      return { names, numbers: numbers[positions.get(path)!] }
    })
    const name = [row.trace.view, row.id, row.source]
    // Shards copied together by hand may hold the same row twice; the lower number counts.
    if (name.every((part, i) => part === last[i])) continue
    last = name
    yield row
  }
}

async function* readHeads(open: Open): AsyncGenerator<RowHead> {
  let last: readonly unknown[] = []
  for await (const { values, path } of selectSorted(open, HEAD_COLUMNS)) {
    const head = decodeHead(values, path)
    const name = [head.view, head.id, head.source]
    if (name.every((part, i) => part === last[i])) continue
    last = name
    yield head
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

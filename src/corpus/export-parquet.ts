import type { Corpus } from './corpus.ts'
import { openDatabase } from './database.ts'
import { shardWriter } from './shard-writer.ts'

/**
 * Writes all rows of a corpus as one portable shard: the traces to `path`, their vocabulary beside it, with the columns
 * that the corpus format states. A corpus is Parquet already; this is for handing it on as two files. Holds all tokens in
 * memory, 2 bytes each and as much again while writing.
 * @returns the path of the vocabulary: `x.vocabulary.parquet` for `x.parquet`
 */
export async function exportParquet(corpus: Corpus, path: string): Promise<string> {
  const vocabulary = `${path.replace(/\.parquet$/i, '')}.vocabulary.parquet`
  const database = await openDatabase()
  try {
    const shard = await shardWriter(database)
    for await (const row of corpus.rows()) shard.add(row, null)
    await shard.write(path, vocabulary)
    return vocabulary
  } finally {
    database.close()
  }
}

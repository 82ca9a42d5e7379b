/**
 * Corpus format 1: a folder of Parquet files that any Parquet reader opens.
 *
 *     corpus.json                 {"format":"taxon-corpus","version":1}
 *     traces-000001.parquet       one row a trace, columns below
 *     vocabulary-000001.parquet   view, token, name: the names of the tokens of traces-000001
 *     imported.ndjson             the files that were imported to their end; only saves reading them again
 *     lock                        the process that is adding to the corpus, while one is
 *
 * Files are only ever added. A shard is the pair of one number; it counts once its traces file is there, which is renamed
 * into place last. A shard's tokens are numbered by its own vocabulary, apart for each view, so shards can be copied
 * between corpora under a free number. The same (id, view, source) twice counts once, the lower shard number first.
 *
 * Arrays are BLOB columns, little-endian, without a header; `token_bytes` is the width of the row's tokens, 2 or 4:
 *
 *     names = pandas.read_parquet('vocabulary-000001.parquet')
 *     names = names[names.view == row.view].sort_values('token').name.to_numpy()
 *     calls = names[numpy.frombuffer(row.tokens, dtype=f'<u{row.token_bytes}')]
 *
 * `tokens` is null unless `kind` is sequence. `counted_tokens` (as tokens, ascending) and `counts` (<f8) are the whole
 * trace's counts; they are null for a sequence when counting `tokens` gives them; a set has only `counted_tokens`.
 * `length` is that of the whole trace, `tokens` may be cut. Beside `tokens`, one value each, null where unknown:
 * `processes` and `call_numbers` (<u4), `times` (<f8, seconds since 1970, NaN unknown), `addresses` (<f8).
 * `malicious` is 1, 0 or null; `first_seen` is YYYY-MM-DD; `group` is a hash of the content, equal for equal contents;
 * `extra` is a JSON object with what else the source said; `origin` is the file the row was read from.
 */
export const FORMAT = { format: 'taxon-corpus', version: 1 } as const

/** Columns of a traces file with their DuckDB types, in order. */
export const TRACE_COLUMNS = [
  ['id', 'VARCHAR'],
  ['source', 'VARCHAR'],
  ['view', 'VARCHAR'],
  ['kind', 'VARCHAR'],
  ['dialect', 'VARCHAR'],
  ['malicious', 'UTINYINT'],
  ['family', 'VARCHAR'],
  ['category', 'VARCHAR'],
  ['first_seen', 'VARCHAR'],
  ['labelled_by', 'VARCHAR'],
  ['state', 'VARCHAR'],
  ['group', 'VARCHAR'],
  ['length', 'BIGINT'],
  ['token_bytes', 'UTINYINT'],
  ['tokens', 'BLOB'],
  ['counted_tokens', 'BLOB'],
  ['counts', 'BLOB'],
  ['processes', 'BLOB'],
  ['call_numbers', 'BLOB'],
  ['times', 'BLOB'],
  ['addresses', 'BLOB'],
  ['extra', 'VARCHAR'],
  ['origin', 'VARCHAR'],
] as const

/** Columns of a vocabulary file with their DuckDB types, in order. */
export const VOCABULARY_COLUMNS = [
  ['view', 'VARCHAR'],
  ['token', 'UINTEGER'],
  ['name', 'VARCHAR'],
] as const

/** Names the format and its version; a folder with it is a corpus. */
export const MARKER_FILE = 'corpus.json'
/** What earlier imports read to its end, one JSON object a line. */
export const JOURNAL_FILE = 'imported.ndjson'
/** There while a process writes, with its id. */
export const LOCK_FILE = 'lock'

/** A shard is closed when it has this many rows … */
export const SHARD_ROWS = 8192
/** … or this many bytes in its array columns … */
export const SHARD_BYTES = 16 * 2 ** 20
/** … or names of this many characters in its vocabulary. */
export const SHARD_NAME_CHARACTERS = 16 * 2 ** 20

/** A shard is also written when this much time has passed: what a kill can cost. */
export const CHECKPOINT_MS = 30_000

/** Name of a shard's traces file; `number` from 1. */
export function tracesFile(number: number): string {
  return `traces-${String(number).padStart(6, '0')}.parquet`
}

/** Name of a shard's vocabulary file. */
export function vocabularyFile(number: number): string {
  return `vocabulary-${String(number).padStart(6, '0')}.parquet`
}

/** Which part of a shard a file name stands for, or null for another file; `.tmp` marks one that was not finished. */
export function parseShardFile(
  name: string,
): { part: 'traces' | 'vocabulary'; number: number; finished: boolean } | null {
  const match = /^(traces|vocabulary)-(\d{6,15})\.parquet(\.tmp)?$/.exec(name)
  if (!match) return null
  const part = match[1] as 'traces' | 'vocabulary'
  const number = Number(match[2])
  const finished = match[3] === undefined
  const expected = part === 'traces' ? tracesFile(number) : vocabularyFile(number)
  return name === (finished ? expected : `${expected}.tmp`) ? { part, number, finished } : null
}

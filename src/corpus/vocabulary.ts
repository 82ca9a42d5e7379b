import { byCodePoint, DamagedFileError, LimitExceededError } from '../core/index.ts'
import type { View } from '../samples/index.ts'
import { type Database, parquetFiles, selectFrom } from './database.ts'
import type { Shard } from './shards.ts'

/** Distinct names of one view that a corpus may have. */
const MAX_VOCABULARY = 2 ** 24

/** The names of a view's tokens, in code point order, and for each shard the shared number of each of its own. */
export interface SharedVocabulary {
  readonly names: readonly string[]
  /** By position of the shard, then by the shard's token. */
  readonly numbers: readonly Uint32Array[]
}

/**
 * One vocabulary a view for many shards. It depends on the names only, not on how they are spread over shards.
 * @throws DamagedFileError, LimitExceededError
 */
export async function readVocabularies(
  database: Database,
  shards: readonly Shard[],
): Promise<ReadonlyMap<View, SharedVocabulary>> {
  const own = new Map<View, string[][]>([
    ['opcodes', []],
    ['calls', []],
  ])
  for (const shard of shards) {
    const names = await readShardVocabulary(database, shard)
    for (const [view, all] of own) all.push(names.get(view) ?? [])
  }
  const shared = new Map<View, SharedVocabulary>()
  for (const [view, all] of own) {
    const distinct = new Set<string>()
    for (const names of all) for (const name of names) distinct.add(name)
    if (distinct.size > MAX_VOCABULARY) throw new LimitExceededError(`names of ${view}`, MAX_VOCABULARY)
    const names = [...distinct].sort(byCodePoint)
    const numbers = new Map(names.map((name, number) => [name, number]))
    shared.set(view, {
      names,
      numbers: all.map((each) => Uint32Array.from(each, (name) => numbers.get(name)!)),
    })
  }
  return shared
}

async function readShardVocabulary(
  database: Database,
  { vocabulary: path }: Shard,
): Promise<Map<string, string[]>> {
  const damaged = (problem: string) => new DamagedFileError(path, problem)
  const byView = new Map<string, string[]>()
  const sql = `SELECT view, token, name FROM ${parquetFiles([path])} ORDER BY view, token`
  for await (const [view, token, name] of selectFrom(database, sql, path)) {
    if (view !== 'opcodes' && view !== 'calls')
      throw damaged(`a view must be opcodes or calls, got ${String(view)}`)
    if (typeof name !== 'string') throw damaged(`token ${String(token)} of ${view} has no name`)
    const names = byView.get(view) ?? []
    byView.set(view, names)
    if (token !== names.length)
      throw damaged(`token ${names.length} of ${view} must follow, got ${String(token)}`)
    if (names.push(name) > MAX_VOCABULARY) throw new LimitExceededError(path, MAX_VOCABULARY)
  }
  for (const [view, names] of byView) {
    if (new Set(names).size < names.length) throw damaged(`two tokens of ${view} have the same name`)
  }
  return byView
}

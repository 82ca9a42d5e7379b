import type { Tx } from './database.ts'
import type { Relation } from './sample.ts'
import type { Sighting } from './sighting.ts'
import type { StoredLabel } from './stored-label.ts'
import {
  MAX_JSON_CHARACTERS,
  storedKey,
  storedOrNull,
  storedPort,
  storedText,
  storedTime,
  TEXT_LIMITS,
  wholeText,
} from './stored-text.ts'

/** Adds a name of a sample; one that it has already is kept once. */
export async function tellName(tx: Tx, sha256: string, name: string): Promise<void> {
  if (name === '') return
  const row = { sha256, name: storedText(name, TEXT_LIMITS.name), at: Date.now() }
  await tx
    .insertInto('names')
    .values(row)
    .onConflict((on) => on.doNothing())
    .execute()
}

/** Adds a sighting of a sample. @returns whether it is new */
export async function tellSighting(tx: Tx, sha256: string, sighting: Sighting): Promise<boolean> {
  const { word, host } = TEXT_LIMITS
  const row = {
    sha256,
    key: storedKey(sighting.key, TEXT_LIMITS.key),
    source: storedText(sighting.source, word),
    at: storedTime(sighting.at),
    name: storedOrNull(sighting.name, TEXT_LIMITS.name),
    protocol: storedOrNull(sighting.protocol, word),
    sourceAddress: storedOrNull(sighting.sourceAddress, word),
    sourcePort: storedPort(sighting.sourcePort),
    destinationAddress: storedOrNull(sighting.destinationAddress, word),
    destinationPort: storedPort(sighting.destinationPort),
    host: storedOrNull(sighting.host, host),
    uri: storedOrNull(sighting.uri, TEXT_LIMITS.uri),
    details: sighting.details === null ? null : wholeText('details', sighting.details, MAX_JSON_CHARACTERS),
  }
  const { numInsertedOrUpdatedRows } = await tx
    .insertInto('sightings')
    .values(row)
    .onConflict((on) => on.doNothing())
    .executeTakeFirst()
  return numInsertedOrUpdatedRows === 1n
}

/** Adds tags, in lower case and without spaces around, as Viper has them; empty ones are left out. */
export async function tellTags(
  tx: Tx,
  sha256: string,
  tags: readonly string[],
  by: string | undefined,
): Promise<void> {
  for (const tag of storedTags(tags)) {
    const row = { sha256, tag, by: storedOrNull(by, TEXT_LIMITS.word), at: Date.now() }
    await tx
      .insertInto('tags')
      .values(row)
      .onConflict((on) => on.doNothing())
      .execute()
  }
}

/** Tags as they are kept. */
export function storedTags(tags: readonly string[]): string[] {
  const kept = tags.map((tag) => storedText(tag.trim().toLowerCase(), TEXT_LIMITS.tag))
  return [...new Set(kept)].filter((tag) => tag !== '')
}

/** Adds that one sample came out of another. */
export async function tellRelation(tx: Tx, { parent, child, kind, name }: Relation): Promise<void> {
  const row = { parent, child, kind, name: storedText(name ?? '', TEXT_LIMITS.name) }
  await tx
    .insertInto('relations')
    .values(row)
    .onConflict((on) => on.doNothing())
    .execute()
}

/** Adds a label, or brings that of its source, engine and version up to date. */
export async function tellLabel(tx: Tx, sha256: string, label: StoredLabel): Promise<void> {
  const { word, family, detection, reason } = TEXT_LIMITS
  const said = {
    malicious: label.malicious,
    family: storedOrNull(label.family, family),
    category: storedOrNull(label.category, family),
    firstSeen: storedOrNull(label.firstSeen, word),
    by: storedOrNull(label.by, word),
    detection: storedOrNull(label.detection, detection),
    state: label.state,
    problem: storedOrNull(label.problem, reason),
    at: storedTime(label.at),
  }
  const key = {
    source: storedText(label.source, word),
    engine: storedText(label.engine, word),
    version: storedText(label.version ?? '', word),
  }
  await tx
    .insertInto('labels')
    .values({ sha256, ...key, ...said })
    .onConflict((on) => on.columns(['sha256', 'source', 'engine', 'version']).doUpdateSet(said))
    .execute()
}

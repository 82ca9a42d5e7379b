import type { Kysely, Selectable } from 'kysely'
import type { Known } from './known.ts'
import type { Relation } from './sample.ts'
import { requireSample } from './samples.ts'
import type { Schema } from './schema.ts'
import type { StoredLabel } from './stored-label.ts'

/** Facts of each kind that are shown of a sample, the newest: a file that everybody downloads is seen without end. */
export const MAX_FACTS = 10_000

/** `Store.show`. */
export async function showSample(db: Kysely<Schema>, sha256: string): Promise<Known> {
  const sample = await requireSample(db, sha256)
  const sightings = await db
    .selectFrom('sightings')
    .selectAll()
    .where('sha256', '=', sha256)
    .orderBy('at', 'desc')
    .orderBy('key', 'desc')
    .limit(MAX_FACTS)
    .execute()
  const names = await db
    .selectFrom('names')
    .select('name')
    .where('sha256', '=', sha256)
    .orderBy('at')
    .orderBy('name')
    .limit(MAX_FACTS)
    .execute()
  const notes = await db
    .selectFrom('notes')
    .select(['id', 'text', 'by', 'at'])
    .where('sha256', '=', sha256)
    .orderBy('id')
    .limit(MAX_FACTS)
    .execute()
  const artifacts = await db
    .selectFrom('artifacts')
    .selectAll()
    .where('sha256', '=', sha256)
    .orderBy('kind')
    .orderBy('producer')
    .execute()
  const verdicts = await db
    .selectFrom('verdicts')
    .selectAll()
    .where('sha256', '=', sha256)
    .orderBy('view')
    .orderBy('at')
    .execute()
  return {
    sample,
    names: names.map(({ name }) => name),
    sightings: sightings.reverse().map(({ sha256: _, ...sighting }) => sighting),
    tags: await tagsOf(db, sha256),
    notes,
    parents: await relationsOf(db, 'child', sha256),
    children: await relationsOf(db, 'parent', sha256),
    labels: await labelsOf(db, sha256),
    artifacts,
    verdicts,
  }
}

async function tagsOf(db: Kysely<Schema>, sha256: string): Promise<string[]> {
  const rows = db.selectFrom('tags').select('tag').where('sha256', '=', sha256)
  return (await rows.orderBy('tag').limit(MAX_FACTS).execute()).map(({ tag }) => tag)
}

async function relationsOf(
  db: Kysely<Schema>,
  side: 'parent' | 'child',
  sha256: string,
): Promise<Relation[]> {
  const rows = db.selectFrom('relations').selectAll().where(side, '=', sha256)
  const found = await rows.orderBy('parent').orderBy('child').orderBy('name').limit(MAX_FACTS).execute()
  return found.map((row) => ({ ...row, name: row.name === '' ? null : row.name }))
}

/** `Store.labels`: by source, engine and version. */
export async function labelsOf(db: Kysely<Schema>, sha256: string): Promise<StoredLabel[]> {
  const rows = db.selectFrom('labels').selectAll().where('sha256', '=', sha256)
  const found = await rows.orderBy('source').orderBy('engine').orderBy('version').limit(MAX_FACTS).execute()
  return found.map(labelOf)
}

function labelOf({ sha256: _, ...label }: Selectable<Schema['labels']>): StoredLabel {
  return { ...label, version: label.version === '' ? null : label.version }
}

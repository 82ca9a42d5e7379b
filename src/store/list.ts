import { type Expression, type ExpressionBuilder, type Kysely, type SqlBool, sql } from 'kysely'
import type { Sample } from './sample.ts'
import { beginsWith, requireSample, sampleOf } from './samples.ts'
import type { Schema } from './schema.ts'
import type { SampleQuery } from './store.ts'
import { checkedHash, storedText, storedTime, TEXT_LIMITS } from './stored-text.ts'
import { storedTags } from './tell.ts'

/** Samples that are asked for at a time: others may write in between. */
const PAGE = 500

type Condition = (eb: ExpressionBuilder<Schema, 'samples'>) => Expression<SqlBool>

/** `Store.list`: the newest first. What comes in meanwhile is not told, what goes is. */
export async function* listSamples(db: Kysely<Schema>, query: SampleQuery): AsyncGenerator<Sample> {
  const conditions = conditionsOf(query)
  let last = query.after === undefined ? null : await requireSample(db, checkedHash(query.after))
  for (let left = query.limit ?? Number.POSITIVE_INFINITY; left > 0; ) {
    let page = db
      .selectFrom('samples')
      .selectAll()
      .orderBy('addedAt', 'desc')
      .orderBy('sha256', 'desc')
      .limit(Math.min(PAGE, left))
    for (const condition of conditions) page = page.where(condition)
    if (last) page = page.where(comesAfter(last))
    const samples = (await page.execute()).map(sampleOf)
    yield* samples
    if (samples.length < Math.min(PAGE, left)) return
    left -= samples.length
    last = samples.at(-1)!
  }
}

function comesAfter({ addedAt, sha256 }: Sample): Condition {
  return (eb) =>
    eb.and([
      eb('samples.addedAt', '<=', addedAt),
      eb.or([eb('samples.addedAt', '<', addedAt), eb('samples.sha256', '<', sha256)]),
    ])
}

function conditionsOf(query: SampleQuery): Condition[] {
  const { text, tag, family, type, verdict, source, since } = query
  // As they are kept, or nothing could be equal.
  const word = (given: string) => storedText(given, TEXT_LIMITS.word)
  const conditions: (Condition | false)[] = [
    type !== undefined && ((eb) => eb('samples.type', '=', word(type))),
    since !== undefined && ((eb) => eb('samples.addedAt', '>=', storedTime(since))),
    tag !== undefined && has('tags', sql`"tags"."tag" = ${storedTags([tag])[0] ?? ''}`),
    source !== undefined && has('sightings', sql`"sightings"."source" = ${word(source)}`),
    verdict !== undefined && has('verdicts', sql`"verdicts"."verdict" = ${verdict}`),
    family !== undefined && isOfFamily(storedText(family, TEXT_LIMITS.family)),
    text !== undefined && mentions(storedText(text, TEXT_LIMITS.name)),
  ]
  return conditions.filter((condition) => condition !== false)
}

type FactTable = 'names' | 'tags' | 'labels' | 'verdicts' | 'sightings'

/** That there is a fact of the sample which meets a condition. */
function has(table: FactTable, condition: Expression<unknown>): Condition {
  return () => sql<SqlBool>`exists (select 1 from ${sql.table(table)}
    where ${sql.ref(`${table}.sha256`)} = "samples"."sha256" and ${condition})`
}

function isOfFamily(family: string): Condition {
  const label = has('labels', sql`lower("labels"."family") = lower(${family})`)
  const verdict = has('verdicts', sql`lower("verdicts"."family") = lower(${family})`)
  return (eb) => eb.or([label(eb), verdict(eb)])
}

const SEARCHED: readonly (readonly [table: FactTable, column: string])[] = [
  ['names', 'name'],
  ['tags', 'tag'],
  ['labels', 'family'],
  ['labels', 'detection'],
  ['verdicts', 'family'],
  ['sightings', 'host'],
]

function mentions(text: string): Condition {
  const pattern = `%${text.replace(/[\\%_]/g, '\\$&')}%`
  const anywhere = SEARCHED.map(([table, column]) =>
    has(table, sql`lower(${sql.ref(`${table}.${column}`)}) like lower(${pattern}) escape '\\'`),
  )
  const digits = /^[0-9a-f]{1,64}$/i.test(text) ? text.toLowerCase() : null
  const hashes =
    digits === null ? [] : (['sha256', 'sha1', 'md5'] as const).map((each) => beginsWith(each, digits))
  return (eb) => eb.or([...hashes, ...anywhere].map((condition) => condition(eb)))
}

import type { ExpressionBuilder, Kysely, Selectable } from 'kysely'
import { UsageError } from '../core/index.ts'
import { UnknownSampleError } from './errors.ts'
import type { Sample } from './sample.ts'
import type { Schema } from './schema.ts'

/** A row of the table of samples as what it tells. */
export function sampleOf(row: Omit<Selectable<Schema['samples']>, 'seq'>): Sample {
  const { sha256, sha1, md5, size, type, state, reasons, addedAt } = row
  return { sha256, sha1, md5, size, type, state, reasons: JSON.parse(reasons), addedAt }
}

/** The sample with a SHA-256, null where there is none. */
export async function findSample(db: Kysely<Schema>, sha256: string): Promise<Sample | null> {
  const row = await db.selectFrom('samples').selectAll().where('sha256', '=', sha256).executeTakeFirst()
  return row ? sampleOf(row) : null
}

/** The sample with a SHA-256. @throws UnknownSampleError */
export async function requireSample(db: Kysely<Schema>, sha256: string): Promise<Sample> {
  const sample = await findSample(db, sha256)
  if (sample) return sample
  throw new UnknownSampleError(sha256)
}

/** Digits below which a beginning would be found by chance. */
const MIN_DIGITS = 4

/** `Store.resolve`. */
export async function resolveSample(db: Kysely<Schema>, hash: string): Promise<Sample> {
  const digits = hash.toLowerCase()
  if (!/^[0-9a-f]+$/.test(digits) || digits.length < MIN_DIGITS || digits.length > 64) {
    const shown = JSON.stringify(hash.slice(0, 100))
    throw new UsageError(
      `a hash, or ${MIN_DIGITS} hex digits or more of its beginning, is wanted, got ${shown}`,
    )
  }
  const found = new Map<string, Sample>()
  for (const column of ['sha256', 'sha1', 'md5'] as const) {
    const rows = await db
      .selectFrom('samples')
      .selectAll()
      .where(beginsWith(column, digits))
      .limit(2)
      .execute()
    for (const row of rows) found.set(row.sha256, sampleOf(row))
  }
  const [sample, another] = found.values()
  if (sample === undefined) throw new UsageError(`${digits}: no sample has a hash that begins so`)
  if (another === undefined) return sample
  throw new UsageError(`${digits}: several samples have a hash that begins so; give more of its digits`)
}

/** The condition that a hash begins with some digits, in a form that every index serves; `g` is behind all of them. */
export function beginsWith(column: 'sha256' | 'sha1' | 'md5', digits: string) {
  return (eb: ExpressionBuilder<Schema, 'samples'>) =>
    eb.and([eb(`samples.${column}`, '>=', digits), eb(`samples.${column}`, '<', `${digits}g`)])
}

import type { Selectable } from 'kysely'
import type { StoreContext } from './context.ts'
import type { Database, Tx } from './database.ts'
import { ensureQueue, isSettled, queueKey } from './queues.ts'
import { sampleOf } from './samples.ts'
import type { Schema } from './schema.ts'
import type { Taken, TakeOptions } from './step.ts'
import { DONE_AGAIN, stepOf } from './steps.ts'
import { storedTime } from './stored-text.ts'

/** Samples that one call takes; lists of values in a statement have their limits. */
const MAX_TAKEN = 1000

type Row = Selectable<Schema['steps']>

/** `Store.takeForStep`. */
export async function takeForStep(
  { database }: StoreContext,
  step: string,
  version: string,
  { after, limit, leaseMs, now }: TakeOptions,
): Promise<readonly Taken[]> {
  const key = queueKey(step, version)
  const before = new Set(after.map((each) => queueKey(each, '').step))
  await ensureQueue(database, key.step, key.version, before)
  const wanted = Math.min(limit, MAX_TAKEN)
  return await database.write(async (tx) => {
    const taken: Row[] = []
    while (taken.length < wanted) {
      const due = await dueRows(database, tx, key, now, wanted - taken.length)
      if (due.length === 0) break
      const ready = await readyOf(tx, due, before)
      const waiting = due.filter(({ sha256 }) => !ready.has(sha256))
      // A step before this one was made pending again: whoever settles it lets these go.
      await change(tx, key.step, waiting, { state: 'pending', dueAt: null })
      const lease = {
        state: 'running',
        at: storedTime(now),
        dueAt: storedTime(now + Math.max(1, leaseMs)),
      } as const
      const leased = due.filter(({ sha256 }) => ready.has(sha256)).map((row) => ({ ...row, ...lease }))
      await change(tx, key.step, leased, lease, 1)
      taken.push(...leased)
    }
    return await withSamples(tx, taken)
  }, DONE_AGAIN)
}

/** The rows of a step that may be taken, oldest first; those that others are working on at this moment are passed over. */
async function dueRows(
  database: Database,
  tx: Tx,
  { step, version }: { readonly step: string; readonly version: string },
  now: number,
  limit: number,
): Promise<Row[]> {
  const query = tx
    .selectFrom('steps')
    // The sample is locked as well: it stands for all of its steps.
    .innerJoin('samples', 'samples.sha256', 'steps.sha256')
    .selectAll('steps')
    .where('step', '=', step)
    .where('version', '=', version)
    .where('dueAt', '<=', storedTime(now))
    .orderBy('dueAt')
    .orderBy('steps.seq')
    .limit(limit)
  return await (database.locksRows ? query.forNoKeyUpdate().skipLocked() : query).execute()
}

/** Those of the rows whose samples have all steps of `after` behind them. */
async function readyOf(tx: Tx, due: readonly Row[], after: ReadonlySet<string>): Promise<Set<string>> {
  const samples = due.map(({ sha256 }) => sha256)
  if (after.size === 0) return new Set(samples)
  const rows = await tx
    .selectFrom('steps')
    .select(['sha256', 'state', 'dueAt'])
    .where('sha256', 'in', samples)
    .where('step', 'in', [...after])
    .execute()
  const settled = new Map<string, number>()
  for (const row of rows.filter(isSettled)) settled.set(row.sha256, (settled.get(row.sha256) ?? 0) + 1)
  return new Set(samples.filter((sha256) => settled.get(sha256) === after.size))
}

async function change(
  tx: Tx,
  step: string,
  rows: readonly Row[],
  to: { readonly state: Row['state']; readonly at?: number; readonly dueAt: number | null },
  attempts = 0,
): Promise<void> {
  if (rows.length === 0) return
  await tx
    .updateTable('steps')
    .set((eb) => ({ ...to, attempts: eb('attempts', '+', attempts) }))
    .where('step', '=', step)
    .where(
      'sha256',
      'in',
      rows.map(({ sha256 }) => sha256),
    )
    .execute()
}

async function withSamples(tx: Tx, rows: readonly Row[]): Promise<Taken[]> {
  if (rows.length === 0) return []
  const hashes = rows.map(({ sha256 }) => sha256)
  const found = await tx.selectFrom('samples').selectAll().where('sha256', 'in', hashes).execute()
  const samples = new Map(found.map((row) => [row.sha256, sampleOf(row)]))
  return rows.map((row) => ({
    sample: samples.get(row.sha256)!,
    step: stepOf({ ...row, attempts: row.attempts + 1 }),
  }))
}

import type { Selectable } from 'kysely'
import type { StoreContext } from './context.ts'
import type { Database, Tx } from './database.ts'
import { UnknownSampleError } from './errors.ts'
import { isSettled, queueKey, releaseSample, shareQueues } from './queues.ts'
import type { Schema } from './schema.ts'
import type { Step, StepCount } from './step.ts'
import { checkedHash, MAX_JSON_CHARACTERS, storedTime, wholeText } from './stored-text.ts'

/** What a power cut takes away is done again. */
export const DONE_AGAIN = { lasting: false }

/** How long a step that is said to be running, without an end of that, keeps others away. */
const DEFAULT_LEASE_MS = 600_000

/** A row of the table of steps as what it tells. */
export function stepOf(row: Selectable<Schema['steps']>): Step {
  const { sha256, step, version, state, attempts, detail, at, dueAt } = row
  const nextAt = state === 'pending' ? (dueAt ?? 0) : dueAt
  return { sha256, step, version, state, attempts, detail, at, nextAt }
}

/** `Store.steps`. */
export async function stepsOf({ database }: StoreContext, sha256: string): Promise<readonly Step[]> {
  const rows = database.db.selectFrom('steps').selectAll().where('sha256', '=', sha256)
  return (await rows.orderBy('step').execute()).map(stepOf)
}

/** `Store.setStep`. */
export async function setStep({ database }: StoreContext, given: Step): Promise<void> {
  const sha256 = checkedHash(given.sha256)
  const key = queueKey(given.step, given.version)
  const { state } = given
  const said = {
    version: key.version,
    state,
    attempts: given.attempts,
    detail: given.detail === null ? null : wholeText('detail', given.detail, MAX_JSON_CHARACTERS),
    at: storedTime(given.at),
    dueAt: dueAtOf(given),
  }
  await database.write(async (tx) => {
    await shareQueues(database, tx)
    const seq = await holdSample(database, tx, sha256)
    const before = await tx
      .selectFrom('steps')
      .selectAll()
      .where('sha256', '=', sha256)
      .where('step', '=', key.step)
      .executeTakeFirst()
    const isOvertaken =
      before !== undefined && before.version !== key.version && !isSettled(before) && state !== 'pending'
    if (isOvertaken) return
    await tx
      .insertInto('steps')
      .values({ sha256, step: key.step, seq, ...said })
      .onConflict((on) => on.columns(['sha256', 'step']).doUpdateSet(said))
      .execute()
    await releaseSample(tx, sha256)
  }, DONE_AGAIN)
}

function dueAtOf({ state, nextAt, at }: Step): number | null {
  if (nextAt !== null) return storedTime(nextAt)
  if (state === 'pending') return 0
  return state === 'running' ? storedTime(at + DEFAULT_LEASE_MS) : null
}

/** Keeps a sample's steps to this transaction. @returns its `seq` */
async function holdSample(database: Database, tx: Tx, sha256: string): Promise<number> {
  const query = tx.selectFrom('samples').select('seq').where('sha256', '=', sha256)
  const row = await (database.locksRows ? query.forNoKeyUpdate() : query).executeTakeFirst()
  if (row === undefined) throw new UnknownSampleError(sha256)
  return row.seq
}

/** `Store.releaseSteps`. */
export async function releaseSteps({ database }: StoreContext): Promise<void> {
  await database.write(
    async (tx) => await tx.updateTable('steps').set({ dueAt: 0 }).where('state', '=', 'running').execute(),
  )
}

/** `Store.retrySteps`. */
export async function retrySteps({ database }: StoreContext): Promise<void> {
  const again = { state: 'pending', attempts: 0, dueAt: 0 } as const
  await database.write(
    async (tx) => await tx.updateTable('steps').set(again).where('state', '=', 'failed').execute(),
  )
}

/** `Store.countSteps`. */
export async function countSteps({ database }: StoreContext): Promise<readonly StepCount[]> {
  return await database.db
    .selectFrom('steps')
    .select(['step', 'state', (eb) => eb.fn.countAll<number>().as('count')])
    .groupBy(['step', 'state'])
    .orderBy('step')
    .orderBy('state')
    .execute()
}

import { sql } from 'kysely'
import type { Database, Tx } from './database.ts'
import type { Step } from './step.ts'
import { storedKey, TEXT_LIMITS, wholeText } from './stored-text.ts'

/*
 * What has to be done is written down when it comes up, so that taking it is one look into an index, however many samples
 * there are. A step that was asked for once is a queue; each sample has a row for each queue, which may be taken from
 * `dueAt` on. That is 0 at first, so that the oldest sample comes first; a later time where somebody works on it or it is
 * to be tried again; null where it is settled, or waits for another step. Whoever settles a step sees to those that wait.
 */
const QUEUES = 'queues'

/** Keeps queues as they are until the transaction ends: a sample or a result must not slip past a queue that is being made. */
export async function shareQueues(database: Database, tx: Tx): Promise<void> {
  await database.hold(tx, QUEUES, true)
}

/** The step's name and version as they are kept. @throws UsageError */
export function queueKey(step: string, version: string): { readonly step: string; readonly version: string } {
  return {
    step: wholeText('step', step, TEXT_LIMITS.step),
    version: storedKey(version, TEXT_LIMITS.word),
  }
}

/** A new sample has every step before it. */
export async function enqueueSample(tx: Tx, sha256: string, seq: number): Promise<void> {
  const at = Date.now()
  const rows = (await tx.selectFrom('queues').selectAll().execute()).map(({ step, version, after }) => {
    const start = { state: 'pending' as const, attempts: 0, detail: null, at, seq }
    return { sha256, step, version, ...start, dueAt: after === '[]' ? 0 : null }
  })
  if (rows.length > 0) await tx.insertInto('steps').values(rows).execute()
}

/** Makes sure of the queue of a step, its version and what it comes after. */
export async function ensureQueue(
  database: Database,
  step: string,
  version: string,
  after: ReadonlySet<string>,
): Promise<void> {
  const order = JSON.stringify([...after].sort())
  const isAsWanted = async (db: Database['db']) => {
    const queue = await db.selectFrom('queues').selectAll().where('step', '=', step).executeTakeFirst()
    return queue?.version === version && queue.after === order
  }
  if (await isAsWanted(database.db)) return
  await database.write(async (tx) => {
    await database.hold(tx, QUEUES)
    if (await isAsWanted(tx)) return
    await tx
      .updateTable('steps')
      .set({ version, state: 'pending', attempts: 0, detail: null, dueAt: 0 })
      .where('step', '=', step)
      .where('version', '<>', version)
      .execute()
    // Not by "where not exists": PostgreSQL plans that for the table as it is before, empty, and then looks through all of it
    // for each sample. The `where` keeps SQLite from taking "on" for that of a join.
    await sql`
      insert into "steps" ("sha256", "step", "version", "state", "attempts", "detail", "at", "dueAt", "seq")
      select "sha256", ${step}, ${version}, 'pending', 0, null, ${Date.now()}, 0, "seq" from "samples" where true
      on conflict ("sha256", "step") do nothing
    `.execute(tx)
    await releaseAll(tx, step, JSON.parse(order))
    await tx
      .insertInto('queues')
      .values({ step, version, after: order })
      .onConflict((on) => on.column('step').doUpdateSet({ version, after: order }))
      .execute()
  })
}

/** Lets go of what waited for its time, and holds back what waits for other steps. */
async function releaseAll(tx: Tx, step: string, after: readonly string[]): Promise<void> {
  const waiting = sql`"step" = ${step} and "state" = 'pending' and ("dueAt" is null or "dueAt" = 0)`
  if (after.length === 0) {
    await sql`update "steps" set "dueAt" = 0 where ${waiting}`.execute(tx)
    return
  }
  const settled = sql`(select count(*) from "steps" as "earlier" where "earlier"."sha256" = "steps"."sha256"
    and "earlier"."step" in (${sql.join(after)}) and "earlier"."dueAt" is null
    and "earlier"."state" in (${sql.join(SETTLED)}))`
  await sql`update "steps" set "dueAt" = case when ${settled} = ${sql.lit(after.length)} then 0 else null end
    where ${waiting}`.execute(tx)
}

/** The states that a step may end in. */
const SETTLED: readonly Step['state'][] = ['done', 'failed', 'skipped']

/** Whether a step needs nothing more: it ended, and there is no time at which to try again. */
export function isSettled({ state, dueAt }: { state: Step['state']; dueAt: number | null }): boolean {
  return dueAt === null && SETTLED.includes(state)
}

/** Sees to the steps of one sample that wait for others of its steps. The caller holds the sample. */
export async function releaseSample(tx: Tx, sha256: string): Promise<void> {
  const rows = await tx
    .selectFrom('steps')
    .select(['step', 'state', 'dueAt'])
    .where('sha256', '=', sha256)
    .execute()
  const settled = new Set(rows.filter(isSettled).map(({ step }) => step))
  const queues = await tx.selectFrom('queues').select(['step', 'after']).execute()
  for (const { step, after } of queues) {
    const row = rows.find((each) => each.step === step)
    if (row?.state !== 'pending' || (row.dueAt !== null && row.dueAt > 0)) continue
    const isReady = (JSON.parse(after) as string[]).every((each) => settled.has(each))
    const dueAt = isReady ? 0 : null
    if (row.dueAt === dueAt) continue
    await tx
      .updateTable('steps')
      .set({ dueAt })
      .where('sha256', '=', sha256)
      .where('step', '=', step)
      .execute()
  }
}

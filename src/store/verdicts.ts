import type { StoreContext } from './context.ts'
import { requireSample } from './samples.ts'
import {
  checkedHash,
  MAX_JSON_CHARACTERS,
  storedOrNull,
  storedText,
  storedTime,
  TEXT_LIMITS,
  wholeText,
} from './stored-text.ts'
import type { Delivery, DeliveryOutcome, StoredVerdict } from './stored-verdict.ts'

/** `Store.putVerdict`. */
export async function putVerdict(
  { database }: StoreContext,
  verdict: StoredVerdict,
  deliveries: readonly Pick<Delivery, 'target' | 'body' | 'key'>[],
): Promise<boolean> {
  const sha256 = checkedHash(verdict.sha256)
  const { view, probability } = verdict
  const key = { sha256, view, modelSha256: wholeText('model', verdict.modelSha256, TEXT_LIMITS.word) }
  const said = {
    verdict: verdict.verdict,
    family: storedOrNull(verdict.family, TEXT_LIMITS.family),
    category: storedOrNull(verdict.category, TEXT_LIMITS.family),
    probability: probability !== null && Number.isFinite(probability) ? probability : null,
    state: verdict.state,
  }
  const told = {
    json: wholeText('verdict', verdict.json, MAX_JSON_CHARACTERS),
    at: storedTime(verdict.at),
  }
  const owed = deliveries.map((delivery) => ({
    key: wholeText('key', delivery.key, TEXT_LIMITS.key),
    target: wholeText('target', delivery.target, TEXT_LIMITS.target),
    body: wholeText('body', delivery.body, MAX_JSON_CHARACTERS),
    attempts: 0,
    // The oldest first: what was just found out is due since then.
    nextAt: storedTime(verdict.at),
    deliveredAt: null,
    problem: null,
  }))
  return await database.write(async (tx) => {
    // Two at once with the same verdict: the second waits here, and finds it.
    await database.hold(tx, `verdict ${sha256}`)
    await requireSample(tx, sha256)
    const before = await tx
      .selectFrom('verdicts')
      .selectAll()
      .where('sha256', '=', sha256)
      .where('view', '=', view)
      .where('modelSha256', '=', key.modelSha256)
      .executeTakeFirst()
    if (
      before &&
      Object.entries(said).every(([name, value]) => before[name as keyof typeof said] === value)
    ) {
      return false
    }
    await tx
      .insertInto('verdicts')
      .values({ ...key, ...said, ...told })
      .onConflict((on) => on.columns(['sha256', 'view', 'modelSha256']).doUpdateSet({ ...said, ...told }))
      .execute()
    if (owed.length > 0) {
      await tx
        .insertInto('deliveries')
        .values(owed)
        // Who has not been told yet is told what is true now; who has been, by this key, would not listen.
        .onConflict((on) =>
          on
            .columns(['key', 'target'])
            .doUpdateSet((eb) => ({ body: eb.ref('excluded.body') }))
            .where('deliveries.deliveredAt', 'is', null),
        )
        .execute()
    }
    return true
  })
}

/** `Store.dueDeliveries`: the longest due first. */
export async function dueDeliveries(
  { database }: StoreContext,
  now: number,
  limit: number,
  target?: string,
): Promise<readonly Delivery[]> {
  const all = database.db.selectFrom('deliveries').selectAll().where('nextAt', '<=', storedTime(now))
  const rows = await (target === undefined ? all : all.where('target', '=', target))
    .orderBy('nextAt')
    .orderBy('key')
    .limit(limit)
    .execute()
  return rows.map((row) => ({ ...row, nextAt: row.nextAt ?? 0 }))
}

/** `Store.retryDeliveries`. */
export async function retryDeliveries({ database }: StoreContext, now: number): Promise<void> {
  const nextAt = storedTime(now)
  await database.write(
    async (tx) => await tx.updateTable('deliveries').set({ nextAt }).where('nextAt', '>', nextAt).execute(),
  )
}

/** `Store.settleDelivery`. */
export async function settleDelivery(
  { database }: StoreContext,
  key: string,
  target: string,
  outcome: DeliveryOutcome,
): Promise<void> {
  const change =
    'deliveredAt' in outcome
      ? { deliveredAt: storedTime(outcome.deliveredAt), nextAt: null, problem: null }
      : { nextAt: storedTime(outcome.nextAt), problem: storedText(outcome.problem, TEXT_LIMITS.reason) }
  await database.write(
    async (tx) =>
      await tx
        .updateTable('deliveries')
        .set((eb) => ({ ...change, attempts: eb('attempts', '+', 1) }))
        .where('key', '=', wholeText('key', key, TEXT_LIMITS.key))
        .where('target', '=', wholeText('target', target, TEXT_LIMITS.target))
        // What was delivered stays so, whatever a slower sender of the same call found.
        .where('deliveredAt', 'is', null)
        .execute(),
    // A call that a power cut makes us forget is made again; its key tells the receiver.
    { lasting: false },
  )
}

import { UsageError } from '../core/index.ts'
import type { Allowance } from './allowance.ts'
import type { StoreContext } from './context.ts'
import { checkedHash, storedOrNull, storedText, storedTime, TEXT_LIMITS, wholeText } from './stored-text.ts'

/** How the value of each kind of allowance is kept. */
const VALUES: Readonly<Record<Allowance['kind'], (value: string) => string>> = {
  sha256: (value) => checkedHash(value.toLowerCase()),
  signer: (value) => thumbprint(value.trim().toLowerCase()),
  tag: (value) => wholeText('tag', value.trim().toLowerCase(), TEXT_LIMITS.tag),
}

/** Anyone can have a certificate with a name in it; its SHA-256 is that of one only. @throws UsageError */
function thumbprint(value: string): string {
  if (/^[0-9a-f]{64}$/.test(value)) return value
  throw new UsageError(
    'a signer is named by the SHA-256 of its certificate (`thumbprint` in classify --json), 64 hex digits',
  )
}

/** `Store.allow`. */
export async function allow({ database }: StoreContext, allowance: Allowance): Promise<void> {
  const value = VALUES[allowance.kind](allowance.value)
  if (value === '') throw new UsageError(`an allowance by ${allowance.kind} names one`)
  if (allowance.reason.trim() === '') throw new UsageError('an allowance has a reason')
  const { expiresAt } = allowance
  const said = {
    reason: storedText(allowance.reason.trim(), TEXT_LIMITS.reason),
    by: storedOrNull(allowance.by, TEXT_LIMITS.word),
    at: storedTime(allowance.at),
    expiresAt: expiresAt === null ? null : storedTime(expiresAt),
  }
  await database.write(
    async (tx) =>
      await tx
        .insertInto('allowances')
        .values({ kind: allowance.kind, value, ...said })
        .onConflict((on) => on.columns(['kind', 'value']).doUpdateSet(said))
        .execute(),
  )
}

/** `Store.disallow`. @throws UsageError where there is no such allowance */
export async function disallow(
  { database }: StoreContext,
  kind: Allowance['kind'],
  value: string,
): Promise<void> {
  const kept = VALUES[kind](value)
  const { numDeletedRows } = await database.write(
    async (tx) =>
      await tx.deleteFrom('allowances').where('kind', '=', kind).where('value', '=', kept).executeTakeFirst(),
  )
  if (numDeletedRows === 0n) throw new UsageError(`there is no allowance by ${kind} ${JSON.stringify(kept)}`)
}

/** `Store.allowances`. */
export async function allowancesAt({ database }: StoreContext, now: number): Promise<readonly Allowance[]> {
  return await database.db
    .selectFrom('allowances')
    .selectAll()
    .where((eb) => eb.or([eb('expiresAt', 'is', null), eb('expiresAt', '>', storedTime(now))]))
    .orderBy('kind')
    .orderBy('value')
    .execute()
}

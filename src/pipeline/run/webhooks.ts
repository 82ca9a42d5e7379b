import { createHmac } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { UsageError } from '../../core/index.ts'
import type { Delivery, Store } from '../../store/index.ts'
import { readSecret } from '../secret-file.ts'
import type { WebhookSettings } from './run-settings.ts'

/** A webhook with its key read. */
export interface Webhook extends Omit<WebhookSettings, 'secretFile'> {
  readonly secret: string | null
}

/** What became of a call. `target` is where it went, without the path, which may be a secret. */
export interface Delivered {
  readonly key: string
  readonly target: string
  readonly delivered: boolean
  readonly problem: string | null
}

/** What calling one webhook goes by. */
export interface DeliverOptions {
  readonly signal: AbortSignal
  /** Whether what a body tells has been allowed since, so that the call is not made. */
  isSilenced(body: string): Promise<boolean>
  onDelivered(outcome: Delivered): void
}

/** Longest time that a receiver may take, in milliseconds. */
const CALL_MS = 10_000
const AT_ONCE = 4
const DUE_AT_ONCE = 20
const LOOK_MS = 500
/** How long an end waits for calls that are to be tried again, in milliseconds. */
const SOON_MS = 10_000
/** Rounds in which a receiver took no call, after which an end waits for it no longer. */
const MAX_REFUSALS = 3
const [FIRST_WAIT_MS, LONGEST_WAIT_MS] = [1000, 3_600_000]

/** Reads the keys of webhooks. @throws UnreadableError, UsageError for an empty one */
export async function openWebhooks(settings: readonly WebhookSettings[]): Promise<Webhook[]> {
  return await Promise.all(
    settings.map(async ({ secretFile, ...others }) => {
      const secret = secretFile === null ? null : await readSecret(secretFile)
      if (secret === '')
        throw new UsageError(`${secretFile}: is empty, and calls signed with it prove nothing`)
      return { ...others, secret }
    }),
  )
}

/**
 * The headers of a call. `idempotency-key` is the same each time that a call is repeated. The signature is HMAC-SHA-256 by
 * the webhook's secret over the time, a dot and the body, in hex, so that nobody can repeat a call later unseen.
 */
export function callHeaders(
  key: string,
  body: string,
  secret: string | null,
  seconds: number,
): Record<string, string> {
  const headers = {
    'content-type': 'application/json',
    'idempotency-key': key,
    'x-taxon-time': String(seconds),
  }
  if (secret === null) return headers
  const signature = createHmac('sha256', secret).update(`${seconds}.${body}`).digest('hex')
  return { ...headers, 'x-taxon-signature': `sha256=${signature}` }
}

/**
 * Makes the calls that are owed to one webhook until the signal is aborted, each at least once: what is not answered by
 * 2xx is tried again after a while that grows to an hour, or as long as the receiver asks. Others do not wait for it.
 * @param isOver whether no more calls are to come: it ends when none is owed that is due soon, and leaves a receiver that
 * takes none to the next run
 */
export async function deliver(
  store: Store,
  webhook: Webhook,
  options: DeliverOptions,
  isOver: () => boolean,
): Promise<void> {
  const { signal } = options
  let refusals = 0
  while (!signal.aborted) {
    const wasOver = isOver()
    const { tried, failed } = await deliverDue(store, webhook, options)
    if (tried > 0) refusals = failed === tried ? refusals + 1 : 0
    if (wasOver && refusals >= MAX_REFUSALS) return
    const soon = await store.dueDeliveries(Date.now() + SOON_MS, 1, webhook.url)
    if (wasOver && soon.length === 0) return
    if (tried === 0 || failed > 0) await pause(LOOK_MS, undefined, { signal }).catch(() => {})
  }
}

/** Makes the calls that are due to one webhook now. */
export async function deliverDue(
  store: Store,
  { url, secret }: Webhook,
  { signal, isSilenced, onDelivered }: DeliverOptions,
): Promise<{ readonly tried: number; readonly failed: number }> {
  const due = await store.dueDeliveries(Date.now(), DUE_AT_ONCE, url)
  const rest = due.values()
  let failed = 0
  const told = { target: new URL(url).origin }
  const call = async () => {
    for (const delivery of rest) {
      if (signal.aborted) return
      const { key, body, attempts } = delivery
      if (await isSilenced(body)) {
        await store.settleDelivery(key, url, { deliveredAt: Date.now() })
        onDelivered({ ...told, key, delivered: false, problem: 'silenced by the allow-list' })
        continue
      }
      const answer = await tryCall(delivery, secret, signal)
      if (signal.aborted && answer !== null) return
      if (answer === null) await store.settleDelivery(key, url, { deliveredAt: Date.now() })
      else {
        failed++
        const wait = Math.min(LONGEST_WAIT_MS, Math.max(waitAfter(attempts), answer.waitMs ?? 0))
        await store.settleDelivery(key, url, { nextAt: Date.now() + wait, problem: answer.problem })
      }
      onDelivered({ ...told, key, delivered: answer === null, problem: answer?.problem ?? null })
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, call))
  return { tried: due.length, failed }
}

function waitAfter(attempts: number): number {
  return Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** Math.min(attempts, 20))
}

/** Null where the call was taken. */
async function tryCall(
  { key, target, body }: Delivery,
  secret: string | null,
  signal: AbortSignal,
): Promise<{ readonly problem: string; readonly waitMs?: number } | null> {
  const headers = callHeaders(key, body, secret, Math.floor(Date.now() / 1000))
  // Not AbortSignal.timeout, which Node 20 may collect before its time.
  const ended = new AbortController()
  const end = () => ended.abort()
  const timer = setTimeout(end, CALL_MS)
  signal.addEventListener('abort', end, { once: true })
  try {
    // A receiver that sends elsewhere would have the body go to whom nobody named.
    const how = { method: 'POST', headers, body, redirect: 'manual', signal: ended.signal } as const
    const response = await fetch(target, how)
    await response.body?.cancel()
    if (response.ok) return null
    const asked = Number(response.headers.get('retry-after') || Number.NaN)
    const problem = `answered ${response.status}`
    return Number.isFinite(asked) ? { problem, waitMs: asked * 1000 } : { problem }
  } catch (error) {
    if (ended.signal.aborted) return { problem: `no answer within ${CALL_MS / 1000} s` }
    const { code } = ((error as Error).cause ?? error) as NodeJS.ErrnoException
    return { problem: String(code ?? 'cannot be called') }
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', end)
  }
}

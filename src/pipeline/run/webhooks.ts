import { createHmac } from 'node:crypto'
import type { Delivery, Store } from '../../store/index.ts'
import type { WebhookSettings } from './run-settings.ts'
import { secretIn } from './sandbox-step.ts'

/** A webhook with its key read. */
export interface Webhook extends Omit<WebhookSettings, 'secretFile'> {
  readonly secret: string | null
}

/** What became of a call. */
export interface Delivered {
  readonly key: string
  readonly target: string
  readonly delivered: boolean
  readonly problem: string | null
}

const CALL_MS = 10_000
const AT_ONCE = 4
const DUE_AT_ONCE = 100
const [FIRST_WAIT_MS, LONGEST_WAIT_MS] = [1000, 3_600_000]

/** Reads the keys of webhooks. @throws UnreadableError */
export async function openWebhooks(settings: readonly WebhookSettings[]): Promise<Webhook[]> {
  return await Promise.all(
    settings.map(async ({ secretFile, ...others }) => ({
      ...others,
      secret: secretFile === null ? null : await secretIn(secretFile),
    })),
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
 * Makes the calls that are due, each at least once: what is not answered by 2xx is tried again after a while that grows to
 * an hour, or as long as the receiver asks. @returns how many calls were tried
 */
export async function deliverDue(
  store: Store,
  webhooks: readonly Webhook[],
  signal: AbortSignal,
  onDelivered: (outcome: Delivered) => void,
): Promise<number> {
  const secrets = new Map(webhooks.map(({ url, secret }) => [url, secret]))
  const due = await store.dueDeliveries(Date.now(), DUE_AT_ONCE)
  const rest = due.values()
  const call = async () => {
    for (const delivery of rest) {
      if (signal.aborted) return
      const { key, target } = delivery
      // A webhook that is no longer in the settings keeps what it is owed, until it is back.
      const answer = secrets.has(target)
        ? await tryCall(delivery, secrets.get(target)!, signal)
        : { problem: 'not in the settings', waitMs: LONGEST_WAIT_MS }
      if (signal.aborted && answer !== null) return
      if (answer === null) await store.settleDelivery(key, target, { deliveredAt: Date.now() })
      else {
        const nextAt = Date.now() + (answer.waitMs ?? waitAfter(delivery.attempts))
        await store.settleDelivery(key, target, { nextAt, problem: answer.problem })
      }
      onDelivered({ key, target, delivered: answer === null, problem: answer?.problem ?? null })
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, call))
  return due.length
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
  try {
    const response = await fetch(target, {
      method: 'POST',
      headers,
      body,
      // A receiver that sends elsewhere would have the body go to whom nobody named.
      redirect: 'manual',
      signal: AbortSignal.any([signal, AbortSignal.timeout(CALL_MS)]),
    })
    await response.body?.cancel()
    if (response.ok) return null
    const asked = Number(response.headers.get('retry-after') ?? Number.NaN)
    const problem = `answered ${response.status}`
    return Number.isFinite(asked) && asked >= 0
      ? { problem, waitMs: Math.min(LONGEST_WAIT_MS, asked * 1000) }
      : { problem }
  } catch (error) {
    const { cause, message } = error as Error & { cause?: NodeJS.ErrnoException }
    return { problem: cause?.code ?? message }
  }
}

import { KnownError } from '../../core/index.ts'
import type { Step, Store, Taken } from '../../store/index.ts'
import type { Bell } from './bell.ts'
import { LaterError, type RunStep, type StepEnd, waitAfter } from './run-step.ts'

/** How long a sample is kept from others, and how often that is renewed, in milliseconds. */
const [LEASE_MS, RENEW_MS] = [60_000, 20_000]
/** How often a step looks for samples that other processes brought, in milliseconds. */
const LOOK_MS = 500

/**
 * Does a step with all samples that are due, until the signal is aborted or an error comes that nobody foresaw.
 * @param maxAttempts how often what cannot be done now is tried before it counts as failed
 * @param onEnd told of each end
 */
export async function doStep(
  store: Store,
  step: RunStep,
  bell: Bell,
  signal: AbortSignal,
  maxAttempts: number,
  onEnd: (step: Step) => void,
): Promise<void> {
  const underWay = new Set<Promise<void>>()
  let broken: { readonly error: unknown } | null = null
  while (!signal.aborted) {
    if (broken) throw (broken as { readonly error: unknown }).error
    const { name, version, after, atOnce } = step
    const free = atOnce - underWay.size
    const how = { after, limit: free, leaseMs: LEASE_MS, now: Date.now() }
    const taken = free > 0 ? await store.takeForStep(name, version, how) : []
    for (const each of taken) {
      const work = perform(store, step, each, signal, maxAttempts)
        .then(onEnd, (error) => {
          broken ??= { error }
        })
        .finally(() => {
          underWay.delete(work)
          bell.ring()
        })
      underWay.add(work)
    }
    if (taken.length === 0 || underWay.size >= atOnce) await bell.wait(LOOK_MS)
  }
  await Promise.all(underWay)
}

/** Does a step with one sample, and keeps how it ended. */
async function perform(
  store: Store,
  step: RunStep,
  taken: Taken,
  signal: AbortSignal,
  maxAttempts: number,
): Promise<Step> {
  let now: Step = taken.step
  const set = async (change: Partial<Step>) => {
    now = { ...now, ...change, at: Date.now() }
    await store.setStep(now)
  }
  const renewed = () => ({ state: 'running', nextAt: Date.now() + LEASE_MS }) as const
  const timer = setInterval(() => void set(renewed()).catch(() => {}), RENEW_MS)
  try {
    const { sample } = taken
    const keep = (detail: string) => set({ ...renewed(), detail })
    const end = await step.run({ sample, detail: now.detail, keep, signal })
    clearInterval(timer)
    await set(ended(end))
  } catch (error) {
    clearInterval(timer)
    // What was interrupted is no failure, and is due at once.
    if (signal.aborted) await set({ state: 'pending', nextAt: 0, attempts: now.attempts - 1 })
    else if (!(error instanceof KnownError)) throw error
    else if (error instanceof LaterError && now.attempts < maxAttempts)
      await set({ state: 'pending', nextAt: Date.now() + waitAfter(now.attempts) })
    else await set(failed(error))
  } finally {
    clearInterval(timer)
  }
  return now
}

function ended({ state, detail }: StepEnd): Partial<Step> {
  return { state, nextAt: null, detail: detail === undefined ? null : JSON.stringify(detail) }
}

function failed({ code, message }: KnownError): Partial<Step> {
  return { state: 'failed', nextAt: null, detail: JSON.stringify({ code, reason: message }) }
}

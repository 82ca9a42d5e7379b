import { KnownError } from '../../core/index.ts'
import type { Step, Store, Taken } from '../../store/index.ts'
import { isTrouble } from '../store-failure.ts'
import type { Bell } from './bell.ts'
import { LaterError, type RunStep, type StepEnd, waitAfter } from './run-step.ts'

/** How long a sample is kept from others, and how often that is renewed, in milliseconds. */
const [LEASE_MS, RENEW_MS] = [60_000, 20_000]
/** How often a step looks for samples that other processes brought, in milliseconds. */
const LOOK_MS = 500
/** How long to wait where the store or the disk is at fault, in milliseconds. */
const TROUBLE_MS = 60_000
/** Times that a step may be begun with a sample and never come to an end, before the sample is held to be the cause. */
const MAX_BEGUN = 40

/** What doing a step goes by. */
export interface DoStepOptions {
  readonly bell: Bell
  readonly signal: AbortSignal
  /** How often what cannot be done now is tried before it counts as failed. */
  readonly maxAttempts: number
  /** Resolves when more may be begun: whoever reads the events keeps up. */
  ready(): Promise<void>
  /** Told of each end, with why where it failed. */
  onEnd(step: Step): void
}

/**
 * Does a step with all samples that are due, until the signal is aborted. What goes wrong with one sample is that sample's
 * failure. @throws what the store throws where it cannot even keep that
 */
export async function doStep(store: Store, step: RunStep, options: DoStepOptions): Promise<void> {
  const { bell, signal } = options
  const underWay = new Set<Promise<void>>()
  const errors: unknown[] = []
  try {
    while (!signal.aborted && errors.length === 0) {
      await options.ready()
      const { name, version, after, atOnce } = step
      const free = atOnce - underWay.size
      const how = { after, limit: free, leaseMs: LEASE_MS, now: Date.now() }
      const taken = free > 0 ? await store.takeForStep(name, version, how) : []
      for (const each of taken) {
        const work = perform(store, step, each, options)
          .then(options.onEnd, (error) => void errors.push(error))
          .finally(() => {
            underWay.delete(work)
            bell.ring()
          })
        underWay.add(work)
      }
      if (taken.length === 0 || underWay.size >= atOnce) await bell.wait(LOOK_MS)
    }
  } finally {
    await Promise.all(underWay)
  }
  if (errors.length > 0) throw errors[0]
}

/** Does a step with one sample, and keeps how it ended. */
async function perform(
  store: Store,
  step: RunStep,
  { sample, step: begun }: Taken,
  { signal, maxAttempts }: DoStepOptions,
): Promise<Step> {
  let now: Step = begun
  let writes: Promise<void> = Promise.resolve()
  // One after another: a renewal must not come behind the end.
  const set = (change: Partial<Step>) => {
    now = { ...now, ...change, at: Date.now() }
    const then = now
    writes = writes.catch(() => {}).then(() => store.setStep(then))
    return writes
  }
  const renewed = () => ({ state: 'running', nextAt: Date.now() + LEASE_MS }) as const
  const timer = setInterval(() => void set(renewed()).catch(() => {}), RENEW_MS)
  try {
    if (begun.attempts > MAX_BEGUN) throw new NeverEndedError(begun.attempts - 1)
    const keep = (detail: string) => set({ ...renewed(), detail })
    const end = await step.run({ sample, detail: begun.detail, keep, signal })
    clearInterval(timer)
    await set(ended(end))
    return now
  } catch (error) {
    clearInterval(timer)
    if (!(await store.has(sample.sha256)))
      return { ...now, ...failed({ code: 'removed', message: 'removed' }) }
    // What was interrupted is no failure, and is due at once.
    if (signal.aborted) await set({ state: 'pending', nextAt: 0, attempts: now.attempts - 1 })
    else if (isTrouble(error)) await set({ state: 'pending', nextAt: Date.now() + TROUBLE_MS })
    else if (error instanceof LaterError && now.attempts < maxAttempts)
      await set({ state: 'pending', nextAt: Date.now() + waitAfter(now.attempts) })
    else return await giveUp(error)
    return now
  } finally {
    clearInterval(timer)
  }

  async function giveUp(error: unknown): Promise<Step> {
    const known = error instanceof KnownError
    const told = failed(
      known ? error : { code: 'unexpected', message: String((error as Error)?.message ?? error) },
    )
    // How far a sandbox is must not be forgotten: its task goes on.
    const isKept = error instanceof LaterError && step.keepsDetail
    await set(isKept ? { ...told, detail: now.detail } : told)
    return { ...now, ...told }
  }
}

/** A step that ended the whole run each time. */
class NeverEndedError extends KnownError {
  readonly code = 'never-ended'

  constructor(times: number) {
    super(`begun ${times} times, and the run ended each time before it did`)
  }
}

function ended({ state, detail }: StepEnd): Partial<Step> {
  return { state, nextAt: null, detail: detail === undefined ? null : JSON.stringify(detail) }
}

function failed({ code, message }: Pick<KnownError, 'code' | 'message'>) {
  return { state: 'failed', nextAt: null, detail: JSON.stringify({ code, reason: message }) } as const
}

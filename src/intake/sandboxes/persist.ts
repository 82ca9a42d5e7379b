import type { Clock } from './clock.ts'
import { BusySandboxError, SandboxError } from './sandbox-errors.ts'

/** How patient one is with a sandbox. */
export interface Patience {
  readonly clock: Clock
  /** Numbers in [0, 1) that keep many clients from coming back at once. */
  readonly random: () => number
  /** Failures in a row after which a call is given up. */
  readonly retries: number
  /** The first wait after a failure and the longest, in milliseconds; each is twice the one before. */
  readonly retryMs: number
  readonly maxRetryMs: number
  /** By `clock`: what would have to wait beyond it is given up. */
  readonly deadline: number
  readonly signal?: AbortSignal | undefined
}

/**
 * Makes a call again while it fails in a way that passes, and waits in between. A sandbox that sets the pace (429) has not
 * failed, and is waited for until the deadline.
 * @throws the last error, errors that do not pass, the reason of the signal
 */
export async function persist<T>(call: () => Promise<T>, patience: Patience): Promise<T> {
  const { clock, random, retries, retryMs, maxRetryMs, deadline, signal } = patience
  let failures = 0
  for (let waits = 0; ; waits++) {
    try {
      return await call()
    } catch (error) {
      signal?.throwIfAborted()
      if (!(error instanceof SandboxError) || !error.passes) throw error
      const isPace = error instanceof BusySandboxError && error.isPace
      if (!isPace && ++failures > retries) throw error
      const backOff = Math.min(retryMs * 2 ** Math.min(waits, 30), maxRetryMs)
      const waitMs = Math.max(jittered(backOff, random), error.retryAfterMs ?? 0)
      if (clock.now() + waitMs > deadline) throw error
      await clock.wait(waitMs, signal)
    }
  }
}

/** A wait up to a fifth shorter or longer. */
export function jittered(ms: number, random: () => number): number {
  return ms * (0.8 + 0.4 * random())
}

import { setTimeout as pause } from 'node:timers/promises'

/** Time as it is told to what waits, so that tests need not. */
export interface Clock {
  /** Milliseconds from some moment on. */
  now(): number
  /** @throws the reason of the signal */
  wait(ms: number, signal?: AbortSignal): Promise<void>
}

/** The time of this machine. */
export const systemClock: Clock = {
  now: () => performance.now(),
  async wait(ms, signal) {
    try {
      await pause(ms, undefined, signal ? { signal } : {})
    } catch (error) {
      signal?.throwIfAborted()
      throw error
    }
  },
}

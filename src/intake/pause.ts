import { setTimeout as sleep } from 'node:timers/promises'

/** Waits, or until the signal; whether there was none. */
export async function pause(ms: number, signal?: AbortSignal): Promise<boolean> {
  if (signal?.aborted) return false
  try {
    await sleep(ms, undefined, signal ? { signal } : {})
    return true
  } catch {
    return false
  }
}

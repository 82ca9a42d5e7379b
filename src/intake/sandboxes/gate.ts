import type { Clock } from './clock.ts'

/** What keeps many submissions to one sandbox within bounds; shared by all of them. */
export interface Gate {
  /** Most samples that are with the sandbox at once. */
  readonly inFlight: number
  /** Waits for a place among those in flight. @returns gives it back */
  enter(signal?: AbortSignal): Promise<() => void>
  /** Waits until the next submission may be sent. */
  pace(signal?: AbortSignal): Promise<void>
  /** Waits until a report may be read, which takes memory. @returns lets the next */
  reading(signal?: AbortSignal): Promise<() => void>
}

/** Bounds of a gate. */
export interface GateOptions {
  /** Most samples with the sandbox at once; default 8. */
  readonly inFlight?: number
  /** Shortest time between two submissions, in milliseconds; default 0. */
  readonly intervalMs?: number
  /** Reports read at once, at some 35 MB each; default 2. */
  readonly readings?: number
  readonly clock: Clock
}

/** A gate in which nobody waits yet. */
export function sandboxGate({ inFlight = 8, intervalMs = 0, readings = 2, clock }: GateOptions): Gate {
  let nextAt = Number.NEGATIVE_INFINITY
  return {
    inFlight,
    enter: places(inFlight),
    reading: places(readings),
    async pace(signal) {
      const now = clock.now()
      const at = Math.max(now, nextAt)
      nextAt = at + intervalMs
      if (at > now) await clock.wait(at - now, signal)
    },
  }
}

/** A number of places that are taken in the order in which they are asked for. */
function places(count: number): (signal?: AbortSignal) => Promise<() => void> {
  let free = count
  const queue = new Set<() => void>()
  const leave = () => {
    const [next] = queue
    if (next) next()
    else free++
  }
  const place = () => {
    let left = false
    return () => {
      if (left) return
      left = true
      leave()
    }
  }
  return async (signal) => {
    signal?.throwIfAborted()
    if (free > 0) {
      free--
      return place()
    }
    return await new Promise((resolve, reject) => {
      const enter = () => {
        queue.delete(enter)
        signal?.removeEventListener('abort', giveUp)
        resolve(place())
      }
      const giveUp = () => {
        queue.delete(enter)
        reject(signal!.reason)
      }
      queue.add(enter)
      signal?.addEventListener('abort', giveUp, { once: true })
    })
  }
}

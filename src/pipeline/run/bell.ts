/** Wakes whoever waits for something to do. */
export interface Bell {
  ring(): void
  /** Resolves at the next ring, after a while, or when all ends. */
  wait(ms: number): Promise<void>
}

/** A bell that rings for good when the signal is aborted. */
export function bell(signal: AbortSignal): Bell {
  const waiting = new Set<() => void>()
  const ring = () => {
    for (const wake of [...waiting]) wake()
  }
  signal.addEventListener('abort', ring, { once: true })
  return {
    ring,
    wait: (ms) =>
      new Promise((resolve) => {
        if (signal.aborted) return resolve()
        const wake = () => {
          clearTimeout(timer)
          waiting.delete(wake)
          resolve()
        }
        const timer = setTimeout(wake, ms)
        waiting.add(wake)
      }),
  }
}

import { systemClock } from './clock.ts'
import { sandboxGate } from './gate.ts'
import type { Journal } from './journal.ts'
import type { Sandbox, SandboxSample } from './sandbox.ts'
import { type Settlement, type SettleSettings, settle } from './settle.ts'

/**
 * Settles samples, as many at once as the gate lets in flight, and tells of each as soon as it is settled; the next is
 * taken from `samples` when there is a place for it. Leaving the loop stops those under way; they are taken up again by
 * the next call with the same journal. No sample may come twice.
 * @throws what `settle` and `samples` throw
 */
export async function* settleAll(
  sandbox: Sandbox,
  samples: AsyncIterable<SandboxSample> | Iterable<SandboxSample>,
  journal: Journal,
  settings: SettleSettings = {},
  signal?: AbortSignal,
): AsyncGenerator<Settlement> {
  const gate = settings.gate ?? sandboxGate({ clock: settings.clock ?? systemClock })
  const stop = new AbortController()
  const onAbort = () => stop.abort(signal!.reason)
  signal?.addEventListener('abort', onAbort, { once: true })
  if (signal?.aborted) onAbort()
  const running = new Map<SandboxSample, Promise<Step>>()
  const source = each(samples)
  const ask = (): Promise<Step> =>
    source.next().then(({ value, done }) => (done ? { is: 'end' } : { is: 'next', value }))
  let next: Promise<Step> | null = ask()
  try {
    while (next || running.size > 0) {
      stop.signal.throwIfAborted()
      const isOpen: boolean = running.size < gate.inFlight
      const step: Step = await Promise.race([...running.values(), ...(next && isOpen ? [next] : [])])
      if (step.is === 'end') next = null
      else if (step.is === 'next') {
        const sample = step.value
        const settled = settle(sandbox, sample, journal, { ...settings, gate }, stop.signal)
        running.set(
          sample,
          settled.then((settlement) => ({ is: 'settled', sample, settlement })),
        )
        next = ask()
      } else {
        running.delete(step.sample)
        yield step.settlement
      }
    }
  } finally {
    signal?.removeEventListener('abort', onAbort)
    stop.abort()
    next?.catch(() => {})
    await Promise.allSettled(running.values())
    await source.return(undefined)
  }
}

type Step =
  | { readonly is: 'end' }
  | { readonly is: 'next'; readonly value: SandboxSample }
  | { readonly is: 'settled'; readonly sample: SandboxSample; readonly settlement: Settlement }

async function* each<T>(items: AsyncIterable<T> | Iterable<T>): AsyncGenerator<T, undefined> {
  yield* items
}

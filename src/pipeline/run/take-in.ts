import { createReadStream } from 'node:fs'
import { KnownError, mapOrdered } from '../../core/index.ts'
import {
  type Arrival,
  cutOffSigns,
  followFolder,
  followSuricata,
  followZeek,
  type WatchOptions,
} from '../../intake/index.ts'
import type { Store, Stored } from '../../store/index.ts'
import type { NewRunEvent } from './run-event.ts'
import type { IntakeSettings } from './run-settings.ts'

/** Arrivals that are stored at once; their cursors are kept in order. */
const AT_ONCE = 4

/** Between two cursors that are written, in milliseconds, at least: what came after the last one is stored once more, in vain. */
const CURSOR_MS = 500

/** How a watcher is told what it is to watch. */
function follow(
  settings: IntakeSettings,
  options: WatchOptions,
  isKnown: (sha256: string) => Promise<boolean>,
): AsyncIterable<Arrival> {
  if (settings.type === 'suricata') return followSuricata({ ...settings, ...options, isKnown })
  if (settings.type === 'zeek') return followZeek({ ...settings, ...options })
  return followFolder({ ...settings, ...options })
}

/** By which the cursor of an intake is found again. */
function cursorName(settings: IntakeSettings): string {
  return `intake:${JSON.stringify(settings)}`
}

/**
 * Stores what a watcher tells of, until it ends. The cursor follows what is stored, so that after an end at any moment
 * nothing is missed; what comes twice is known by its sighting.
 */
export async function takeIn(
  store: Store,
  settings: IntakeSettings,
  how: { readonly once: boolean; readonly maxFileBytes: number; readonly signal: AbortSignal },
  tell: (event: NewRunEvent) => void,
): Promise<void> {
  const { once, maxFileBytes, signal } = how
  const name = cursorName(settings)
  const problem = (subject: string, text: string) =>
    tell({ event: 'problem', source: settings.type, subject, problem: text })
  let last: Arrival | null = null
  let [told, done, nextAt] = [0, 0, 0]
  /** Keeps that all which is done need not be told of again. */
  const keepCursor = async () => {
    const begun = Date.now()
    const position = last?.position
    last = null
    if (position !== undefined) await store.setCursor(name, position)
    // That of a folder with many files is long: most of the time is for the files.
    nextAt = Date.now() + Math.max(CURSOR_MS, 20 * (Date.now() - begun))
  }
  async function* counted(arrivals: AsyncIterable<Arrival>): AsyncGenerator<Arrival> {
    for await (const arrival of arrivals) {
      told++
      yield arrival
    }
  }
  const options: WatchOptions = {
    once,
    signal,
    cursor: await store.cursor(name),
    onProblem: ({ subject, problem: text }) => problem(subject, text),
    // A log that speaks of other things for hours moves on as well, once all that it told of is stored.
    onPosition(position) {
      if (told === done) void store.setCursor(name, position).catch(() => {})
    },
  }
  const underWay = new Set<Promise<unknown>>()
  const storing = (arrival: Arrival) => {
    const work = storeArrival(store, arrival, maxFileBytes, signal, problem)
    underWay.add(work)
    return work.finally(() => underWay.delete(work))
  }
  const arrivals = follow(settings, options, async (sha256) => {
    // What was just told of is about to be known.
    await Promise.allSettled(underWay)
    return await store.has(sha256)
  })
  for await (const { arrival, stored } of mapOrdered(counted(arrivals), storing, AT_ONCE)) {
    if (signal.aborted) break
    done++
    last = arrival
    if (stored) {
      const { sample, isNew } = stored
      const { sha256, state, reasons } = sample
      tell({ event: 'stored', sha256, isNew, source: arrival.source, name: arrival.name, state, reasons })
    }
    if (Date.now() >= nextAt) await keepCursor()
  }
  await keepCursor()
}

async function storeArrival(
  store: Store,
  arrival: Arrival,
  maxBytes: number,
  signal: AbortSignal,
  problem: (subject: string, text: string) => void,
): Promise<{ arrival: Arrival; stored: Stored | null }> {
  const { path, sighting, name } = arrival
  try {
    const partial = [...arrival.partial, ...(await cutOffSigns(path, signal))]
    const stored = await store.put(createReadStream(path), {
      ...{ sighting, maxBytes, signal },
      ...(partial.length > 0 && { partial }),
      ...(name !== null && { name }),
    })
    return { arrival, stored }
  } catch (error) {
    if (signal.aborted) return { arrival, stored: null }
    const isSystemError = typeof (error as NodeJS.ErrnoException).syscall === 'string'
    if (!(error instanceof KnownError) && !isSystemError) throw error
    problem(path, (error as Error).message)
    return { arrival, stored: null }
  }
}

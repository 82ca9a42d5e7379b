import { setTimeout as pause } from 'node:timers/promises'
import { KnownError, readChunks } from '../../core/index.ts'
import { type Arrival, cutOffSigns } from '../../intake/index.ts'
import type { Store, Stored } from '../../store/index.ts'
import { followIntake } from '../follow-intake.ts'
import { isTrouble } from '../store-failure.ts'
import type { NewRunEvent } from './run-event.ts'
import type { IntakeSettings } from './run-settings.ts'
import { unpackAgain } from './unpack-step.ts'

/** Arrivals that are stored at once; they are told of, and their cursors kept, in order. */
const AT_ONCE = 4
/** Between two cursors that are written, in milliseconds, at least: what came after the last one is stored once more, in vain. */
const CURSOR_MS = 500
/** Waits where the store or the disk is at fault, in milliseconds. */
const TROUBLE_MS = [1000, 5000, 15_000, 60_000]

/** What taking in goes by. */
export interface TakeInOptions {
  readonly once: boolean
  readonly maxFileBytes: number
  readonly signal: AbortSignal
  /** Resolves when more may be taken in. */
  ready(): Promise<void>
  tell(event: NewRunEvent): void
}

/** By which the cursor of an intake is found again. */
function cursorName(settings: IntakeSettings): string {
  return `intake:${JSON.stringify(settings)}`
}

/**
 * Stores what a watcher tells of, until it ends. The cursor follows what is stored, so that after an end at any moment
 * nothing is missed; what comes twice is known by its sighting. Where the store or the disk is at fault it waits, and with
 * `once` it gives up after a while. @throws what the store throws
 */
export async function takeIn(store: Store, settings: IntakeSettings, options: TakeInOptions): Promise<void> {
  const { once, signal: outer, tell } = options
  const broken = new AbortController()
  const signal = AbortSignal.any([outer, broken.signal])
  const name = cursorName(settings)
  const problem = (subject: string, text: string) =>
    tell({ event: 'problem', source: settings.type, subject, problem: text })

  let [told, done, nextAt] = [0, 0, 0]
  let position: (() => string) | null = null
  const keepCursor = async () => {
    const begun = Date.now()
    const reached = position?.()
    position = null
    if (reached !== undefined) await store.setCursor(name, reached)
    // That of a folder with many files is long: most of the time is for the files.
    nextAt = Date.now() + Math.max(CURSOR_MS, 20 * (Date.now() - begun))
  }
  const ended = async (arrival: Arrival, stored: Stored | null) => {
    done++
    position = () => arrival.position
    if (stored) {
      const { sample, isNew } = stored
      const { sha256, state, reasons } = sample
      if (!isNew) await unpackAgain(store, sample)
      tell({ event: 'stored', sha256, isNew, source: arrival.source, name: arrival.name, state, reasons })
    }
    if (Date.now() >= nextAt || done === told) await keepCursor()
  }

  const underWay = new Set<Promise<unknown>>()
  const arrivals = followIntake(
    settings,
    {
      once,
      signal,
      cursor: await store.cursor(name),
      onProblem: ({ subject, problem: text }) => problem(subject, text),
      // A log that speaks of other things for hours moves on as well, once all that it told of is stored.
      onPosition(reached) {
        if (told === done) void store.setCursor(name, reached).catch(() => {})
      },
    },
    async (sha256) => {
      // What was just told of is about to be known.
      await Promise.allSettled(underWay)
      return await store.has(sha256)
    },
  )
  // The ends of arrivals in their order, whichever is stored first.
  let tail: Promise<void> = Promise.resolve()
  const window: Promise<void>[] = []
  try {
    for await (const arrival of arrivals) {
      told++
      const work = storeArrival(store, arrival, options, signal, problem)
      underWay.add(work)
      const end = Promise.all([work, tail]).then(async ([stored]) => {
        underWay.delete(work)
        // What was interrupted is told of again by the next run.
        if (stored !== 'interrupted') await ended(arrival, stored)
        else broken.abort()
      })
      end.catch(() => broken.abort())
      tail = end
      window.push(end)
      if (window.length >= AT_ONCE) await window.shift()
      await options.ready()
    }
    await tail
  } finally {
    await Promise.allSettled([...underWay, tail])
  }
  await keepCursor()
}

/** Null where the file is at fault, which was told. */
async function storeArrival(
  store: Store,
  arrival: Arrival,
  { once, maxFileBytes }: TakeInOptions,
  signal: AbortSignal,
  problem: (subject: string, text: string) => void,
): Promise<Stored | null | 'interrupted'> {
  for (let tries = 0; !signal.aborted; tries++) {
    try {
      return await storeOnce(store, arrival, maxFileBytes, signal)
    } catch (error) {
      if (signal.aborted) break
      const { code = '', message } = error as NodeJS.ErrnoException
      if (!isTrouble(error)) {
        if (!(error instanceof KnownError) && !code) throw error
        problem(arrival.path, message)
        return null
      }
      if (once && tries === TROUBLE_MS.length) throw error
      problem(arrival.path, `${message}; it is tried again`)
      await pause(TROUBLE_MS[Math.min(tries, TROUBLE_MS.length - 1)], undefined, { signal }).catch(() => {})
    }
  }
  return 'interrupted'
}

async function storeOnce(
  store: Store,
  { path, sighting, name, partial: told }: Arrival,
  maxBytes: number,
  signal: AbortSignal,
): Promise<Stored> {
  const partial = [...told, ...(await cutOffSigns(path, signal))]
  return await store.put(readChunks(path), {
    ...{ sighting, maxBytes, signal },
    ...(partial.length > 0 && { partial }),
    ...(name !== null && { name }),
  })
}

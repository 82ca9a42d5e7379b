import { KnownError } from '../core/index.ts'
import {
  type Arrival,
  followFolder,
  followSuricata,
  followZeek,
  type Inspected,
  type IntakeProblem,
  inspectArrival,
  type WatchOptions,
} from '../intake/index.ts'

/** Where files come from. */
export type IntakeSource =
  | { readonly kind: 'suricata'; readonly eve: string; readonly filestore: string; readonly sweep?: boolean }
  | { readonly kind: 'zeek'; readonly log: string; readonly extracted: string }
  | {
      readonly kind: 'folder'
      readonly folder: string
      readonly recursive?: boolean
      readonly settleMs?: number
    }

/** An arrival, and what its bytes say. */
export interface InspectedArrival extends Inspected {
  readonly arrival: Arrival
}

/**
 * The files that a source tells of, each time it does, as they come. What cannot be read is a problem, and the others go on.
 * Nothing is read ahead: whoever asks slowly is told slowly.
 */
export async function* watchIntake(
  source: IntakeSource,
  options: WatchOptions & { onProblem(problem: IntakeProblem): void },
): AsyncGenerator<InspectedArrival> {
  for await (const arrival of follow(source, options)) {
    try {
      yield { arrival, ...(await inspectArrival(arrival, options.signal)) }
    } catch (error) {
      if (options.signal?.aborted) return
      if (!(error instanceof KnownError)) throw error
      options.onProblem({ source: arrival.source, subject: arrival.path, problem: error.message })
    }
  }
}

/** The arrivals of a source as it tells of them. */
function follow(source: IntakeSource, options: WatchOptions): AsyncIterable<Arrival> {
  if (source.kind === 'zeek') return followZeek({ ...options, ...source })
  if (source.kind === 'folder') return followFolder({ ...options, ...source })
  const { eve, filestore, sweep = false } = source
  if (!sweep) return followSuricata({ ...options, eve, filestore })
  // Those that the log tells of come first.
  const told = new Set<string>()
  const isKnown = async (sha256: string) => told.has(sha256)
  return remembering(followSuricata({ ...options, eve, filestore, isKnown }), told)
}

async function* remembering(arrivals: AsyncIterable<Arrival>, told: Set<string>): AsyncGenerator<Arrival> {
  for await (const arrival of arrivals) {
    if (arrival.sha256 !== null) told.add(arrival.sha256)
    yield arrival
  }
}

import { KnownError } from '../core/index.ts'
import {
  type Arrival,
  type Inspected,
  type IntakeProblem,
  inspectArrival,
  type WatchOptions,
} from '../intake/index.ts'
import { followIntake, type IntakeSource } from './follow-intake.ts'

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

/** With `sweep`, what the log does not tell of comes behind what it tells of. */
function follow(source: IntakeSource, options: WatchOptions): AsyncIterable<Arrival> {
  if (source.type !== 'suricata' || !source.sweep) return followIntake(source, options)
  const told = new Set<string>()
  return remembering(
    followIntake(source, options, async (sha256) => told.has(sha256)),
    told,
  )
}

async function* remembering(arrivals: AsyncIterable<Arrival>, told: Set<string>): AsyncGenerator<Arrival> {
  for await (const arrival of arrivals) {
    if (arrival.sha256 !== null) told.add(arrival.sha256)
    yield arrival
  }
}

import type { Sighting } from './sighting.ts'

/** A file that a watcher tells of: it lies at `path` whole, as far as its source is concerned. */
export interface Arrival {
  readonly source: 'suricata' | 'zeek' | 'folder'
  readonly path: string
  /** As the source told it, lower-case hex; null where it told none. */
  readonly sha256: string | null
  /** The name that the file had on its way: hostile. */
  readonly name: string | null
  readonly sighting: Sighting
  /** Reasons why its source knows it to be cut. */
  readonly partial: readonly string[]
  /** The cursor from which to go on once this arrival is safely stored. */
  readonly position: string
}

/** Something that a watcher could not do, which is no reason to stop: a file that is not there, a line that is none. */
export interface IntakeProblem {
  readonly source: Arrival['source']
  /** The log or file that it is about; a name in it may be hostile. */
  readonly subject: string
  readonly problem: string
}

/** How a watcher watches. */
export interface WatchOptions {
  /** The position of the last arrival that was stored; null at the very first start. Nonsense counts as null, and is told. */
  readonly cursor?: string | null
  /** End where there is nothing more, rather than wait for it. */
  readonly once?: boolean
  /** Between two looks, in milliseconds. */
  readonly pollMs?: number
  /** Ends the watching, without an error. */
  readonly signal?: AbortSignal
  onProblem?(problem: IntakeProblem): void
  /**
   * Told a cursor from which nothing is missed, provided that all arrivals told before are stored: a log that speaks of
   * other things for hours need not be read again for them.
   */
  onPosition?(position: string): void
}

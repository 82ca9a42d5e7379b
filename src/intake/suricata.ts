import { join } from 'node:path'
import type { Arrival, WatchOptions } from './arrival.ts'
import { patienceFor, whyNotThere } from './carved-file.ts'
import { placeOf } from './cursor.ts'
import { type FileEvent, readEvent } from './eve.ts'
import { followLines } from './follow-lines.ts'
import { sweepFilestore } from './sweep-filestore.ts'

/** Where Suricata writes. */
export interface SuricataOptions extends WatchOptions {
  /** Its `eve.json`. */
  readonly eve: string
  /** Folder of its file-store, version 2. */
  readonly filestore: string
  /**
   * Whether a sample is known. Given, the file-store is gone through once, when the log is first at its end, for files of
   * which no event told: the log may have been rotated away while nobody watched.
   */
  isKnown?(sha256: string): Promise<boolean>
}

const EVENT_MARK = '"fileinfo"'

/**
 * The files that Suricata stores, each time it sees one: follows `eve.json` through rotation and tells of a file when its
 * `fileinfo` line is there, which Suricata writes after the file. Cursors are places in the log.
 */
export async function* followSuricata(options: SuricataOptions): AsyncGenerator<Arrival> {
  const { eve, filestore, cursor = null, signal, isKnown } = options
  const tell = (subject: string, problem: string) =>
    options.onProblem?.({ source: 'suricata', subject, problem })
  const place = cursor === null ? null : placeOf(cursor)
  if (cursor !== null && place === null)
    tell(eve, 'the cursor is none, so the log is read from its beginning')
  let isSwept = isKnown === undefined
  let toldPosition = cursor
  const batches = followLines(eve, { ...options, place, onProblem: (problem) => tell(eve, problem) })
  for await (const batch of batches) {
    let malformed = 0
    for (const line of batch.lines) {
      const isEvent = line.bytes.includes(EVENT_MARK)
      if (!isEvent && batch.lastLine === 'whole') continue
      const event = isEvent ? readEvent(line.bytes.toString(), batch.place.modifiedAt) : 'malformed'
      if (event === 'malformed') malformed++
      if (event === null || event === 'malformed' || !event.isStored) continue
      const lineEnd = await batch.placeBehind(line)
      const until = patienceFor(batch.place.modifiedAt)
      const arrival = await arrivalOf(event, filestore, JSON.stringify(lineEnd), until, signal, tell)
      if (signal?.aborted) return
      if (arrival) yield arrival
    }
    // A line that is still being written to is not one yet.
    if (malformed > 0 && batch.lastLine !== 'unfinished') tell(eve, `lines that cannot be read: ${malformed}`)
    if (!batch.atEnd) continue
    const position = JSON.stringify(batch.place)
    if (position !== toldPosition) options.onPosition?.(position)
    toldPosition = position
    if (!isSwept) yield* sweepFilestore(filestore, { ...options, isKnown: isKnown!, position })
    isSwept = true
  }
}

async function arrivalOf(
  event: FileEvent,
  filestore: string,
  position: string,
  until: number,
  signal: AbortSignal | undefined,
  tell: (subject: string, problem: string) => void,
): Promise<Arrival | null> {
  const { sha256, sighting, partial } = event
  if (sha256 === null) {
    tell(filestore, `an event tells of a stored file but not of its SHA-256: ${sighting.key}`)
    return null
  }
  const path = carvedPath(filestore, sha256)
  const problem = await whyNotThere(path, until, signal)
  if (problem !== null) {
    tell(path, `a file that was stored cannot be taken: ${problem}`)
    return null
  }
  return { source: 'suricata', path, sha256, name: sighting.name, sighting, partial, position }
}

/** Where the file-store keeps a file. */
export function carvedPath(filestore: string, sha256: string): string {
  return join(filestore, sha256.slice(0, 2), sha256)
}

import { join } from 'node:path'
import type { Arrival, WatchOptions } from './arrival.ts'
import { patienceFor, whyNotThere } from './carved-file.ts'
import { placeOf } from './cursor.ts'
import { fieldsOf, member } from './fields.ts'
import { followLines } from './follow-lines.ts'
import { isPlainName, readZeekFile } from './zeek-file.ts'
import { NO_COLUMNS, readHeader, readZeekLine, type ZeekColumns } from './zeek-line.ts'

/** Where Zeek writes. */
export interface ZeekOptions extends WatchOptions {
  /** Its `files.log`, as JSON lines or in its own text format. */
  readonly log: string
  /** The folder of extracted files, `FileExtract::prefix`. */
  readonly extracted: string
}

/** The files that Zeek extracts: follows `files.log` through rotation. Cursors are places in the log, and its columns. */
export async function* followZeek(options: ZeekOptions): AsyncGenerator<Arrival> {
  const { log, extracted, cursor = null, signal } = options
  const tell = (subject: string, problem: string) => options.onProblem?.({ source: 'zeek', subject, problem })
  const place = cursor === null ? null : placeOf(cursor)
  if (cursor !== null && place === null)
    tell(log, 'the cursor is none, so the log is read from its beginning')
  let columns = place === null ? NO_COLUMNS : columnsOf(cursor!)
  let toldPosition = cursor
  const positionOf = (at: object) => JSON.stringify({ ...at, columns })
  const batches = followLines(log, { ...options, place, onProblem: (problem) => tell(log, problem) })
  for await (const batch of batches) {
    let malformed = 0
    for (const line of batch.lines) {
      const content = line.bytes.toString()
      if (content.startsWith('#')) {
        columns = readHeader(content, columns)
        continue
      }
      // Columns that are cut off may look whole, JSON cannot.
      const mayBeCut = batch.lastLine !== 'whole' && !content.startsWith('{')
      const row = mayBeCut ? null : readZeekLine(content, columns)
      if (row === null) {
        malformed++
        continue
      }
      const file = readZeekFile(row, batch.place.modifiedAt)
      if (file.extracted === null) continue
      const { sha256, sighting, partial } = file
      const path = join(extracted, isPlainName(file.extracted) ? file.extracted : '.')
      const problem = isPlainName(file.extracted)
        ? await whyNotThere(path, patienceFor(batch.place.modifiedAt), signal)
        : 'its name leads out of the folder'
      if (signal?.aborted) return
      if (problem !== null) {
        tell(join(extracted, '…'), `an extracted file cannot be taken: ${problem}: ${file.extracted}`)
        continue
      }
      const position = positionOf(await batch.placeBehind(line))
      yield { source: 'zeek', path, sha256, name: sighting.name, sighting, partial, position }
    }
    if (malformed > 0 && batch.lastLine !== 'unfinished') tell(log, `lines that cannot be read: ${malformed}`)
    const position = positionOf(batch.place)
    if (batch.atEnd && position !== toldPosition) options.onPosition?.(position)
    if (batch.atEnd) toldPosition = position
  }
}

function columnsOf(cursor: string): ZeekColumns {
  const given = member(fieldsOf(cursor), 'columns') as Partial<ZeekColumns> | undefined
  const isText = (value: unknown) => typeof value === 'string'
  const isWhole =
    [given?.separator, given?.unset, given?.empty].every(isText) &&
    Array.isArray(given?.fields) &&
    given.fields.every(isText)
  return isWhole ? (given as ZeekColumns) : NO_COLUMNS
}

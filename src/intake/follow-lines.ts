import { stat } from 'node:fs/promises'
import { UnreadableError } from '../core/index.ts'
import { type LogLine, lineSplitter } from './line-splitter.ts'
import { type LogFile, type LogPlace, openLog } from './log-file.ts'
import { pause } from './pause.ts'
import { chainFrom } from './rotated-logs.ts'

/** Bytes of a line; longer ones are counted and left out. */
export const MAX_LINE_BYTES = 1024 * 1024
const POLL_MS = 250

/** How a log is followed. */
export interface FollowLinesOptions {
  readonly place: LogPlace | null
  readonly once?: boolean
  readonly pollMs?: number
  readonly signal?: AbortSignal | undefined
  readonly maxLineBytes?: number
  /** Told what of the log cannot be read. */
  onProblem(problem: string): void
}

/** Lines that came together. */
export interface LineBatch {
  readonly lines: readonly LogLine[]
  /** The place behind them all. */
  readonly place: LogPlace
  /** `cut`: the one line has no end and none will come; `unfinished`: it has none yet, and `place` is before it. */
  readonly lastLine: 'whole' | 'cut' | 'unfinished'
  /** All that there is now was told. */
  readonly atEnd: boolean
  placeBehind(line: LogLine): Promise<LogPlace>
}

/**
 * The lines of a log that others write and rotate: by renaming it and making a new one, or by copying and emptying it. A
 * line that is half written is waited for. From a place it goes on as if it had never stopped, whatever was rotated since,
 * as long as the logs lie beside one another unpacked. Holds a chunk and a line at a time.
 */
export async function* followLines(path: string, options: FollowLinesOptions): AsyncGenerator<LineBatch> {
  const { once = false, pollMs = POLL_MS, signal, onProblem } = options
  let place = options.place
  let isMissing = false
  while (!signal?.aborted) {
    const { links, problem } = await chainFrom(path, place)
    if (problem !== null) {
      onProblem(problem)
      place = null
    }
    for (const [i, link] of links.entries()) {
      const isLast = i === links.length - 1
      const log = await openLog(link.path).catch((error: Error) => {
        const known = error instanceof UnreadableError ? error : new UnreadableError(link.path, error)
        if (!isMissing) onProblem(known.message)
        return null
      })
      isMissing = log === null
      if (log === null) break
      try {
        for await (const batch of readLog(log, path, link.offset, isLast, options)) {
          place = batch.place
          yield batch
        }
      } finally {
        await log.close()
      }
    }
    // The last log was rotated, or is not there.
    if (once || (isMissing && !(await pause(pollMs, signal)))) return
  }
}

/** One log from an offset; the last one until it is rotated. */
async function* readLog(
  log: LogFile,
  path: string,
  from: number,
  isLast: boolean,
  { once = false, pollMs = POLL_MS, signal, maxLineBytes = MAX_LINE_BYTES, onProblem }: FollowLinesOptions,
): AsyncGenerator<LineBatch> {
  const splitter = lineSplitter(from, maxLineBytes)
  let at = from
  let isOver = !isLast
  let { modifiedAt } = await log.about()
  let place = await log.placeAt(from, modifiedAt)
  const batchOf = (more: Partial<LineBatch>): LineBatch => {
    const writtenAt = modifiedAt
    return {
      lines: [],
      place,
      lastLine: 'whole',
      atEnd: false,
      placeBehind: ({ end }) => log.placeAt(end, writtenAt),
      ...more,
    }
  }
  while (!signal?.aborted) {
    // Emptied, and perhaps written anew: the rest of what it was may lie in a copy.
    if (!(await log.holds({ ...place, offset: at }))) return
    modifiedAt = (await log.about()).modifiedAt
    const chunk = await log.read(at)
    at += chunk.length
    const lines = splitter.split(chunk)
    const tooLong = splitter.takeTooLong()
    if (tooLong > 0) onProblem(`lines of over ${maxLineBytes} bytes were left out: ${tooLong}`)
    place = await log.placeAt(splitter.end(), modifiedAt)
    if (chunk.length > 0) {
      if (lines.length > 0) yield batchOf({ lines })
      continue
    }
    const rest = isOver || once ? splitter.rest() : null
    if (rest && isOver) place = await log.placeAt(rest.end, modifiedAt)
    if (rest) yield batchOf({ lines: [rest], lastLine: isOver ? 'cut' : 'unfinished' })
    if (isLast) yield batchOf({ atEnd: true })
    if (isOver || once) return
    // Then once more to its end: it may have been written to before the new one was.
    if (await hasSuccessor(path, log)) isOver = true
    else if (!(await pause(pollMs, signal))) return
  }
}

/** Whether another file with something in it has taken the log's path; until then the writer may still use the old one. */
async function hasSuccessor(path: string, log: LogFile): Promise<boolean> {
  const there = await stat(path, { bigint: true }).catch(() => null)
  return there !== null && String(there.ino) !== log.inode && there.size > 0n
}

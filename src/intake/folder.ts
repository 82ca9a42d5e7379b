import { createHash } from 'node:crypto'
import { basename } from 'node:path'
import type { Arrival, WatchOptions } from './arrival.ts'
import { count, fieldsOf } from './fields.ts'
import { type FoundFile, filesIn, MAX_FOLDER_FILES } from './folder-files.ts'
import { pause } from './pause.ts'
import { plainSighting } from './sighting.ts'

const POLL_MS = 1000
const SETTLE_MS = 2000
const MARK_CHARACTERS = 16

/** A folder that files are put into. */
export interface FolderOptions extends WatchOptions {
  readonly folder: string
  /** Go down into folders. */
  readonly recursive?: boolean
  /** How long a file must not have changed, in milliseconds. */
  readonly settleMs?: number
  readonly maxFiles?: number
}

/**
 * The files of a folder, each once it has stopped changing and again when it has changed, in the order of their names. Links
 * are not followed; hidden and temporary names are left out. Cursors hold a mark of each file that was told of (path, size,
 * time, inode); what is no longer there is forgotten.
 */
export async function* followFolder(options: FolderOptions): AsyncGenerator<Arrival> {
  const { folder, once = false, pollMs = POLL_MS, settleMs = SETTLE_MS, signal } = options
  const tell = (subject: string, problem: string) =>
    options.onProblem?.({ source: 'folder', subject, problem })
  const given = marksOf(options.cursor ?? null)
  if (given === null) tell(folder, 'the cursor is none, so all files count as new')
  let marks: string[] = given ?? []
  // Since when each file that is not settled has looked as it does.
  let waiting = new Map<string, number>()
  const told = new Set<string>()
  for (;;) {
    const before: ReadonlySet<string> = new Set(marks)
    let isWhole = true
    const here: string[] = []
    const arrivals: { file: FoundFile; mark: string }[] = []
    const stillWaiting = new Map<string, number>()
    for await (const file of filesIn(folder, options)) {
      if (signal?.aborted) return
      if ('problem' in file) {
        if (file.isFolder) isWhole = false
        if (!told.has(file.path) && told.size < MAX_FOLDER_FILES) tell(file.path, file.problem)
        told.add(file.path)
        continue
      }
      const mark = markOf(file)
      if (before.has(mark)) here.push(mark)
      else if (isSettled(file, waiting.get(mark), settleMs)) arrivals.push({ file, mark })
      else stillWaiting.set(mark, waiting.get(mark) ?? Date.now())
    }
    // What cannot be looked at, an unmounted disk say, is not forgotten.
    marks = isWhole ? here : [...new Set([...here, ...before])]
    waiting = stillWaiting
    for (const { file, mark } of arrivals) {
      if (signal?.aborted) return
      marks.push(mark)
      yield arrivalOf(file, mark, marks)
    }
    if (once && waiting.size === 0) return
    if (!(await pause(pollMs, signal))) return
  }
}

/** Nobody has written to it for a while, by the clock of its file system or, where that is ahead, by watching. */
function isSettled(file: FoundFile, since: number | undefined, settleMs: number): boolean {
  const now = Date.now()
  return now - file.changedAt >= settleMs || (since !== undefined && now - since >= settleMs)
}

function arrivalOf(file: FoundFile, mark: string, marks: readonly string[]): Arrival {
  const upTo = marks.length
  const name = basename(file.path)
  return {
    source: 'folder',
    path: file.path,
    sha256: null,
    name,
    sighting: plainSighting({
      key: `folder:${mark}`,
      source: 'folder',
      at: Math.round(file.modifiedAt),
      name,
      details: JSON.stringify({ path: file.path }),
    }),
    partial: [],
    // Made when it is asked for: of many files it is long.
    get position() {
      return JSON.stringify({ version: 1, marks: marks.slice(0, upTo).join('') })
    },
  }
}

function markOf({ path, size, modifiedAt, inode }: FoundFile): string {
  const key = JSON.stringify([path, size, modifiedAt, inode])
  return createHash('sha256').update(key).digest('base64url').slice(0, MARK_CHARACTERS)
}

function marksOf(cursor: string | null): string[] | null {
  if (cursor === null) return []
  const fields = fieldsOf(cursor)
  const marks = fields?.marks
  if (count(fields, 'version') !== 1 || typeof marks !== 'string') return null
  if (marks.length % MARK_CHARACTERS !== 0 || marks.length > MARK_CHARACTERS * MAX_FOLDER_FILES) return null
  return marks.match(/.{16}/gs) ?? []
}

import { byCodePoint } from '../core/index.ts'
import type { Trace, View } from '../samples/index.ts'
import { contentOf } from './content.ts'
import type { Corpus } from './corpus.ts'
import { jsonMembers } from './json-members.ts'
import { NOTES_KEY, notesOf, plainLength } from './notes.ts'
import type { Row } from './row.ts'

/**
 * A corpus as lines of a traces file, by id and source: both views of a sample stand in one line where all else that is
 * known of them is the same. Importing the lines gives a corpus with the same digest.
 */
export async function* exportLines(corpus: Corpus): AsyncGenerator<string> {
  const calls = corpus.rows('calls')
  const opcodes = corpus.rows('opcodes')
  let [a, b] = [await calls.next(), await opcodes.next()]
  try {
    while (!a.done || !b.done) {
      const order = a.done
        ? 1
        : b.done
          ? -1
          : byCodePoint(a.value.id, b.value.id) || byCodePoint(a.value.source, b.value.source)
      const rows: Row[] = []
      if (!a.done && order <= 0) rows.push(a.value)
      if (!b.done && order >= 0) rows.push(b.value)
      if (rows.length === 2 && head(rows[0]) === head(rows[1])) yield line(rows)
      else for (const row of rows) yield line([row])
      if (order <= 0) a = await calls.next()
      if (order >= 0) b = await opcodes.next()
    }
  } finally {
    await calls.return(undefined)
    await opcodes.return(undefined)
  }
}

/** What two rows must share to stand in one line. */
function head({ id, label, trace, extra }: Row): string {
  return JSON.stringify([id, label, trace.dialect, extra])
}

/** One row as a line of a traces file, without a line end. */
export function rowLine(row: Row): string {
  return line([row])
}

/** The line of one sample's rows, one a view, without a line end. */
function line(rows: readonly Row[]): string {
  const [{ id, label, trace, extra }] = rows
  const members = [
    ['id', id],
    ['label', label.malicious],
    ['family', label.family],
    ...(label.category === null ? [] : [['category', label.category]]),
    ...(label.firstSeen === null ? [] : [['first_seen', label.firstSeen]]),
    ...(trace.dialect === 'unknown' ? [] : [['dialect', trace.dialect]]),
  ].map(([key, value]) => `"${key}":${JSON.stringify(value)}`)
  // Before what a source said: readers cap a line's unknown members, the last ones go first.
  const notes = Object.fromEntries(rows.map((row) => [row.trace.view, notesOf(row)]))
  members.push(`"${NOTES_KEY}":${JSON.stringify(notes)}`)
  if (extra) members.push(...jsonMembers(extra).map(({ key, value }) => `${key}:${value}`))
  for (const row of rows) members.push(...traceMembers(row.trace))
  return `{${members.join(',')}}`
}

const KEYS: Readonly<Record<View, { list: string; length: string; counts: string; fuller: string }>> = {
  calls: { list: 'calls', length: 'n_calls', counts: 'api_counts', fuller: 'apistats' },
  opcodes: { list: 'opcodes', length: 'n_opcodes', counts: 'opcode_counts', fuller: 'opcode_counts' },
}

/** The members that tell a trace, as the line format has them. */
function traceMembers(trace: Trace): string[] {
  const keys = KEYS[trace.view]
  const { names, sequence, counts, countsAreFuller } = contentOf(trace)
  const members: string[] = []
  if (sequence && trace.length !== plainLength(trace)) members.push(`"${keys.length}":${trace.length}`)
  if (counts && countsAreFuller) {
    const entries = names
      .map((name, i) => `${JSON.stringify(name)}:${counts[i]}`)
      .filter((_, i) => counts[i] > 0)
    members.push(`"${sequence ? keys.fuller : keys.counts}":{${entries}}`)
  }
  if (!sequence && counts) return members
  const list = sequence ? Array.from(sequence, (index) => names[index]) : names
  // Opcodes are joined by blanks where none has one itself.
  const joined = trace.view === 'opcodes' && list.length > 0 && list.every((name) => /^[^\s]+$/.test(name))
  members.push(`"${keys.list}":${JSON.stringify(joined ? list.join(' ') : list)}`)
  return members
}

import type { Kind, Places, State, Trace, View } from '../samples/index.ts'
import { jsonMembers } from './json-members.ts'
import type { Row } from './row.ts'

/**
 * What a line of a traces file cannot say of a row goes into the line's key `taxon`, by view, so that an exported corpus
 * imports as it was: `{"calls":{"source":…,"by":…,"kind":"set","state":"partial","length":…,"times":[…]}}`. All keys are
 * optional, and what does not fit is passed over: the file may have been edited.
 */
interface Notes {
  readonly source?: string
  readonly by?: string | null
  /** Only `set`: sequences and counts show in the line itself. */
  readonly kind?: Kind
  readonly state?: State
  readonly length?: number
  readonly processes?: readonly number[]
  readonly call_numbers?: readonly number[]
  /** null where unknown. */
  readonly times?: readonly (number | null)[]
  readonly addresses?: readonly number[]
}

/** Key of a line that holds the notes of its views. */
export const NOTES_KEY = 'taxon'

/** The notes that bring a row back from its line. */
export function notesOf({ source, trace, label, state }: Row): Notes {
  const { process, call, time, address } = trace.places ?? {}
  return {
    source,
    by: label.by,
    ...(trace.kind === 'set' && { kind: trace.kind }),
    state,
    ...(trace.length !== plainLength(trace) && { length: trace.length }),
    ...(process && { processes: [...process] }),
    ...(call && { call_numbers: [...call] }),
    ...(time && { times: [...time] }),
    ...(address && { addresses: [...address] }),
  }
}

/** The length a trace has that is not cut. */
export function plainLength({ sequence, tally }: Trace): number {
  return sequence?.length ?? tally.counts?.reduce((sum, n) => sum + n, 0) ?? tally.tokens.length
}

/** The row as its notes say; they are taken out of `extra`, the other members of which stay as they are written. */
export function applyNotes<R extends Omit<Row, 'group'>>(row: R): R {
  if (row.extra === null) return row
  const members = jsonMembers(row.extra)
  const text = members.find(({ key }) => key === `"${NOTES_KEY}"`)?.value
  const others = members.filter(({ key }) => key !== `"${NOTES_KEY}"`)
  const extra = others.length === 0 ? null : `{${others.map(({ key, value }) => `${key}:${value}`)}}`
  if (text === undefined) return { ...row, extra }
  const notes = parseNotes(text, row.trace.view)
  return {
    ...row,
    source: typeof notes.source === 'string' ? notes.source : row.source,
    trace: applyToTrace(row.trace, notes),
    label: typeof notes.by === 'string' || notes.by === null ? { ...row.label, by: notes.by } : row.label,
    state: notes.state === 'partial' || notes.state === 'complete' ? notes.state : row.state,
    extra,
  }
}

function parseNotes(text: string, view: View): Notes {
  try {
    const notes = JSON.parse(text)?.[view]
    return typeof notes === 'object' && notes !== null ? notes : {}
  } catch {
    return {}
  }
}

function applyToTrace(trace: Trace, notes: Notes): Trace {
  if (notes.kind === 'set') {
    const tally = { tokens: trace.tally.tokens, counts: null }
    return { ...trace, kind: 'set', sequence: null, tally, length: tally.tokens.length, places: null }
  }
  const least = trace.sequence?.length ?? 0
  const length = Number.isSafeInteger(notes.length) && notes.length! >= least ? notes.length! : trace.length
  return { ...trace, length, places: placesOf(notes, trace) ?? trace.places }
}

function placesOf(notes: Notes, { sequence }: Trace): Places | null {
  if (!sequence) return null
  const fits = (values: unknown): values is number[] =>
    Array.isArray(values) &&
    values.length === sequence.length &&
    values.every((value) => value === null || typeof value === 'number')
  const u32 = (values: unknown) => (fits(values) ? Uint32Array.from(values) : null)
  const f64 = (values: unknown) =>
    fits(values) ? Float64Array.from(values, (value) => value ?? Number.NaN) : null
  const places = {
    process: u32(notes.processes),
    call: u32(notes.call_numbers),
    time: f64(notes.times),
    address: f64(notes.addresses),
  }
  return Object.values(places).some((values) => values !== null) ? places : null
}

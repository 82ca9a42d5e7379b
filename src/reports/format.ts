import { ASK } from '../kernels/json-scan/projection.ts'

/** What a value in a report means to us, whatever the format calls it. */
export type Field =
  // of the run
  | 'version'
  | 'score'
  | 'sha256'
  | 'sha1'
  | 'md5'
  | 'name'
  | 'size'
  // of each process and each of its calls
  | 'process'
  | 'process.pid'
  | 'process.parent'
  | 'process.name'
  | 'call'
  | 'call.name'
  | 'call.time'
  | 'call.repeated'
  | 'call.thread'
  | 'call.category'
  | 'call.success'
  // how often each API was called, where calls are missing
  | 'tally'
  | 'tally.count'
  // of a line of a traces file
  | 'line'
  | 'line.id'
  | 'line.label'
  | 'line.family'
  | 'line.category'
  | 'line.firstSeen'
  | 'line.dialect'
  | 'line.call'
  | 'line.calls'
  | 'line.callTotal'
  | 'line.callTally'
  | 'line.callTally.count'
  | 'line.opcode'
  | 'line.opcodes'
  | 'line.opcodeTotal'
  | 'line.opcodeTally'
  | 'line.opcodeTally.count'
  | 'line.other'

const SCALAR = ASK.text | ASK.literal

/** What the scanner is asked to give of each field. */
export const FIELD_ASKS: Readonly<Record<Field, number>> = {
  version: SCALAR,
  score: SCALAR,
  sha256: ASK.text,
  sha1: ASK.text,
  md5: ASK.text,
  name: ASK.text,
  size: SCALAR,
  process: ASK.enter | ASK.leave,
  'process.pid': SCALAR,
  'process.parent': SCALAR,
  'process.name': ASK.text,
  call: ASK.leave,
  'call.name': ASK.text | ASK.name,
  'call.time': SCALAR,
  'call.repeated': SCALAR,
  'call.thread': SCALAR,
  'call.category': ASK.text,
  'call.success': SCALAR,
  tally: ASK.keys,
  'tally.count': SCALAR,
  line: ASK.keys,
  'line.id': SCALAR,
  'line.label': SCALAR,
  'line.family': ASK.text,
  'line.category': ASK.text,
  'line.firstSeen': ASK.text,
  'line.dialect': ASK.text,
  'line.call': SCALAR | ASK.enter | ASK.name,
  'line.calls': ASK.enter,
  'line.callTotal': ASK.literal,
  'line.callTally': ASK.enter | ASK.keys,
  'line.callTally.count': SCALAR,
  'line.opcode': SCALAR | ASK.enter | ASK.name,
  'line.opcodes': ASK.enter | ASK.text,
  'line.opcodeTotal': ASK.literal,
  'line.opcodeTally': ASK.enter | ASK.keys,
  'line.opcodeTally.count': SCALAR,
  'line.other': ASK.verbatim,
}

/** Fields that are kept only when a caller asks for the columns beside the calls. */
export const COLUMN_FIELDS: readonly Field[] = ['call.thread', 'call.category', 'call.success']

/**
 * A format as a table. All tables are read in one pass; the format with the most signs names the report, the first of
 * equals. A path's meaning must be the same in every table.
 */
export interface Format {
  /** The name in `Report.format`. */
  readonly name: string
  /** Meaning of each path that is read; see `Request.path` for how paths are written. */
  readonly fields: Readonly<Record<string, Field>>
  /** Weight of each path whose mere presence speaks for this format. */
  readonly signs: Readonly<Record<string, number>>
  /** Versions, as the report states its own, that speak for this format. */
  readonly versions?: { readonly pattern: RegExp; readonly weight: number }
}

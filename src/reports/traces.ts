import type { Format } from './format.ts'

/**
 * Traces files: NDJSON, one sample a line, with one or both views: `calls` or `api_counts` (`apistats` beside or in place
 * of them), `opcodes` (a list, or names with blanks between) or `opcode_counts`. Keys without a meaning here are kept in
 * `Report.extra`.
 */
export const traces: Format = {
  name: 'traces',
  fields: {
    '': 'line',
    id: 'line.id',
    label: 'line.label',
    family: 'line.family',
    category: 'line.category',
    first_seen: 'line.firstSeen',
    dialect: 'line.dialect',
    calls: 'line.calls',
    'calls[]': 'line.call',
    n_calls: 'line.callTotal',
    api_counts: 'line.callTally',
    'api_counts.*': 'line.callTally.count',
    apistats: 'line.callTally',
    'apistats.*': 'line.callTally.count',
    opcodes: 'line.opcodes',
    'opcodes[]': 'line.opcode',
    n_opcodes: 'line.opcodeTotal',
    opcode_counts: 'line.opcodeTally',
    'opcode_counts.*': 'line.opcodeTally.count',
    '*': 'line.other',
  },
  signs: { calls: 1, opcodes: 1, api_counts: 1, opcode_counts: 1, apistats: 1 },
}

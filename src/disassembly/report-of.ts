import { type Report, type ReportedSample, type Tally, UNLABELLED } from '../samples/index.ts'
import type { Disassembly } from './disassembly.ts'

/**
 * What a disassembly tells of a sample, in the form that all sources have: a trace of opcodes with their addresses. It is
 * partial when the sample is packed or cut off, or a cap was hit.
 * @param format name of what was read, e.g. `pe32`, `ida`
 * @param dialect of the trace: the processor, e.g. `x86`
 */
export function reportOf(
  disassembly: Disassembly,
  sample: ReportedSample,
  format: string,
  dialect: string,
): Report {
  const { executable, addresses, opcodes, names, length, notes } = disassembly
  const losses = [
    ...(executable?.packed ?? []),
    ...(executable?.cutOff ? [executable.cutOff] : []),
    ...(executable?.notes ?? []),
    ...notes,
  ]
  if (opcodes.length === 0) losses.push('no code was found')
  return {
    format,
    version: null,
    sample,
    processes: [],
    trace: {
      view: 'opcodes',
      kind: 'sequence',
      dialect,
      vocabulary: names,
      sequence: opcodes,
      tally: tallyOf(opcodes, names.length),
      length,
      places: { process: null, call: null, time: null, address: addresses },
    },
    columns: null,
    score: null,
    label: UNLABELLED,
    id: null,
    extra: null,
    state: losses.length > 0 ? 'partial' : 'complete',
    reasons: losses,
  }
}

function tallyOf(opcodes: Uint32Array, names: number): Tally {
  const totals = new Float64Array(names)
  for (const opcode of opcodes) totals[opcode]!++
  const tokens = Uint32Array.from(totals.keys()).filter((token) => totals[token]! > 0)
  return { tokens, counts: Float64Array.from(tokens, (token) => totals[token]!) }
}

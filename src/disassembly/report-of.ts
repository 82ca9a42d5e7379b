import type { Executable, Signer } from '../binaries/index.ts'
import {
  type ExecutableSummary,
  MAX_SECTIONS_SHOWN,
  type Report,
  type ReportedSample,
  type SignerSummary,
  type Tally,
  UNLABELLED,
} from '../samples/index.ts'
import type { Disassembly } from './disassembly.ts'

/**
 * What a disassembly tells of a sample, in the form that all sources have: a trace of opcodes with their addresses. It is
 * partial when the sample is packed or cut off, or a cap was hit.
 * @param format name of what was read, e.g. `pe32`, `ida`
 * @param dialect of the trace, e.g. `pe-x86`; see `opcodeDialect`
 */
export function reportOf(
  disassembly: Disassembly,
  sample: ReportedSample,
  format: string,
  dialect: string,
): Report {
  const { executable, addresses, opcodes, names, counts, length, notes } = disassembly
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
    executable: executable && summaryOf(executable),
    trace: {
      view: 'opcodes',
      kind: 'sequence',
      dialect,
      vocabulary: names,
      sequence: opcodes,
      tally: tallyOf(counts),
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

function summaryOf(executable: Executable): ExecutableSummary {
  const { architecture, entry, sections, imports, packed, cutOff, signer } = executable
  return {
    architecture,
    entry: entry === null ? null : hex(entry),
    sections: sections.slice(0, MAX_SECTIONS_SHOWN).map(({ name, address, size, entropy, isExecutable }) => ({
      name,
      address: hex(address),
      size,
      entropy: Math.round(entropy * 1000) / 1000,
      isExecutable,
    })),
    moreSections: Math.max(0, sections.length - MAX_SECTIONS_SHOWN),
    imports,
    packed,
    cutOff,
    signer: signer && signerSummaryOf(signer),
  }
}

function signerSummaryOf({ subject, thumbprint, valid, problem }: Signer): SignerSummary {
  return { subject, thumbprint, valid, problem }
}

function tallyOf(counts: Float64Array): Tally {
  const tokens = Uint32Array.from(counts.keys()).filter((token) => counts[token]! > 0)
  return { tokens, counts: Float64Array.from(tokens, (token) => counts[token]!) }
}

function hex(address: number): string {
  return `0x${address.toString(16)}`
}

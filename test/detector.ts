import { findRecipe, fitRecipe, type Trained } from '../src/models/index.ts'
import { type Report, reduceTrace, type Trace, UNLABELLED, type View } from '../src/samples/index.ts'
import { traceOfTokens } from './traces.ts'

/** A trace of calls with the given names in order. */
export function callTrace(names: readonly string[], dialect = 'cuckoo-2'): Trace {
  const vocabulary = [...new Set(names)].sort()
  const sequence = Uint32Array.from(names, (name) => vocabulary.indexOf(name))
  const process = new Uint32Array(sequence.length)
  const call = sequence.map((_, i) => i)
  return traceOfTokens(vocabulary, sequence, {
    dialect,
    places: { process, call, time: null, address: null },
  })
}

/** A complete report of one process with these calls. */
export function callReport(names: readonly string[], given: Partial<Report> = {}): Report {
  return {
    format: 'cuckoo-2',
    version: '2.0.7',
    sample: { sha256: null, sha1: null, md5: null, name: 'sample.exe', size: 100 },
    processes: [{ pid: 2348, parentPid: 1, name: 'sample.exe', calls: names.length }],
    trace: callTrace(names),
    executable: null,
    score: null,
    label: UNLABELLED,
    columns: null,
    id: null,
    extra: null,
    state: 'complete',
    reasons: [],
    ...given,
  }
}

/** Names that only benign, only malicious, and all samples of the little detector call. */
export const GOOD = ['DrawTextExW', 'GetFileSize', 'LoadStringW', 'GetSystemMetrics', 'FindResourceW']
export const BAD = [
  'WriteProcessMemory',
  'NtSetContextThread',
  'CryptEncrypt',
  'DeleteFileW',
  'NtResumeThread',
]
export const COMMON = [
  'NtClose',
  'LdrLoadDll',
  'NtOpenKey',
  'NtQueryValueKey',
  'LdrGetDllHandle',
  'NtReadFile',
]

/**
 * A detector learned from made-up samples in which GOOD and BAD names tell the classes apart; by `calls-detect`.
 * @param dialect of its training data; `x86` and the like for a detector of opcodes
 */
export async function littleDetector(view: View = 'calls', dialect = 'cuckoo-2'): Promise<Trained> {
  const traces: Trace[] = []
  const y: number[] = []
  for (let i = 0; i < 60; i++) {
    const bad = i % 2
    const telling = (bad ? BAD : GOOD).filter((_, k) => (i >> 1) % (k + 2) !== 0)
    const common = COMMON.filter((_, k) => (i * 7 + k * 3) % 5 !== 0)
    traces.push({ ...reduceTrace(callTrace([...telling, ...common], dialect), 'set'), view })
    y.push(bad)
  }
  return await fitRecipe(
    { ...findRecipe('calls-detect')!, view },
    {
      traces,
      y: Uint32Array.from(y),
      classes: ['benign', 'malicious'],
      groups: traces.map((_, i) => `g${i}`),
    },
    { seed: 0 },
  )
}

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readAll } from '../../test/read-text.ts'
import { toyReports } from '../../test/toy-report.ts'
import { KnownError, type Random, seededRandom } from '../core/index.ts'

const INPUTS = 100_000
const SEED = 20_240_607
const MAX_MILLISECONDS = 1000
const MAX_GROWTH_BYTES = 100e6

const LINES = [
  '{"id":"x","label":1,"family":"F","group":"g","calls":["a","b","a"],"n_calls":9,"apistats":{"a":2}}\n',
  '{"id":"y","opcodes":"mov push call","opcode_counts":{"mov":3},"api_counts":{"NtClose":1},"other":{"a":[1]}}\n',
]
const bases = [
  ...fc.sample(toyReports, { numRuns: 300, seed: SEED }).map(({ text }) => Buffer.from(text)),
  ...[1, 2, 5].map((times) => Buffer.from(LINES.join('').repeat(times))),
]
/** What is worth putting into a report. */
const WORDS = [
  '{',
  '}',
  '[',
  ']',
  '"',
  '\\',
  ',',
  ':',
  '\n',
  '0',
  '-',
  '.',
  'e9',
  'null',
  'true',
  'NaN',
  '1e309',
  '\\u',
  '\\ud800',
  '"api":',
  '"calls":[',
  '"processes":[',
  '"behavior":{',
  '"repeated":',
  '4294967296',
  '"apistats":{',
  '"opcodes":',
  '"entry_points":[',
  '{"CAPE":',
  '\u0000',
  '\ufeff',
  '[[[[[[',
  '}}}}}}',
].map((word) => Buffer.from(word))

function mutate(input: Buffer, random: Random): Buffer {
  let bytes = input
  for (let left = 1 + random.below(4); left > 0; left--) {
    const at = random.below(bytes.length + 1)
    const to = Math.min(bytes.length, at + random.below(40))
    const parts: Buffer[][] = [
      [bytes.subarray(0, at), WORDS[random.below(WORDS.length)]!, bytes.subarray(at)],
      [bytes.subarray(0, at), Buffer.of(random.below(256)), bytes.subarray(at + 1)],
      [bytes.subarray(0, at), bytes.subarray(to)],
      [bytes.subarray(0, to), bytes.subarray(at, to), bytes.subarray(at)],
      [bytes.subarray(0, at), bases[random.below(bases.length)]!.subarray(random.below(200))],
      [bytes.subarray(0, at)],
    ]
    bytes = Buffer.concat(parts[random.below(parts.length)]!)
  }
  return bytes
}

describe('the readers', () => {
  it(`give a result or a named error on ${INPUTS} mutated inputs, each at once, in constant memory`, {
    timeout: 180_000,
  }, async () => {
    const random = seededRandom(SEED)
    const outcomes = { read: 0, refused: 0 }
    let slowest = 0
    let settled = 0
    for (let index = 0; index < INPUTS; index++) {
      const input = mutate(bases[random.below(bases.length)]!, random)
      const size = random.below(4) === 0 ? 1 + random.below(64) : input.length || 1
      const start = performance.now()
      try {
        const reports = await readAll(input, { maxCalls: 1000, onSkipped: () => {} }, size)
        for (const { trace, state, reasons } of reports) {
          if (trace.sequence && trace.sequence.length > Math.min(1000, trace.length))
            throw new Error('too many kept')
          if (state === 'partial' && reasons.length === 0) throw new Error('partial without a reason')
        }
        outcomes.read++
      } catch (error) {
        if (!(error instanceof KnownError)) {
          throw new Error(`input ${index} of seed ${SEED}: ${JSON.stringify(input.toString('latin1'))}`, {
            cause: error,
          })
        }
        outcomes.refused++
      }
      slowest = Math.max(slowest, performance.now() - start)
      if (index === INPUTS / 4) settled = process.memoryUsage().rss
    }
    // Both must happen often, or the inputs test nothing.
    expect(Math.min(outcomes.read, outcomes.refused)).toBeGreaterThan(INPUTS / 20)
    expect(slowest).toBeLessThan(MAX_MILLISECONDS)
    expect(process.memoryUsage().rss - settled).toBeLessThan(MAX_GROWTH_BYTES)
    console.info(`${outcomes.read} read, ${outcomes.refused} refused, slowest ${slowest.toFixed(1)} ms`)
  })
})

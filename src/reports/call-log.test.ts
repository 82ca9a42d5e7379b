import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CallLog, type LoggedCall } from './call-log.ts'
import { mergeOrder } from './merge-order.ts'

interface Made {
  readonly time: number
  readonly repeated: number
}

const made = fc.record({
  time: fc.oneof(fc.integer({ min: 0, max: 20 }), fc.constant(Number.NaN)),
  repeated: fc.constantFrom(0, 0, 0, 1, 3),
})
const processes = fc.array(fc.array(made, { maxLength: 12 }), { maxLength: 5 })

function logOf(runs: readonly (readonly Made[])[], maxCalls: number): CallLog {
  const log = new CallLog(maxCalls, true)
  runs.forEach((calls, process) => {
    calls.forEach(({ time, repeated }, call) => {
      const token = call % 3
      log.add({ token, process, call, time, repeated, thread: call, category: process, success: 1 })
    })
  })
  return log
}

/** The definition: by the latest time so far in the process, then as added. */
function merged(runs: readonly (readonly Made[])[]): LoggedCall[] {
  const calls: (LoggedCall & { order: number })[] = []
  runs.forEach((own, process) => {
    let order = Number.NEGATIVE_INFINITY
    own.forEach(({ time, repeated }, call) => {
      if (time > order) order = time
      for (let again = 0; again <= repeated; again++) {
        calls.push({
          token: call % 3,
          process,
          call,
          time,
          repeated,
          order,
          thread: call,
          category: process,
          success: 1,
        })
      }
    })
  })
  // Unknown times sort first; -Infinity minus itself is no number.
  return calls.sort((a, b) => (a.order === b.order ? 0 : a.order - b.order))
}

describe('the call log', () => {
  it('merges processes by time, keeps the order in each, and cuts at the cap', () => {
    fc.assert(
      fc.property(processes, fc.nat(40), (runs, maxCalls) => {
        const { sequence, places, columns } = logOf(runs, maxCalls).merge([])
        const want = merged(runs).slice(0, maxCalls)
        expect([...sequence]).toEqual(want.map((call) => call.token))
        expect([...places.process!]).toEqual(want.map((call) => call.process))
        expect([...places.call!]).toEqual(want.map((call) => call.call))
        expect([...columns!.thread]).toEqual(want.map((call) => call.thread))
        if (places.time) expect([...places.time]).toEqual(want.map((call) => call.time))
        else expect(want.every((call) => Number.isNaN(call.time))).toBe(true)
      }),
      { numRuns: 1000 },
    )
  })

  it('keeps the same calls when it had to throw some out', () => {
    fc.assert(
      fc.property(
        fc.array(fc.array(made, { maxLength: 400 }), { maxLength: 6 }),
        fc.integer({ min: 1, max: 300 }),
        (runs, maxCalls) => {
          const log = logOf(runs, maxCalls)
          const want = merged(runs)
          const { sequence, places } = log.merge([])
          expect([...places.process!]).toEqual(want.slice(0, maxCalls).map((call) => call.process))
          expect([...sequence]).toEqual(want.slice(0, maxCalls).map((call) => call.token))
          expect(log.length).toBe(want.length)
        },
      ),
      { numRuns: 200 },
    )
  })

  it('counts every call', () => {
    fc.assert(
      fc.property(processes, (runs) => {
        const log = logOf(runs, 0)
        const counts = [0, 0, 0]
        for (const { token } of merged(runs)) counts[token]! += 1
        expect([...log.totals.subarray(0, 3)]).toEqual(counts)
      }),
    )
  })

  it('knows no times where none was given', () => {
    expect(logOf([[{ time: Number.NaN, repeated: 0 }]], 5).merge([]).places.time).toBeNull()
  })
})

describe('mergeOrder', () => {
  it('sorts by key and keeps equals in place', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.nat(9), fc.constant(Number.NEGATIVE_INFINITY))), (keys) => {
        const order = [...mergeOrder(Float64Array.from(keys))]
        const want = keys
          .map((_, index) => index)
          .sort((a, b) => (keys[a] === keys[b] ? a - b : keys[a]! - keys[b]!))
        expect(order).toEqual(want)
      }),
    )
  })
})

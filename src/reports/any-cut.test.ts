import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { countsOf, namesOf, readAll } from '../../test/read-text.ts'
import { type ToyCall, toyReports } from '../../test/toy-report.ts'
import { KnownError } from '../core/index.ts'
import type { Report } from '../samples/index.ts'

/** Process, number and name of each kept token, in the order of the report. */
function inOrder(report: Report | null): [number, number, string][] {
  if (!report) return []
  const { process, call } = report.trace.places!
  const placed = namesOf(report).map((name, at): [number, number, string] => [
    process![at]!,
    call![at]!,
    name,
  ])
  return placed.sort((a, b) => a[0] - b[0] || a[1] - b[1])
}

const wanted = (calls: readonly ToyCall[]) =>
  calls.flatMap(({ process, call, name, repeated }) =>
    Array.from({ length: 1 + repeated }, (): [number, number, string] => [process, call, name]),
  )

async function readOrNull(bytes: Uint8Array, size?: number): Promise<Report | null> {
  try {
    return (await readAll(bytes, {}, size))[0]!
  } catch (error) {
    expect(error).toBeInstanceOf(KnownError)
    return null
  }
}

describe('a report', () => {
  it('gives every call, in whatever chunks it comes', async () => {
    await fc.assert(
      fc.asyncProperty(toyReports, fc.integer({ min: 1, max: 200 }), async ({ text, calls }, size) => {
        const report = await readOrNull(Buffer.from(text), size)
        expect(inOrder(report)).toEqual(wanted(calls))
        expect(report!.trace.length).toBe(wanted(calls).length)
        expect(report!.state).toBe(calls.length > 0 ? 'complete' : 'partial')
      }),
      { numRuns: 500 },
    )
  })

  it('cut at any byte gives the calls that are whole up to the cut, and says where it was cut', async () => {
    await fc.assert(
      fc.asyncProperty(
        toyReports,
        fc.nat(),
        fc.integer({ min: 1, max: 200 }),
        async ({ text, calls }, where, size) => {
          const bytes = Buffer.from(text)
          const cut = where % bytes.length
          const report = await readOrNull(bytes.subarray(0, cut), size)
          expect(inOrder(report)).toEqual(wanted(calls.filter(({ end }) => end <= cut)))
          if (!report) return
          expect(report.state).toBe('partial')
          expect(report.reasons[0]).toBe(`the input is cut off at byte ${cut}`)
        },
      ),
      { numRuns: 1000 },
    )
  })

  it('is the same at every cut of one text', async () => {
    const longer = toyReports.filter(({ calls }) => calls.length > 5)
    const { text, calls } = fc.sample(longer, { numRuns: 1, seed: 7 })[0]!
    const bytes = Buffer.from(text)
    for (let cut = 0; cut < bytes.length; cut++) {
      const report = await readOrNull(bytes.subarray(0, cut))
      expect(inOrder(report), `cut at ${cut}`).toEqual(wanted(calls.filter(({ end }) => end <= cut)))
    }
  })

  it('broken at any byte keeps the calls before it', async () => {
    await fc.assert(
      fc.asyncProperty(toyReports, fc.nat(), async ({ text, calls }, where) => {
        const bytes = Buffer.from(text)
        const at = where % bytes.length
        // A control character may stand nowhere; in a string it is let pass, and in a skipped value not looked at.
        bytes[at] = 1
        const before = wanted(calls.filter(({ end }) => end <= at))
        expect(inOrder(await readOrNull(bytes)).slice(0, before.length)).toEqual(before)
      }),
      { numRuns: 500 },
    )
  })

  it('counts the same when only a few calls are kept in order', async () => {
    await fc.assert(
      fc.asyncProperty(toyReports, fc.nat(20), async ({ text, calls }, maxCalls) => {
        const [whole] = await readAll(text)
        const [cut] = await readAll(text, { maxCalls })
        expect(countsOf(cut!)).toEqual(countsOf(whole!))
        expect(namesOf(cut!)).toEqual(namesOf(whole!).slice(0, maxCalls))
        expect(cut!.trace.length).toBe(wanted(calls).length)
        expect(cut!.state).toBe(whole!.state)
      }),
      { numRuns: 300 },
    )
  })
})

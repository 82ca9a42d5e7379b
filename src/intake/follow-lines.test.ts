import { execFileSync } from 'node:child_process'
import {
  appendFileSync,
  copyFileSync,
  mkdtempSync,
  renameSync,
  rmSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type FollowLinesOptions, followLines } from './follow-lines.ts'
import { lineSplitter } from './line-splitter.ts'
import type { LogPlace } from './log-file.ts'

let folder: string
let log: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'taxon-lines-'))
  log = join(folder, 'eve.json')
})
afterEach(() => rmSync(folder, { recursive: true }))

const lines = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, i) => `line ${from + i}\n`).join('')
const numbers = (texts: readonly string[]) =>
  texts.map((text) => Number(/^line (\d+)$/.exec(text)?.[1] ?? Number.NaN))
const upTo = (end: number) => Array.from({ length: end }, (_, i) => i)
/** Files of one moment could not be told apart by age. */
const age = (path: string, seconds: number) => {
  const at = Date.now() / 1000 - seconds
  utimesSync(path, at, at)
}

/** Reads what there is from a place; `stopAfter` lines at most. */
async function read(place: LogPlace | null, more: Partial<FollowLinesOptions> & { stopAfter?: number } = {}) {
  const { stopAfter = Number.POSITIVE_INFINITY, ...options } = more
  const texts: string[] = []
  const problems: string[] = []
  let last = place
  const onProblem = (problem: string) => problems.push(problem)
  for await (const batch of followLines(log, { place, once: true, onProblem, ...options })) {
    if (batch.atEnd) last = batch.place
    for (const line of batch.lines) {
      if (batch.lastLine === 'unfinished') continue
      texts.push(line.bytes.toString())
      last = await batch.placeBehind(line)
      if (texts.length >= stopAfter) return { texts, problems, place: last }
    }
  }
  return { texts, problems, place: last }
}

describe('following a log', () => {
  it('stops and goes on between any two lines, none twice and none left out', async () => {
    writeFileSync(log, lines(0, 40))
    for (let stop = 1; stop < 40; stop++) {
      const first = await read(null, { stopAfter: stop })
      const second = await read(first.place)
      expect(numbers([...first.texts, ...second.texts])).toEqual(upTo(40))
    }
  })

  it('goes on through renaming, however often it was rotated meanwhile', async () => {
    for (let stop = 1; stop < 30; stop += 4) {
      rmSync(folder, { recursive: true })
      folder = mkdtempSync(join(tmpdir(), 'taxon-lines-'))
      log = join(folder, 'eve.json')
      writeFileSync(log, lines(0, 10))
      const first = await read(null, { stopAfter: Math.min(stop, 10) })
      renameSync(log, `${log}.2`)
      age(`${log}.2`, 20)
      writeFileSync(`${log}.1`, lines(10, 20))
      age(`${log}.1`, 10)
      writeFileSync(log, lines(20, 30))
      const second = await read(first.place)
      expect(numbers([...first.texts, ...second.texts])).toEqual(upTo(30))
      expect(second.problems).toEqual([])
      const third = await read(second.place)
      expect(third.texts).toEqual([])
    }
  })

  it('goes on through copying and emptying, with what was written before it was emptied', async () => {
    writeFileSync(log, lines(0, 10))
    const first = await read(null, { stopAfter: 4 })
    copyFileSync(log, `${log}.1`)
    age(`${log}.1`, 10)
    truncateSync(log, 0)
    appendFileSync(log, lines(10, 200))
    const second = await read(first.place)
    expect(numbers([...first.texts, ...second.texts])).toEqual(upTo(200))
    expect(second.problems).toEqual([])
  })

  it('follows a log that is written, renamed and copied while it reads', async () => {
    const stop = new AbortController()
    const seen: string[] = []
    writeFileSync(log, lines(0, 5))
    const following = (async () => {
      const options = { place: null, pollMs: 5, signal: stop.signal, onProblem: () => {} }
      for await (const batch of followLines(log, options)) {
        seen.push(...batch.lines.map(({ bytes }) => bytes.toString()))
        if (seen.length >= 60) return
      }
    })()
    const until = async (count: number) => {
      while (seen.length < count) await new Promise((done) => setTimeout(done, 5))
    }
    await until(5)
    appendFileSync(log, 'line 5')
    appendFileSync(log, '\nline 6\nli')
    await until(7)
    appendFileSync(log, 'ne 7\n')
    await until(8)
    // The writer goes on with the old one until it has noticed.
    renameSync(log, `${log}.1`)
    writeFileSync(log, '')
    appendFileSync(`${log}.1`, lines(8, 20))
    await until(20)
    appendFileSync(`${log}.1`, lines(20, 25))
    appendFileSync(log, lines(25, 30))
    await until(30)
    age(`${log}.1`, 10)
    appendFileSync(log, lines(30, 40))
    copyFileSync(log, `${log}-copied`)
    truncateSync(log, 0)
    appendFileSync(log, lines(40, 60))
    await until(60)
    await following
    expect(numbers(seen)).toEqual(upTo(60))
    stop.abort()
  })

  it('gives each line once and in order, however it is written, rotated and stopped', async () => {
    const step = fc.oneof(
      fc.record({ what: fc.constant('write' as const), count: fc.integer({ min: 1, max: 30 }) }),
      fc.record({ what: fc.constant('rename' as const), count: fc.constant(0) }),
      fc.record({ what: fc.constant('copy' as const), count: fc.constant(0) }),
      fc.record({ what: fc.constant('read' as const), count: fc.integer({ min: 1, max: 40 }) }),
    )
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 25 }), async (steps) => {
        rmSync(folder, { recursive: true })
        folder = mkdtempSync(join(tmpdir(), 'taxon-lines-'))
        log = join(folder, 'eve.json')
        let [written, moment] = [0, 0]
        const add = (text: string) => appendFileSync(log, text)
        // Each step is a second of its own, a day ago.
        const stamp = (path: string) => age(path, 86_400 - moment++)
        add('')
        stamp(log)
        let place: LogPlace | null = null
        const seen: string[] = []
        const readSome = async (stopAfter: number) => {
          const found = await read(place, { stopAfter })
          place = found.place
          seen.push(...found.texts)
          expect(found.problems).toEqual([])
        }
        // Where reading begins is the log that is there first.
        await readSome(1)
        for (const { what, count } of [...steps, { what: 'write' as const, count: 1 }]) {
          if (what === 'read') await readSome(count)
          if (what === 'write') {
            add(lines(written, written + count))
            written += count
            stamp(log)
          }
          if (what === 'rename') {
            renameSync(log, `${log}.${1000 - moment}`)
            add('')
            stamp(log)
          }
          if (what === 'copy') {
            const copy = `${log}.${1000 - moment}`
            copyFileSync(log, copy)
            stamp(copy)
            truncateSync(log, 0)
            stamp(log)
          }
        }
        await readSome(Number.POSITIVE_INFINITY)
        expect(numbers(seen)).toEqual(upTo(written))
      }),
      { numRuns: 150 },
    )
  })

  it('waits for a line that is half written, and tells it apart where none will follow', async () => {
    writeFileSync(log, 'line 0\nline')
    const first = await read(null)
    expect(first.texts).toEqual(['line 0'])
    appendFileSync(log, ' 1\n')
    expect((await read(first.place)).texts).toEqual(['line 1'])
    writeFileSync(`${log}.9`, '')
    writeFileSync(log, 'line 0\nline')
    const cut = await read(null)
    renameSync(log, `${log}.1`)
    writeFileSync(log, 'line 2\n')
    const after = await read(cut.place)
    expect(after.texts).toEqual(['line', 'line 2'])
    expect((await read(after.place)).texts).toEqual([])
  })

  it('says what it cannot read: a log that is gone, and one that was packed', async () => {
    writeFileSync(log, lines(0, 10))
    const { place } = await read(null, { stopAfter: 3 })
    rmSync(log)
    writeFileSync(`${log}.1.gz`, gzipSync(lines(0, 10)))
    writeFileSync(log, lines(10, 12))
    const { texts, problems } = await read(place)
    expect(numbers(texts)).toEqual([10, 11])
    expect(problems).toEqual([expect.stringMatching(/no longer here.*not read: eve\.json\.1\.gz/)])
  })

  it('waits for a log that is not there yet', async () => {
    expect((await read(null)).problems).toEqual([`${log}: cannot be read, no such file`])
    const following = followLines(log, { place: null, pollMs: 5, onProblem: () => {} })
    const next = following.next()
    writeFileSync(log, lines(0, 1))
    expect((await next).value?.lines[0]?.bytes.toString()).toBe('line 0')
    await following.return(undefined)
  })

  it('waits at no pipe', async () => {
    execFileSync('mkfifo', [log])
    expect((await read(null)).problems).toEqual([`${log}: cannot be read, it is not a regular file`])
  })

  it('ends at the signal while it waits', async () => {
    writeFileSync(log, '')
    const signal = AbortSignal.timeout(20)
    for await (const _ of followLines(log, { place: null, signal, onProblem: () => {} })) {
      // There is nothing.
    }
    expect(signal.aborted).toBe(true)
  })

  it('leaves out a line that is too long, and counts it', async () => {
    writeFileSync(log, `line 0\n${'x'.repeat(5000)}\nline 1\n${'y'.repeat(101)}\nline 2\n`)
    const { texts, problems } = await read(null, { maxLineBytes: 100 })
    expect(texts).toEqual(['line 0', 'line 1', 'line 2'])
    expect(problems).toEqual(['lines of over 100 bytes were left out: 2'])
  })

  it('is not misled by another log that has the number of the old one', async () => {
    writeFileSync(log, lines(0, 10))
    const { place } = await read(null)
    writeFileSync(log, lines(100, 300))
    const { texts } = await read(place)
    expect(numbers(texts)[0]).toBe(100)
    expect(texts).toHaveLength(200)
  })
})

describe('splitting into lines', () => {
  it('gives the same lines however the bytes are cut', () => {
    const text = fc
      .array(fc.constantFrom('a', 'bc', '\n', '\n\n', 'long line of many letters', '\r'))
      .map((parts) => parts.join(''))
    fc.assert(
      fc.property(text, fc.array(fc.nat(20)), (whole, cuts) => {
        const splitter = lineSplitter(0, 20)
        const found: string[] = []
        const bytes = Buffer.from(whole)
        let at = 0
        for (const cut of [...cuts, bytes.length]) {
          for (const line of splitter.split(bytes.subarray(at, at + cut))) {
            found.push(line.bytes.toString())
            expect(bytes[line.end - 1]).toBe(10)
          }
          at = Math.min(bytes.length, at + cut)
        }
        const ended = whole.split('\n').slice(0, -1)
        expect(found).toEqual(ended.filter((line) => line.length > 0 && line.length <= 20))
        expect(splitter.takeTooLong()).toBe(ended.filter((line) => line.length > 20).length)
      }),
    )
  })
})

import { type ChildProcess, spawn } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { seededRandom } from '../src/core/index.ts'
import { fakeCape } from './fake-cape.ts'
import { fakeCuckoo } from './fake-cuckoo.ts'
import { bigReport, type FakeServer, type Plan, textReport } from './fake-sandbox.ts'

const PROGRAM = resolve(import.meta.dirname, '../bin/taxon.js')
const GIGABYTE = 1e9
/** Peak resident memory of the program, whatever a report's size; node by itself takes about 45 MB. */
const MAX_PEAK_MB = 300
/** A report that has more calls than are kept in order too, and what ten times as much may add: garbage not yet collected. */
const SMALLER = GIGABYTE / 10
const MAX_GROWTH_MB = 60

let folder: string
let server: FakeServer | null = null
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'taxon-sandbox-'))
})
afterEach(async () => {
  await server?.stop()
  rmSync(folder, { recursive: true })
})

function makeSamples(count: number): string {
  const samples = join(folder, 'samples')
  mkdirSync(samples)
  for (let i = 1; i <= count; i++)
    writeFileSync(join(samples, `sample-${String(i).padStart(3, '0')}.exe`), `MZ made up ${i}`)
  return samples
}

interface Ended {
  readonly status: number | null
  readonly outcomes: readonly Record<string, unknown>[]
  readonly err: string
  /** Peak resident memory in MB; 0 where the system does not tell. */
  readonly peakMb: number
}

/** Runs the built program to its end. */
function submit(
  kind: 'cuckoo' | 'cape',
  samples: string,
  out: string,
  onStart?: (child: ChildProcess) => void,
): Promise<Ended> {
  const argv = [
    'sandbox',
    'submit',
    '-r',
    samples,
    `--${kind}`,
    server!.url,
    '--out',
    out,
    '--poll',
    '0.02',
    '--json',
  ]
  return new Promise((done) => {
    const child = spawn(process.execPath, [PROGRAM, ...argv], { stdio: ['ignore', 'pipe', 'pipe'] })
    let out = ''
    let err = ''
    let peakMb = 0
    child.stdout.on('data', (chunk) => {
      out += chunk
    })
    child.stderr.on('data', (chunk) => {
      err += chunk
    })
    const look = setInterval(() => {
      peakMb = Math.max(peakMb, peakOf(child.pid!))
    }, 20)
    onStart?.(child)
    child.on('close', (status) => {
      clearInterval(look)
      const lines = out.split('\n').filter((line) => line.startsWith('{') && line.endsWith('}'))
      done({ status, outcomes: lines.map((line) => JSON.parse(line)), err, peakMb })
    })
  })
}

function peakOf(pid: number): number {
  try {
    const [, kilobytes] = /^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
    return Number(kilobytes ?? 0) / 1000
  } catch {
    return 0
  }
}

/** The plan of the run of fifty: which submission meets what. */
function troubledPlan(bigBytes: number, restart: () => void): Plan {
  const create = '/tasks/create/file'
  return {
    outcome({ sha256 }, number) {
      if (number === 10)
        return { states: ['pending', 'running', 'failed_analysis'], errors: ['the machine did not start'] }
      if (number === 20) return { report: null }
      if (number === 25) return { report: textReport('{"nothing":"of a run"}') }
      if (number === 33) return { states: ['running', 'completed', 'failed_processing'] }
      return number === 30 ? { report: bigReport(sha256, bigBytes) } : {}
    },
    fault({ path, before, total }) {
      if (total === 60 || total === 200) setImmediate(restart)
      if (path === create && before === 5)
        return { is: 'status', status: 400, body: '{"message":"This file is not wanted"}' }
      if (path === create && before % 13 === 7) return { is: 'lost' }
      if (path.endsWith('/json') && before === 0 && total % 7 === 3) return { is: 'cut', after: 2000 }
      return total % 29 === 11 ? { is: 'status', status: 503, headers: { 'Retry-After': '1' } } : null
    },
  }
}

async function troubledRun(count: number, bigBytes: number, name: string) {
  let restarts = 0
  const restart = async () => {
    restarts++
    await server!.stop()
    setTimeout(() => void server!.start(), 300)
  }
  server = await fakeCuckoo(troubledPlan(bigBytes, () => void restart()))
  const out = join(folder, name)
  const samples = join(folder, 'samples')
  const ended = await submit('cuckoo', existsSync(samples) ? samples : makeSamples(count), out)
  const { tasks } = server
  await server.stop()
  return { ...ended, restarts, tasks, out }
}

const hasProc = existsSync('/proc/self/status')
if (!hasProc) console.log('peak memory is not compared: this system does not tell it in /proc')

describe('fifty submissions with five failures, two restarts of the server and a report of a gigabyte', () => {
  it('are all settled, in memory that does not grow with the report', async () => {
    const small = await troubledRun(50, SMALLER, 'small')
    expect(small.outcomes).toHaveLength(50)
    const begun = performance.now()
    const run = await troubledRun(50, GIGABYTE, 'big')
    const seconds = (performance.now() - begun) / 1000
    const states = run.outcomes.map(({ state }) => state)
    expect(run.err).toBe('')
    expect(states).toHaveLength(50)
    expect(states.filter((state) => state === 'read')).toHaveLength(45)
    const reasons = run.outcomes.filter(({ state }) => state === 'failed').map(({ reason }) => reason)
    for (const part of [
      'failed_analysis, the machine did not start',
      'Report not found',
      'not a format',
      'failed_processing',
      'not wanted',
    ])
      expect(reasons).toContainEqual(expect.stringContaining(part))
    expect(reasons).toHaveLength(5)
    expect(run.status).toBe(2)
    expect(run.restarts).toBe(2)
    // Answers were lost, and yet nothing was submitted twice.
    expect(new Set(run.tasks.map(({ sha256 }) => sha256)).size).toBe(run.tasks.length)
    const reports = readdirSync(run.out).filter((file) => file.endsWith('.json.gz'))
    expect(reports).toHaveLength(45)
    expect(
      readdirSync(run.out, { recursive: true }).filter((file) => String(file).endsWith('.part')),
    ).toEqual([])
    const large = run.outcomes.find(({ read }) => (read as { bytes: number })?.bytes > GIGABYTE / 2)!
    const { calls, bytes } = large.read as { calls: number; bytes: number }
    expect(calls).toBe(bigReport(large.sha256 as string, GIGABYTE).calls)
    const kept = statSync(join(run.out, `${large.sha256}.json.gz`)).size
    console.log(
      `50 settled in ${seconds.toFixed(1)} s; peak ${run.peakMb.toFixed(0)} MB with a report of ${(bytes / 1e6).toFixed(0)} MB ` +
        `(${calls} calls, kept in ${(kept / 1e6).toFixed(1)} MB), ${small.peakMb.toFixed(0)} MB with one of ${SMALLER / 1e6} MB`,
    )
    if (!hasProc) return
    expect(run.peakMb).toBeGreaterThan(0)
    expect(run.peakMb).toBeLessThan(MAX_PEAK_MB)
    expect(run.peakMb).toBeLessThan(small.peakMb + MAX_GROWTH_MB)
  }, 300_000)
})

describe.each([
  ['cuckoo', fakeCuckoo],
  ['cape', fakeCape],
] as const)('a run with %s that is killed', (kind, serve) => {
  it('goes on with the tasks that are there, whenever that was', async () => {
    const random = seededRandom(7)
    server = await serve({ outcome: ({ sha256 }) => ({ report: bigReport(sha256, 300_000) }) })
    const samples = makeSamples(30)
    const out = join(folder, 'out')
    let kills = 0
    for (let round = 0; round < 8; round++) {
      const before = server.requests.length
      const atRequest = before + 1 + random.below(40)
      const ended = await submit(kind, samples, out, (child) => {
        const watch = setInterval(() => {
          if (server!.requests.length < atRequest && child.exitCode === null && child.signalCode === null)
            return
          clearInterval(watch)
          if (child.kill('SIGKILL')) kills++
        }, 1)
      })
      if (ended.status === 0) break
    }
    const ended = await submit(kind, samples, out)
    expect(ended).toMatchObject({ status: 0, err: '' })
    expect(ended.outcomes.map(({ state }) => state)).toEqual(Array.from({ length: 30 }, () => 'read'))
    expect(kills).toBeGreaterThanOrEqual(3)
    expect(server.tasks).toHaveLength(30)
    expect(new Set(server.tasks.map(({ sha256 }) => sha256)).size).toBe(30)
    expect(readdirSync(out).filter((file) => file.endsWith('.json.gz'))).toHaveLength(30)
    expect(readdirSync(out, { recursive: true }).filter((file) => String(file).endsWith('.part'))).toEqual([])
  }, 120_000)
})

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join, resolve } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { debianFiles } from '../../../test/debian-files.ts'
import { sha256 } from '../../core/index.ts'
import type { Report } from '../../samples/index.ts'
import { disassemble, disassembleWithIda } from '../index.ts'
import { findIda } from './find-ida.ts'

const FAKE = resolve(import.meta.dirname, '../../../test/fake-idat.js')
const folder = mkdtempSync(join(tmpdir(), 'taxon-test-ida-'))
/** Where samples are written during a test; with a blank, as on many machines. */
const scratch = join(folder, 'for a while')
const pidList = join(folder, 'pids')

/** A program that stands for IDA's of a version; `trouble` is what goes wrong in it (test/fake-idat.js). */
function fakeIda(trouble = '', version: 6 | 9 = 9): string {
  const path = join(mkdtempSync(join(folder, 'ida ')), version === 9 ? 'idat64' : 'idal64')
  const settings = `FAKE_IDAT='${trouble}' FAKE_IDAT_VERSION=${version} FAKE_IDAT_PIDS='${pidList}'`
  writeFileSync(path, `#!/bin/sh\n${settings} exec '${process.execPath}' '${FAKE}' "$@"\n`)
  chmodSync(path, 0o755)
  return path
}

/** Real programs, of which the fake makes true listings; null where they cannot be fetched. */
let wine: readonly string[] | null = null
const program = (machine: 'x86_64' | 'i386', name: string) =>
  readFileSync(wine!.find((file) => file.includes(`/${machine}-windows/`) && basename(file) === name)!)

/** Enough where the fake never comes to reading it. */
const STUB = Buffer.from('MZ is how it begins')

beforeAll(async () => {
  wine = await debianFiles(['libwine', 'libwine:i386'])
}, 300_000)
afterAll(() => rmSync(folder, { recursive: true, force: true }))

beforeEach(() => {
  mkdirSync(scratch, { recursive: true })
  writeFileSync(pidList, '')
  vi.stubEnv('TMPDIR', scratch)
  vi.stubEnv('TAXON_IDA', '')
})

afterEach(() => {
  vi.unstubAllEnvs()
  expect(readdirSync(scratch), 'what is left of samples').toEqual([])
})

/** Whether a process is there and no mere entry that nobody has asked for yet. */
function isAlive(pid: string): boolean {
  try {
    return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'latin1'))
  } catch {
    return false
  }
}

/** The processes that the fake told of. */
const pids = () => readFileSync(pidList, 'latin1').split('\n').slice(0, -1)
const nobodyIsLeft = () => vi.waitFor(() => expect(pids().filter(isAlive)).toEqual([]), 5000)

function opcodesByAddress({ trace }: Report): Map<number, string> {
  const { sequence, places, vocabulary } = trace
  return new Map(Array.from(sequence!, (token, i) => [places!.address![i]!, vocabulary[token]!]))
}

describe("what IDA Pro's listing says", () => {
  it.for([
    ['x86_64', 'pe-x86-64', 9],
    ['i386', 'pe-x86', 9],
    ['i386', 'pe-x86', 6],
  ] as const)(
    'agrees with taxon of a real program for %s (%s, IDA %i)',
    { timeout: 60_000 },
    async ([machine, dialect, version], { skip }) => {
      if (wine === null) skip()
      const bytes = program(machine, 'ole32.dll')
      const report = await disassembleWithIda(bytes, { idaPath: fakeIda('', version), name: 'ole32.dll' })
      expect(report).toMatchObject({ format: 'ida', trace: { view: 'opcodes', dialect } })
      expect(report.sample).toMatchObject({ sha256: sha256(bytes), name: 'ole32.dll', size: bytes.length })

      const own = await disassemble(bytes)
      const said = opcodesByAddress(report)
      let same = 0
      own.addresses.forEach((address, i) => {
        if (said.get(address) === own.names[own.opcodes[i]!]) same++
      })
      expect(own.length).toBeGreaterThan(100_000)
      expect(same / Math.max(own.length, said.size)).toBeGreaterThan(0.999)
    },
  )

  it('is told of each sample of the same name, ten at once', { timeout: 60_000 }, async ({ skip }) => {
    if (wine === null) skip()
    const idaPath = fakeIda()
    const names = ['dwmapi', 'avrt', 'psapi', 'qwave', 'winusb']
    const samples = names.flatMap((name) => [
      program('x86_64', `${name}.dll`),
      program('i386', `${name}.dll`),
    ])
    const reports = await Promise.all(
      samples.map((bytes) => disassembleWithIda(bytes, { idaPath, name: 'a.exe' })),
    )
    expect(reports.map(({ sample }) => sample.sha256)).toEqual(samples.map(sha256))
    for (const [i, report] of reports.entries()) {
      const { length } = await disassemble(samples[i]!)
      // A table of a few words at the end of the code is no code to objdump, nor to IDA.
      expect(Math.abs(report.trace.length - length)).toBeLessThan(0.001 * length + 16)
    }
    expect(new Set(reports.map(({ trace }) => trace.length)).size).toBeGreaterThan(5)
  })
})

describe('what goes wrong with IDA Pro', () => {
  it.each([
    [
      'licence',
      'ida-licence',
      /no licence.*"License not yet accepted, cannot run in batch mode".*start it once by hand/,
    ],
    ['crash', 'ida-failed', /ended by SIGSEGV/],
    ['status', 'ida-failed', /ended with status 4, its last words are "The input file cannot be loaded"/],
    ['no-listing', 'ida-no-listing', /ended without a whole listing/],
    ['cut-off', 'ida-no-listing', /ended without a whole listing/],
  ])('is told: %s', async (trouble, code, message) => {
    const run = disassembleWithIda(STUB, { idaPath: fakeIda(trouble) })
    await expect(run).rejects.toMatchObject({ code, message: expect.stringMatching(message) })
  })

  it('is told when it cannot be started', async () => {
    const path = join(mkdtempSync(join(folder, 'broken ')), 'idat64')
    writeFileSync(path, '#!/no/such/interpreter\n')
    chmodSync(path, 0o755)
    await expect(disassembleWithIda(STUB, { idaPath: path })).rejects.toMatchObject({
      code: 'ida-failed',
      message: expect.stringContaining('could not be started, ENOENT'),
    })
  })

  it('ends one that hangs at its limit, with all that it started', async () => {
    const run = disassembleWithIda(STUB, { idaPath: fakeIda('hang'), timeoutMs: 3000 })
    await expect(run).rejects.toMatchObject({
      code: 'timeout',
      message: expect.stringContaining('longer than 3 s'),
    })
    expect(pids()).toHaveLength(2)
    await nobodyIsLeft()
  })

  it('ends what a run that ended well has left behind', async ({ skip }) => {
    if (wine === null) skip()
    await disassembleWithIda(program('x86_64', 'avrt.dll'), { idaPath: fakeIda('child') })
    expect(pids()).toHaveLength(2)
    await nobodyIsLeft()
  })

  it('ends it when the caller does not want it any more', async () => {
    const abort = new AbortController()
    const run = disassembleWithIda(STUB, { idaPath: fakeIda('hang'), signal: abort.signal })
    const told = expect(run).rejects.toBe('enough')
    await vi.waitFor(() => expect(pids()).toHaveLength(2), 20_000)
    abort.abort('enough')
    await told
    await nobodyIsLeft()
    await expect(disassembleWithIda(STUB, { idaPath: fakeIda(), signal: abort.signal })).rejects.toBe(
      'enough',
    )
  })

  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
    'ends it when %s ends taxon',
    { timeout: 30_000 },
    async (signal) => {
      const path = join(folder, 'stub.exe')
      writeFileSync(path, STUB)
      const env = { ...process.env, TAXON_IDA: fakeIda('hang') }
      const args = [
        resolve(import.meta.dirname, '../../../bin/taxon.js'),
        'disassemble',
        '--disassembler',
        'ida',
        path,
      ]
      const taxon = spawn(process.execPath, args, { env, stdio: 'ignore' })
      const ended = once(taxon, 'exit')
      await vi.waitFor(() => expect(pids()).toHaveLength(2), 20_000)
      taxon.kill(signal)
      await ended
      await nobodyIsLeft()
    },
  )

  it('does not start for what is no executable', async () => {
    const run = disassembleWithIda(Buffer.from('a letter'), { idaPath: fakeIda(), name: 'letter' })
    await expect(run).rejects.toMatchObject({ code: 'unknown-format' })
  })
})

describe('where IDA Pro is looked for', () => {
  it('is where the caller says, then TAXON_IDA, then the PATH', async () => {
    const [asked, named, onPath] = [fakeIda(), fakeIda(), fakeIda('', 6)]
    vi.stubEnv('PATH', dirname(onPath))
    expect(await findIda()).toEqual({ path: onPath, isOld: true })
    vi.stubEnv('TAXON_IDA', named)
    expect(await findIda()).toEqual({ path: named, isOld: false })
    expect(await findIda(dirname(asked))).toEqual({ path: asked, isOld: false })
  })

  it.each([
    ['', /looked for idat64, idat, .* on the PATH; say where .* TAXON_IDA/],
    ['/no/such/idat', /looked for \/no\/such\/idat;/],
    [import.meta.dirname, /looked for idat64, .* in .*ida;/],
    [import.meta.filename, /looked for .*ida\.test\.ts;/],
  ])('is told when it is not there: %j', async (named, message) => {
    vi.stubEnv('PATH', folder)
    vi.stubEnv('TAXON_IDA', named)
    const run = disassembleWithIda(STUB)
    await expect(run).rejects.toMatchObject({
      code: 'ida-not-found',
      message: expect.stringMatching(message),
    })
  })
})

import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it, vi } from 'vitest'
import { type ProgramOptions, runProgram } from './run-program.ts'

const folder = mkdtempSync(join(tmpdir(), 'taxon-run-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** Runs a line of JavaScript in a process of its own. */
async function run(script: string, options: Partial<ProgramOptions> = {}) {
  return await runProgram(process.execPath, ['-e', script], { cwd: folder, timeoutMs: 30_000, ...options })
}

/** Whether a process is there and no mere entry that nobody has asked for yet. */
function isAlive(pid: string): boolean {
  try {
    return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'latin1'))
  } catch {
    return false
  }
}

describe('a program', () => {
  it.each([
    ["console.log('out'); console.error('err'); process.exitCode = 3", { status: 3, problem: null }],
    [
      "process.kill(process.pid, 'SIGTERM'); setTimeout(() => {}, 9e6)",
      { status: null, problem: 'ended by SIGTERM' },
    ],
  ])('ends as %s says', async (script, end) => {
    expect(await run(script)).toMatchObject({ ...end, isLate: false })
  })

  it('tells what both streams said, the last of it where it is much', async () => {
    const { said } = await run("console.log('a'.repeat(1e5)); console.error('the end')")
    expect(said).toHaveLength(65_536)
    expect(said).toContain('the end\n')
  })

  it('runs where it was told to, with the variables that it was given', async () => {
    const { said } = await run('console.log(process.cwd(), process.env.OWN)', { env: { OWN: 'x' } })
    expect(said).toMatch(/taxon-run-\w+ x\n$/)
  })

  it('is said not to be there where it is not', async () => {
    const end = await runProgram(join(folder, 'none'), [], { cwd: folder, timeoutMs: 1000 })
    expect(end).toEqual({ status: null, problem: 'could not be started, ENOENT', isLate: false, said: '' })
  })

  it.each([
    ['its time is up', true],
    ['the signal says so', false],
  ])('is gone with all that it started when %s', async (_, isLate) => {
    const pidFile = join(folder, `${isLate}.pid`)
    const pid = () => (existsSync(pidFile) ? readFileSync(pidFile, 'utf8') : '')
    const forEver = 'setInterval(() => {}, 1000)'
    const parent = `const child = require('child_process').spawn(process.execPath, ['-e', '${forEver}'])
      require('fs').writeFileSync(${JSON.stringify(pidFile)}, String(child.pid)); ${forEver}`
    const abort = new AbortController()
    const end = run(parent, isLate ? { timeoutMs: 5000 } : { signal: abort.signal })
    await vi.waitFor(() => expect(pid()).not.toBe(''), 20_000)
    if (!isLate) abort.abort()
    expect(await end).toMatchObject({ status: null, isLate, problem: 'ended by SIGKILL' })
    await vi.waitFor(() => expect(isAlive(pid())).toBe(false), 20_000)
  })
})

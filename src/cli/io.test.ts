import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, existsSync, openSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

const program = fileURLToPath(new URL('../../bin/taxon.js', import.meta.url))

/** Runs the built program with one of its streams going to a device that is always full. */
function runFull(stream: 'stdout' | 'stderr', ...argv: string[]) {
  const full = openSync('/dev/full', 'w')
  try {
    const stdio = stream === 'stdout' ? ['ignore', full, 'pipe'] : ['ignore', 'pipe', full]
    return spawnSync(process.execPath, [program, ...argv], { stdio: stdio as 'pipe'[], encoding: 'utf8' })
  } finally {
    closeSync(full)
  }
}

describe.runIf(existsSync('/dev/full'))('a terminal that takes no more', () => {
  it.each([['--help'], ['recipes'], ['recipes', '--json']])(
    'ends %s with one line and status 2, not the one that says malicious',
    (...argv) => {
      const { status, stderr } = runFull('stdout', ...argv)
      expect(stderr).toBe('taxon: standard output: cannot be written, no space left on the device\n')
      expect(status).toBe(2)
    },
  )

  it('keeps the exit status when complaints cannot be written', () => {
    expect(runFull('stderr', 'nope').status).toBe(2)
    expect(runFull('stderr', 'recipes').status).toBe(0)
  })
})

describe('a signal', () => {
  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('%s ends a command that waits with status %i and no complaint', async (signal, status) => {
    const child = spawn(process.execPath, [program, 'classify', '-', '--json'])
    let said = ''
    child.stderr.on('data', (piece) => {
      said += piece
    })
    // It may end before it has read all.
    child.stdin.on('error', () => {})
    // What is told of the first lines shows that it listens; then it waits for more.
    child.stdin.write(`${JSON.stringify({ calls: ['NtClose'] })}\n`.repeat(10_000))
    const [told] = await once(child.stdout, 'data')
    expect(String(told)).toMatch(/^\{"sample":/)
    child.stdout.resume()
    child.kill(signal)
    expect(await once(child, 'exit')).toEqual([status, null])
    expect(said).toBe('')
  })
})

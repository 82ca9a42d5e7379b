import { spawnSync } from 'node:child_process'
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

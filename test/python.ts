import { spawnSync } from 'node:child_process'

const PYTHONS = ['python3', '/usr/bin/python3']
const MAX_OUTPUT_BYTES = 1 << 28

/**
 * A Python 3 that can import a module, or null where there is none: tests then skip with a printed reason. CI has one
 * (test/setup.js), so there its absence is an error.
 */
export function pythonWith(module: string): string | null {
  const found = PYTHONS.find((python) => spawnSync(python, ['-c', `import ${module}`]).status === 0)
  if (found) return found
  if (process.env.CI) throw new Error(`python: no python3 here can import ${module}, and CI must have it`)
  console.info(`skipped: no python3 here can import ${module}`)
  return null
}

/** What a Python script prints as JSON, given `input` as JSON on its standard input. @throws Error with what it complained of */
export function runPython(python: string, script: string, input: unknown): unknown {
  const { status, stdout, stderr } = spawnSync(python, ['-c', script], {
    input: JSON.stringify(input),
    encoding: 'utf8',
    maxBuffer: MAX_OUTPUT_BYTES,
  })
  if (status !== 0) throw new Error(`python: ended with status ${status}\n${stderr}`)
  return JSON.parse(stdout)
}

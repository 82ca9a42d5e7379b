import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { recipes } from '../src/models/index.ts'
import { KINDS } from '../src/samples/index.ts'

const SCRIPT = fileURLToPath(new URL('train-digests.js', import.meta.url))

/** The digests of the model files that a process of its own makes. */
async function digestsOf(threads: number): Promise<readonly string[]> {
  const { stdout } = await promisify(execFile)(process.execPath, [SCRIPT, String(threads)])
  return stdout.trimEnd().split('\n')
}

describe('a model file', () => {
  it('has the same bytes in every process and on one, two and three threads, whatever the recipe and the kind', async () => {
    const first = await digestsOf(1)
    expect(new Set(first).size).toBe(recipes.length * KINDS.length)
    for (const line of first) expect(line).toMatch(/: [0-9a-f]{64}$/)
    for (const threads of [1, 2, 3]) expect(await digestsOf(threads)).toEqual(first)
  })
})

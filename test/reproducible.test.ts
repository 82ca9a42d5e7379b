import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { availableEngines } from '../src/kernels/network/engine.ts'
import { findClassifier, type Recipe, recipes } from '../src/models/index.ts'
import { KINDS } from '../src/samples/index.ts'

const SCRIPT = fileURLToPath(new URL('train-digests.js', import.meta.url))

/** The digests of the model files that a process of its own makes. */
async function digestsOf(args: readonly string[], env: Record<string, string> = {}) {
  const given = [process.execPath, [SCRIPT, ...args], { env: { ...process.env, ...env } }] as const
  const { stdout } = await promisify(execFile)(...given)
  return stdout.trimEnd().split('\n')
}

/** How many models a recipe makes: one of each kind of trace that it can learn from. */
const modelsOf = ({ features }: Recipe) => (features.steps > 0 ? 1 : KINDS.length)
const count = (some: readonly Recipe[]) => some.reduce((sum, recipe) => sum + modelsOf(recipe), 0)
const networks = recipes.filter(({ model }) => findClassifier(model.type)?.path)

describe('a model file', () => {
  it('has the same bytes in every process and on one, two and three threads, whatever the recipe and the kind', {
    timeout: 300_000,
  }, async () => {
    const first = await digestsOf(['1'])
    expect(new Set(first).size).toBe(count(recipes))
    for (const line of first) expect(line).toMatch(/: [0-9a-f]{64}$/)
    for (const threads of ['1', '2', '3']) expect(await digestsOf([threads])).toEqual(first)
  })

  const exact = availableEngines().filter((engine) => !engine.endsWith('_fast'))
  it(`has the same bytes on every engine of networks: ${exact.join(', ')}`, {
    timeout: 300_000,
  }, async () => {
    const first = await digestsOf(['1', 'networks'], { TAXON_ENGINE: 'wasm' })
    expect(new Set(first).size).toBe(count(networks))
    for (const TAXON_ENGINE of exact) {
      for (const threads of ['1', '2']) {
        expect(
          await digestsOf([threads, 'networks'], { TAXON_ENGINE }),
          `${TAXON_ENGINE}, ${threads}`,
        ).toEqual(first)
      }
    }
  })
})

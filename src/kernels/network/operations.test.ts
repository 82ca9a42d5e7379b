import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { type EngineMemory, engineMemory } from '../../../test/engine-memory.ts'
import { type OperationCase, operationCases } from '../../../test/network-operations.ts'
import { availableEngines, type EngineName, PANEL_COLUMNS } from './engine.ts'

const engines = availableEngines()
/** Engines that give the same bytes. */
const exact = engines.filter((engine) => !engine.endsWith('_fast'))
const names = Object.keys(engineMemory('reference').operations).sort()
const casesOf = (name: string) => operationCases.filter(({ operation }) => operation === name)

type Result = readonly ReturnType<EngineMemory['read']>[]
const results = new Map<string, ReadonlyMap<OperationCase, Result>>()

/** What an engine makes of every case, or of its inputs' absolute values. */
function resultsOf(engine: EngineName, absolute = false): ReadonlyMap<OperationCase, Result> {
  const key = `${engine} ${absolute}`
  const known = results.get(key)
  if (known) return known
  const memory = engineMemory(engine, absolute)
  const found = new Map(
    operationCases.map((each) => {
      memory.clear()
      return [each, each.run(memory).map(memory.read)]
    }),
  )
  results.set(key, found)
  return found
}

function numbersOf(each: OperationCase, engine: EngineName, absolute = false): number[] {
  return resultsOf(engine, absolute)
    .get(each)!
    .flatMap((array) => [...array])
}

function bytesOf(each: OperationCase, engine: EngineName): Buffer {
  return Buffer.concat(
    resultsOf(engine)
      .get(each)!
      .map((array) => Buffer.from(array.buffer)),
  )
}

/** The first number that is farther from the reference's than rounding may bring it. */
function firstOutside(each: OperationCase, engine: EngineName): string | null {
  const [got, want] = [engine, 'reference' as const].map((name) => numbersOf(each, name))
  const scales = each.scale === undefined ? numbersOf(each, 'reference', true) : null
  for (const [i, value] of want.entries()) {
    const tolerance = each.roundings * 2 ** -24 * (scales ? scales[i] : each.scale!)
    const isSame = Object.is(got[i], each.roundings === 0 ? Math.fround(value) : value)
    if (isSame || Math.abs(got[i] - value) <= tolerance) continue
    return `${each.shape}: number ${i} is ${got[i]}, not ${value} ± ${tolerance}`
  }
  return null
}

const HEADER = `What the operations of networks make of the inputs in test/network-operations.ts: the beginning of the SHA-256 of
all their outputs, the same for every engine but those that fuse multiplications with additions, on every processor.
Refresh: npx vitest run src/kernels/network/operations.test.ts -u
`

function hashesOf(engine: EngineName): string {
  const lines = names.map((name) => {
    const hash = createHash('sha256')
    for (const each of casesOf(name)) hash.update(bytesOf(each, engine))
    return `${name} ${hash.digest('hex').slice(0, 32)}`
  })
  return `${HEADER}\n${lines.join('\n')}\n`
}

describe.each(names.filter((name) => name !== 'panel'))('the operation %s', (name) => {
  it.each(engines)('of %s is the reference’s, but for what rounding may change', (engine) => {
    expect(casesOf(name).length).toBeGreaterThan(0)
    for (const each of casesOf(name)) expect(firstOutside(each, engine)).toBeNull()
  })

  it('gives the same bytes in all engines that do not fuse', () => {
    for (const each of casesOf(name)) {
      const [first, ...others] = exact.map((engine) => bytesOf(each, engine))
      for (const other of others) expect(other.equals(first), each.shape).toBe(true)
    }
  })
})

describe('engines', () => {
  it.each(engines)('%s has panels that the plan of memory leaves room for', (engine) => {
    expect(PANEL_COLUMNS % engineMemory(engine).operations.panel()).toBe(0)
  })

  it.each(exact)('%s has the committed hashes', async (engine) => {
    await expect(hashesOf(engine)).toMatchFileSnapshot('operations.hashes.txt')
  })
})

import { describe, expect, it } from 'vitest'
import { availableEngines, type Engine, type EngineName, openEngine } from '../../kernels/network/engine.ts'
import type { Operations } from '../../kernels/network/operations.ts'
import { faultyEngines } from './self-test.ts'

/** Operations that write something. */
const WRITING = Object.entries(openEngine('wasm', 1).operations)
  .filter(([name, operation]) => typeof operation === 'function' && name !== 'panel')
  .map(([name]) => name as keyof Operations)

/** WebAssembly, of which one operation writes nothing. */
function openWithout(operation: string, bytes: number): Engine {
  const engine = openEngine('wasm', bytes)
  return { ...engine, operations: { ...engine.operations, [operation]: () => 0 } }
}

describe('the self-test', () => {
  it('finds no fault with the engines of this machine', () => {
    expect(faultyEngines(availableEngines())).toEqual([])
  })

  it('finds the reference faulty where the bytes of WebAssembly are wanted: it sums in float64', () => {
    expect(faultyEngines(['reference'])).toEqual([
      { engine: 'reference', problem: 'does not give the bytes of WebAssembly' },
    ])
  })

  it('misses no operation', () => {
    expect(WRITING).toContain('lstmGradient')
    const faults = faultyEngines(WRITING as unknown as EngineName[], openWithout)
    expect(faults.map(({ engine }) => engine).sort()).toEqual(WRITING.toSorted())
  })

  it('holds what fuses multiplications with additions to the reference', () => {
    const open = (_: string, bytes: number) => openWithout('lstmGradient', bytes)
    expect(faultyEngines(['avx2_fast'], open)).toEqual([
      { engine: 'avx2_fast', problem: 'is too far from the reference' },
    ])
    expect(faultyEngines(['avx2_fast'], (_, bytes) => openEngine('wasm', bytes))).toEqual([])
  })
})

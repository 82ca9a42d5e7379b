import { describe, expect, it } from 'vitest'
import { sandboxGate } from './gate.ts'

describe('a gate', () => {
  it('lets in so many, the others in their order as places are given back', async () => {
    const gate = sandboxGate({ inFlight: 2, clock: { now: () => 0, wait: async () => {} } })
    const order: number[] = []
    const leave = await Promise.all([gate.enter(), gate.enter()])
    const later = [3, 4].map(async (number) => {
      const out = await gate.enter()
      order.push(number)
      out()
    })
    await Promise.resolve()
    expect(order).toEqual([])
    leave[0]!()
    leave[0]!()
    await Promise.all(later)
    expect(order).toEqual([3, 4])
  })

  it('forgets those that give up waiting', async () => {
    const gate = sandboxGate({ inFlight: 1, clock: { now: () => 0, wait: async () => {} } })
    const leave = await gate.enter()
    const stop = new AbortController()
    const waiting = gate.enter(stop.signal)
    stop.abort(new Error('gave up'))
    await expect(waiting).rejects.toThrow('gave up')
    const next = gate.enter()
    leave()
    expect(await next).toBeTypeOf('function')
  })

  it('keeps submissions apart', async () => {
    let now = 0
    const waits: number[] = []
    const clock = { now: () => now, wait: async (ms: number) => void waits.push(ms) }
    const gate = sandboxGate({ intervalMs: 100, clock })
    for (let i = 0; i < 3; i++) await gate.pace()
    now = 1000
    await gate.pace()
    expect(waits).toEqual([100, 200])
  })
})

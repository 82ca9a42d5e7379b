import { describe, expect, it } from 'vitest'
import { type Patience, persist } from './persist.ts'
import { BusySandboxError, RefusedBySandboxError, UnreachableSandboxError } from './sandbox-errors.ts'

/** A clock that goes on by waiting, and what was waited. */
function patience(more: Partial<Patience> = {}) {
  let now = 0
  const waits: number[] = []
  const clock = {
    now: () => now,
    async wait(ms: number) {
      now += ms
      waits.push(ms)
    },
  }
  const all: Patience = {
    clock,
    random: () => 0.5,
    retries: 4,
    retryMs: 100,
    maxRetryMs: 500,
    deadline: 1e6,
    ...more,
  }
  return { waits, all }
}

const failing = (error: unknown, times: number) => {
  let calls = 0
  return async () => {
    if (calls++ < times) throw error
    return calls
  }
}
const away = new UnreachableSandboxError('s', 'nothing listens there', false)

describe('persist', () => {
  it('waits twice as long each time, up to a limit', async () => {
    const { waits, all } = patience()
    expect(await persist(failing(away, 4), all)).toBe(5)
    expect(waits).toEqual([100, 200, 400, 500])
  })

  it('spreads the waits by a fifth', async () => {
    for (const [random, wait] of [
      [0, 80],
      [1, 120],
    ] as const) {
      const { waits, all } = patience({ random: () => random })
      await persist(failing(away, 1), all)
      expect(waits[0]).toBeCloseTo(wait)
    }
  })

  it('gives up after so many failures, and at the deadline', async () => {
    await expect(persist(failing(away, 5), patience().all)).rejects.toBe(away)
    const { waits, all } = patience({ deadline: 350 })
    await expect(persist(failing(away, 5), all)).rejects.toBe(away)
    expect(waits).toEqual([100, 200])
  })

  it('tries nothing again that will not pass', async () => {
    const refused = new RefusedBySandboxError('s', 404, null)
    for (const error of [refused, new TypeError('a fault of ours')]) {
      const { waits, all } = patience()
      await expect(persist(failing(error, 1), all)).rejects.toBe(error)
      expect(waits).toEqual([])
    }
  })

  it('keeps the pace that is asked for, which is no failure; a closed shop is one', async () => {
    const { waits, all } = patience()
    expect(await persist(failing(new BusySandboxError('s', 429, null, 900), 10), all)).toBe(11)
    expect(waits).toEqual(Array.from({ length: 10 }, () => 900))
    await expect(
      persist(failing(new BusySandboxError('s', 503, null, 900), 10), patience().all),
    ).rejects.toThrow('503')
  })
})

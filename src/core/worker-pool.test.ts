import { afterEach, describe, expect, it } from 'vitest'
import { mapOrdered, type WorkerPool, workerEntry, workerPool } from './worker-pool.ts'

interface Task {
  readonly act: 'double' | 'late' | 'throw' | 'crash' | 'spin'
  readonly value?: number
}

const entry = new URL('../../test/pool-worker.js', import.meta.url)
let pool: WorkerPool<Task, number>

function open(threads: number, timeoutMs?: number): WorkerPool<Task, number> {
  pool = workerPool(entry, timeoutMs === undefined ? { threads } : { threads, timeoutMs })
  return pool
}

afterEach(() => pool.close())

describe('workerPool', () => {
  it('answers each task, more tasks than workers', async () => {
    const { run } = open(2)
    const answers = await Promise.all([1, 2, 3, 4, 5].map((value) => run({ act: 'double', value })))
    expect(answers).toEqual([2, 4, 6, 8, 10])
  })

  it('passes on the code and message of what a task throws, and goes on', async () => {
    const { run } = open(1)
    await expect(run({ act: 'throw' })).rejects.toMatchObject({ code: 'asked', message: 'as asked' })
    expect(await run({ act: 'double', value: 4 })).toBe(8)
  })

  it('fails only the task whose worker crashes', async () => {
    const { run } = open(1)
    const [crashed, next] = await Promise.allSettled([
      run({ act: 'crash' }),
      run({ act: 'double', value: 5 }),
    ])
    expect(crashed).toMatchObject({ status: 'rejected', reason: { code: 'worker-failed' } })
    expect(next).toMatchObject({ status: 'fulfilled', value: 10 })
  })

  it('ends a task that never returns, and goes on with a new worker', async () => {
    const { run } = open(1, 1000)
    const [spun, next] = await Promise.allSettled([run({ act: 'spin' }), run({ act: 'double', value: 6 })])
    expect(spun).toMatchObject({
      status: 'rejected',
      reason: { code: 'timeout', message: 'not done after 1 s' },
    })
    expect(next).toMatchObject({ status: 'fulfilled', value: 12 })
  })

  it('leaves nothing behind on a worker that has done many tasks', async () => {
    const warnings: Error[] = []
    const listen = (warning: Error) => void warnings.push(warning)
    process.on('warning', listen)
    const { run } = open(1, 60_000)
    for (let value = 0; value < 30; value++) await run({ act: 'double', value })
    await new Promise((resolve) => setImmediate(resolve))
    process.off('warning', listen)
    expect(warnings).toEqual([])
  })

  it('rejects what still waits when it is closed', async () => {
    const { run, close } = open(1)
    const running = run({ act: 'late', value: 60_000 })
    const waiting = run({ act: 'double', value: 1 })
    const both = Promise.allSettled([running, waiting])
    await close()
    expect((await both).map((each) => each.status)).toEqual(['rejected', 'rejected'])
    await expect(run({ act: 'double', value: 1 })).rejects.toMatchObject({ code: 'closed' })
  })
})

describe('mapOrdered', () => {
  it('keeps the order of the items and never runs more than the window', async () => {
    let [running, most] = [0, 0]
    const run = async (item: number) => {
      most = Math.max(most, ++running)
      await new Promise((resolve) => setTimeout(resolve, (item * 7) % 5))
      running--
      return item
    }
    const items = Array.from({ length: 50 }, (_, i) => i)
    const got: number[] = []
    for await (const result of mapOrdered(items, run, 4)) got.push(result)
    expect(got).toEqual(items)
    expect(most).toBe(4)
  })

  it('throws a rejection at its place', async () => {
    const run = async (item: number) => {
      if (item === 2) throw new Error('two')
      return item
    }
    const got: number[] = []
    const read = async () => {
      for await (const result of mapOrdered([0, 1, 2, 3], run, 4)) got.push(result)
    }
    await expect(read()).rejects.toThrow('two')
    expect(got).toEqual([0, 1])
  })
})

describe('workerEntry', () => {
  it.each([
    ['file:///a/src/models/fit-jobs.ts', 'file:///a/dist/models/fit-worker.js'],
    ['file:///a/dist/models/fit-jobs.js', 'file:///a/dist/models/fit-worker.js'],
    ['file:///src/x/dist/models/fit-jobs.js', 'file:///src/x/dist/models/fit-worker.js'],
  ])('is, for %s, %s', (module, entry) => {
    expect(workerEntry(module, 'fit-worker').href).toBe(entry)
  })
})

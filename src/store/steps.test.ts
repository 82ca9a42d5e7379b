import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { resolve } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { all, putText, storeBackends } from '../../test/store-backends.ts'
import { UnknownSampleError } from './errors.ts'
import { openStore } from './open-store.ts'
import type { Step } from './step.ts'
import type { Store, StoreLocation } from './store.ts'

const WORKER = resolve(import.meta.dirname, '../../test/store-process.js')

describe.each(storeBackends())('steps on $name', ({ start, location, end }) => {
  let place: StoreLocation
  let store: Store
  beforeAll(start, 60_000)
  afterAll(end)
  beforeEach(async () => {
    place = await location()
    store = await openStore(place)
  })
  afterEach(() => store.close())

  const take = async (step: string, given: Partial<Given> = {}) => {
    const { version = '1', after = [], limit = 10, now = 1000, leaseMs = 100, from = store } = given
    return await from.takeForStep(step, version, { after, limit, leaseMs, now })
  }
  const hashesOf = (taken: readonly { sample: { sha256: string } }[]) =>
    taken.map(({ sample }) => sample.sha256)
  const settle = (sha256: string, step: string, more: Partial<Step> = {}) =>
    store.setStep({
      ...{ sha256, step, version: '1', state: 'done', attempts: 1, detail: null, at: 1000, nextAt: null },
      ...more,
    })

  it('takes each sample once, the oldest first, those that come later too', async () => {
    const early = [await putText(store, 'a'), await putText(store, 'b'), await putText(store, 'c')]
    expect(hashesOf(await take('label', { limit: 2 }))).toEqual(early.slice(0, 2))
    const late = await putText(store, 'd')
    const rest = await take('label')
    expect(hashesOf(rest)).toEqual([early[2], late])
    expect(rest[0]!.step).toEqual({
      ...{ sha256: early[2], step: 'label', version: '1', state: 'running', attempts: 1, detail: null },
      ...{ at: 1000, nextAt: 1100 },
    })
    expect(await store.steps(late)).toEqual([rest[1]!.step])
    expect(await take('label')).toEqual([])
    expect(await store.countSteps()).toEqual([{ step: 'label', state: 'running', count: 4 }])
  })

  it('gives to another what nobody settled in time', async () => {
    const hash = await putText(store, 'a')
    await take('label')
    expect(await take('label', { now: 1099 })).toEqual([])
    const [again] = await take('label', { now: 1100 })
    expect(again!.step).toMatchObject({ attempts: 2, nextAt: 1200 })
    // Whoever works on says so.
    await store.setStep({ ...again!.step, nextAt: 5000 })
    expect(await take('label', { now: 4999 })).toEqual([])
    await settle(hash, 'label', { attempts: 2 })
    expect(await take('label', { now: 1e9 })).toEqual([])
    expect(await store.steps(hash)).toMatchObject([{ state: 'done', nextAt: null, attempts: 2 }])
  })

  it('tries what failed again at its time, and what failed for good never', async () => {
    const [a, b] = [await putText(store, 'a'), await putText(store, 'b')]
    await take('label')
    await settle(a, 'label', { state: 'failed', nextAt: 3000, detail: '"no clamd"' })
    await settle(b, 'label', { state: 'failed' })
    expect(await take('label', { now: 2999 })).toEqual([])
    const [again] = await take('label', { now: 3000 })
    expect(again!.step).toMatchObject({ sha256: a, attempts: 2, detail: '"no clamd"' })
    expect(await take('label', { now: 3000 })).toEqual([])
  })

  it('waits for the steps before', async () => {
    const [a, b] = [await putText(store, 'a'), await putText(store, 'b')]
    const after = ['label', 'disassemble']
    expect(await take('classify', { after })).toEqual([])
    await settle(a, 'label')
    await settle(b, 'label', { state: 'failed', nextAt: 2000 })
    await settle(b, 'disassemble')
    expect(await take('classify', { after })).toEqual([])
    await settle(a, 'disassemble', { state: 'skipped' })
    expect(hashesOf(await take('classify', { after }))).toEqual([a])
    await settle(b, 'label', { state: 'failed' })
    expect(hashesOf(await take('classify', { after }))).toEqual([b])
    const late = await putText(store, 'late')
    expect(await take('classify', { after })).toEqual([])
    await settle(late, 'label')
    await settle(late, 'disassemble')
    expect(hashesOf(await take('classify', { after }))).toEqual([late])
  })

  it('does anew what was done for another version', async () => {
    const [a, b] = [await putText(store, 'a'), await putText(store, 'b')]
    await take('label')
    await settle(a, 'label')
    const renewed = await take('label', { version: '2' })
    expect(hashesOf(renewed)).toEqual([a, b])
    expect(renewed[0]!.step).toMatchObject({ version: '2', attempts: 1 })
    // The one who began with the old version comes too late.
    await settle(b, 'label')
    expect((await store.steps(b))[0]).toMatchObject({ version: '2', state: 'running' })
    await settle(b, 'label', { version: '2' })
    expect(await take('label', { version: '2' })).toEqual([])
    expect(hashesOf(await take('label', { version: '1', now: 2000 }))).toEqual([a, b])
  })

  it('holds back what comes after a step that is done anew', async () => {
    const hash = await putText(store, 'a')
    const after = ['label']
    await take('label')
    await settle(hash, 'label')
    await take('classify', { after, leaseMs: 0 })
    await take('label', { version: '2' })
    expect(await take('classify', { after, now: 2000 })).toEqual([])
    expect((await store.steps(hash)).map(({ state }) => state)).toEqual(['pending', 'running'])
    await settle(hash, 'label', { version: '2' })
    expect(hashesOf(await take('classify', { after, now: 2000 }))).toEqual([hash])
  })

  it('lets go where a step no longer waits for others, and holds back where it does now', async () => {
    const hash = await putText(store, 'a')
    expect(await take('classify', { after: ['label'] })).toEqual([])
    expect(hashesOf(await take('classify', { leaseMs: 0 }))).toEqual([hash])
    await settle(hash, 'classify', { state: 'pending' })
    expect(await take('classify', { after: ['sandbox'], now: 2000 })).toEqual([])
    expect((await store.steps(hash))[0]).toMatchObject({ state: 'pending', nextAt: 0 })
  })

  it('has no steps for what is not there, and none left of what goes', async () => {
    const hash = await putText(store, 'a')
    const [taken] = await take('label')
    await store.remove(hash)
    await expect(store.setStep(taken!.step)).rejects.toThrow(UnknownSampleError)
    expect(await store.countSteps()).toEqual([])
    expect(await take('label', { now: 1e9 })).toEqual([])
  })

  it('gives each sample to one of many takers in one process', async () => {
    const hashes: string[] = []
    for (let n = 0; n < 60; n++) hashes.push(await putText(store, `sample ${n}`))
    const others = await Promise.all([openStore(place), openStore(place)])
    const stores = [store, ...others]
    const taken: string[] = []
    const work = async (from: Store) => {
      for (;;) {
        const some = await take('label', { limit: 3, from })
        if (some.length === 0) return
        taken.push(...hashesOf(some))
        for (const { step } of some) await from.setStep({ ...step, state: 'done', nextAt: null })
      }
    }
    await Promise.all([...stores, ...stores].map(work))
    // One that meets only what others hold at the moment stops: what is left is for the next round.
    await work(store)
    await Promise.all(others.map((each) => each.close()))
    expect(taken.sort()).toEqual(hashes.sort())
  })

  it('gives each sample to one of several processes that put and take at once', {
    timeout: 120_000,
  }, async () => {
    await take('label')
    const workers = [0, 1, 2].map((n) =>
      spawn(process.execPath, [WORKER, 'work', JSON.stringify(place), String(n), '60'], {
        stdio: ['ignore', 'pipe', 'inherit'],
      }),
    )
    const outputs = await Promise.all(
      workers.map(async (worker) => {
        let text = ''
        worker.stdout.on('data', (data) => {
          text += data
        })
        const [status] = await once(worker, 'close')
        expect(status).toBe(0)
        return text.split('\n').filter((line) => line !== '')
      }),
    )
    const samples = await all(store.list())
    // Each worker brings 60 of its own, and 20 that all bring.
    expect(samples).toHaveLength(3 * 60 + 20)
    const rest = hashesOf(await take('label', { limit: 1000 }))
    expect([...outputs.flat(), ...rest].sort()).toEqual(samples.map(({ sha256 }) => sha256).sort())
    expect(await all(store.verify())).toEqual([])
  })
})

interface Given {
  readonly version: string
  readonly after: readonly string[]
  readonly limit: number
  readonly now: number
  readonly leaseMs: number
  readonly from: Store
}

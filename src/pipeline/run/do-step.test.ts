import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { UnwritableError } from '../../core/index.ts'
import { openStore, type Step, type Store } from '../../store/index.ts'
import { bell } from './bell.ts'
import { doStep } from './do-step.ts'
import { LaterError, type RunStep } from './run-step.ts'

let folder: string
let store: Store
let hashes: string[]
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'taxon-do-step-'))
  store = await openStore({ folder: join(folder, 'store') })
  hashes = []
  for (const text of ['a', 'b', 'c']) hashes.push((await store.put([Buffer.from(text)])).sample.sha256)
})
afterEach(async () => {
  await store.close()
  await rm(folder, { recursive: true })
})

/** Does a step until so many samples have come to an end. */
async function ends(
  many: number,
  step: Partial<RunStep> & Pick<RunStep, 'run'>,
  maxAttempts = 1,
): Promise<Step[]> {
  const told: Step[] = []
  const stop = new AbortController()
  const whole = { name: 'try', after: [], version: '1', atOnce: 2, ...step }
  await doStep(store, whole, {
    bell: bell(stop.signal),
    signal: stop.signal,
    maxAttempts,
    ready: async () => {},
    onEnd(end) {
      told.push(end)
      if (told.length === many) stop.abort()
    },
  })
  return told
}

const stateOf = async (sha256: string) => (await store.steps(sha256))[0]

describe('doing a step', () => {
  it('leaves what goes wrong with one sample to that sample', async () => {
    const told = await ends(3, {
      async run({ sample }) {
        if (sample.sha256 === hashes[0]) throw new TypeError('nobody foresaw this')
        return { state: 'done' }
      },
    })
    expect(told.map(({ state }) => state).sort()).toEqual(['done', 'done', 'failed'])
    expect(await stateOf(hashes[0]!)).toMatchObject({
      state: 'failed',
      detail: '{"code":"unexpected","reason":"nobody foresaw this"}',
    })
  })

  it('gives up what ended the run each time it was begun', async () => {
    const first = (
      await store.takeForStep('try', '1', { after: [], limit: 1, leaseMs: 1, now: Date.now() })
    )[0]!
    await store.setStep({ ...first.step, attempts: 100, nextAt: 0 })
    const begun: string[] = []
    const told = await ends(3, {
      async run({ sample }) {
        begun.push(sample.sha256)
        return { state: 'done' }
      },
    })
    expect(begun).not.toContain(first.sample.sha256)
    expect(told.find(({ state }) => state === 'failed')?.detail).toContain('never-ended')
  })

  it('waits where the disk is full, and blames no sample', async () => {
    await ends(3, {
      async run({ sample }) {
        if (sample.sha256 === hashes[1]) throw new UnwritableError('x', { code: 'ENOSPC' })
        return { state: 'done' }
      },
    })
    const left = await stateOf(hashes[1]!)
    expect(left).toMatchObject({ state: 'pending' })
    expect(left!.nextAt).toBeGreaterThan(Date.now() + 10_000)
  })

  it('goes on when a sample is removed meanwhile', async () => {
    const told = await ends(3, {
      async run({ sample }) {
        if (sample.sha256 === hashes[2]) await store.remove(sample.sha256)
        return { state: 'done' }
      },
    })
    expect(told).toHaveLength(3)
    expect(await store.has(hashes[2]!)).toBe(false)
  })

  it('tries again what cannot be done now, and keeps how far it was when it gives up', async () => {
    const step = {
      keepsDetail: true,
      async run({ keep }: Parameters<RunStep['run']>[0]) {
        await keep('"task 7"')
        throw new LaterError('nobody is there')
      },
    } as const
    const told = await ends(3, step)
    expect(told.map(({ detail }) => detail)).toEqual(
      Array(3).fill('{"code":"later","reason":"nobody is there"}'),
    )
    expect(await stateOf(hashes[0]!)).toMatchObject({ state: 'failed', detail: '"task 7"' })
    await store.retrySteps()
    await ends(3, step, 5)
    expect(await stateOf(hashes[0]!)).toMatchObject({ state: 'pending', detail: '"task 7"' })
  })

  it('makes what was interrupted due at once', async () => {
    const stop = new AbortController()
    await doStep(
      store,
      {
        ...{ name: 'try', after: [], version: '1', atOnce: 3 },
        async run({ signal }) {
          stop.abort()
          signal.throwIfAborted()
          return { state: 'done' }
        },
      },
      { bell: bell(stop.signal), signal: stop.signal, maxAttempts: 1, ready: async () => {}, onEnd() {} },
    )
    for (const hash of hashes)
      expect(await stateOf(hash)).toMatchObject({ state: 'pending', attempts: 0, nextAt: 0 })
  })
})

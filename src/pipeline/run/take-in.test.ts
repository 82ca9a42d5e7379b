import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { sha256, UnwritableError } from '../../core/index.ts'
import { openStore, type Store } from '../../store/index.ts'
import type { NewRunEvent } from './run-event.ts'
import { takeIn } from './take-in.ts'

let folder: string
let store: Store
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'taxon-take-in-'))
  mkdirSync(join(folder, 'drop'))
  store = await openStore({ folder: join(folder, 'store') })
})
afterEach(async () => {
  await store.close()
  rmSync(folder, { recursive: true })
})

const settings = () => ({ type: 'folder', folder: join(folder, 'drop'), recursive: true }) as const
const put = (name: string, text: string) => writeFileSync(join(folder, 'drop', name), text)

function taking(into: Store, { once = true, signal = new AbortController().signal } = {}) {
  const events: NewRunEvent[] = []
  const tell = (event: NewRunEvent) => events.push(event)
  const done = takeIn(into, settings(), { once, maxFileBytes: 1e6, signal, ready: async () => {}, tell })
  return { events, done }
}

describe('taking in', () => {
  it('loses nothing where the disk is full for a while', async () => {
    put('a', 'text')
    let failures = 2
    const troubled: Store = {
      ...store,
      put(chunks, options) {
        if (failures-- > 0) return Promise.reject(new UnwritableError('store', { code: 'ENOSPC' }))
        return store.put(chunks, options)
      },
    }
    const { events, done } = taking(troubled)
    await done
    expect(events.map(({ event }) => event)).toEqual(['problem', 'problem', 'stored'])
    expect(await store.has(sha256('text'))).toBe(true)
  })

  it('does not pass over what could not be stored before it was stopped', async () => {
    put('a', 'text')
    const stop = new AbortController()
    const troubled: Store = {
      ...store,
      put() {
        setTimeout(() => stop.abort(), 50)
        return Promise.reject(new UnwritableError('store', { code: 'ENOSPC' }))
      },
    }
    await taking(troubled, { once: false, signal: stop.signal }).done
    const { events, done } = taking(store)
    await done
    expect(events).toMatchObject([{ event: 'stored', sha256: sha256('text'), isNew: true }])
  })

  it('tells of a lone file at once, and keeps its place', async () => {
    put('a', 'text')
    const stop = new AbortController()
    const { events, done } = taking(store, { once: false, signal: stop.signal })
    for (let tries = 0; events.length === 0 && tries < 400; tries++)
      await new Promise((go) => setTimeout(go, 25))
    expect(events).toMatchObject([{ event: 'stored', name: 'a' }])
    await new Promise((go) => setTimeout(go, 200))
    expect(await store.cursor(`intake:${JSON.stringify(settings())}`)).not.toBeNull()
    stop.abort()
    await done
  })

  it('tells of many in their order, once each', async () => {
    for (let i = 0; i < 40; i++) put(`f${String(i).padStart(2, '0')}`, `text ${i}`)
    const first = taking(store)
    await first.done
    const names = first.events.map((event) => (event.event === 'stored' ? event.name : null))
    expect(names).toEqual([...names].sort())
    expect(new Set(names).size).toBe(40)
    const again = taking(store)
    await again.done
    expect(again.events).toEqual([])
  })
})

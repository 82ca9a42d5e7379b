import { createHmac } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openStore, type Store } from '../../store/index.ts'
import {
  callHeaders,
  type Delivered,
  type DeliverOptions,
  deliver,
  deliverDue,
  openWebhooks,
} from './webhooks.ts'

interface Call {
  readonly headers: IncomingMessage['headers']
  readonly body: string
}

let folder: string
let store: Store
let server: Server
let url: string
let calls: Call[]
/** How the receiver answers each call in turn; 200 when there are no more. */
let answers: { readonly status: number; readonly headers?: Record<string, string> }[]

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'taxon-webhooks-'))
  store = await openStore({ folder: join(folder, 'store') })
  calls = []
  answers = []
  server = createServer((request, response) => {
    void text(request).then((body) => {
      calls.push({ headers: request.headers, body })
      const { status, headers = {} } = answers.shift() ?? { status: 200 }
      response.writeHead(status, headers).end('thanks')
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`
})

afterEach(async () => {
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
  await store.close()
  await rm(folder, { recursive: true })
})

const origin = () => new URL(url).origin

async function owe(bytes: string, at = Date.now()): Promise<string> {
  const { sample } = await store.put([Buffer.from(bytes)])
  const { sha256 } = sample
  const key = `${sha256}:opcodes:`
  const said = { view: 'opcodes', modelSha256: '', verdict: 'unknown', state: 'abstained' } as const
  await store.putVerdict(
    { ...said, sha256, family: null, category: null, probability: null, json: '{}', at },
    [{ key, target: url, body: `{"of":"${bytes}"}` }],
  )
  return key
}

async function deliverNow(secret: string | null = 'secret'): Promise<Delivered[]> {
  const told: Delivered[] = []
  await deliverDue(store, { url, secret, verdicts: ['unknown'] }, options(told))
  return told
}

function options(told: Delivered[], silenced = false): DeliverOptions {
  return {
    signal: new AbortController().signal,
    isSilenced: async () => silenced,
    onDelivered: (each) => told.push(each),
  }
}

describe('calls of webhooks', () => {
  it('bear an idempotency key and a signature that the receiver can check', async () => {
    const key = await owe('a')
    expect(await deliverNow()).toEqual([{ key, target: origin(), delivered: true, problem: null }])
    const [{ headers, body }] = calls as [Call]
    expect(headers['idempotency-key']).toBe(key)
    const signed = createHmac('sha256', 'secret').update(`${headers['x-taxon-time']}.${body}`).digest('hex')
    expect(headers['x-taxon-signature']).toBe(`sha256=${signed}`)
    expect(JSON.parse(body)).toEqual({ of: 'a' })
    expect(await deliverNow()).toEqual([])
  })

  it('are signed as openssl signs, and only with a secret', () => {
    // printf '1.{}' | openssl dgst -sha256 -hmac Jefe
    const signature = 'sha256=dc7943cccf20f64327d263db5e2aca27c2b8175e8e6e7ea04f482091bf456b0f'
    expect(callHeaders('k', '{}', 'Jefe', 1)).toMatchObject({ 'x-taxon-signature': signature })
    expect(callHeaders('k', '{}', null, 1)).not.toHaveProperty('x-taxon-signature')
  })

  it('are repeated with the same key until they are taken', async () => {
    const key = await owe('a')
    answers = [{ status: 500 }]
    expect(await deliverNow()).toEqual([{ key, target: origin(), delivered: false, problem: 'answered 500' }])
    expect(await deliverNow()).toEqual([])
    const due = await store.dueDeliveries(Date.now() + 3000, 10)
    expect(due).toMatchObject([{ key, attempts: 1, problem: 'answered 500' }])
    await store.settleDelivery(key, url, { nextAt: Date.now(), problem: 'again' })
    expect((await deliverNow())[0]?.delivered).toBe(true)
    expect(calls.map(({ headers }) => headers['idempotency-key'])).toEqual([key, key])
  })

  it('wait as long as the receiver asks, and no longer than an hour', async () => {
    await owe('a')
    answers = [{ status: 429, headers: { 'retry-after': '120' } }]
    await deliverNow()
    expect(await store.dueDeliveries(Date.now() + 110_000, 1)).toEqual([])
    expect(await store.dueDeliveries(Date.now() + 121_000, 1)).toHaveLength(1)
    await owe('b')
    answers = [{ status: 503, headers: { 'retry-after': '99999999' } }]
    await deliverNow()
    expect(await store.dueDeliveries(Date.now() + 3_601_000, 10)).toHaveLength(2)
  })

  it('do not follow where they are sent on to', async () => {
    await owe('a')
    answers = [{ status: 302, headers: { location: url } }]
    expect((await deliverNow())[0]).toMatchObject({ delivered: false, problem: 'answered 302' })
    expect(calls).toHaveLength(1)
  })

  it('stay owed while nobody is there, and while their webhook is not in the settings', async () => {
    const key = await owe('a')
    const { port } = server.address() as AddressInfo
    await new Promise((resolve) => server.close(resolve))
    expect((await deliverNow())[0]).toMatchObject({ delivered: false, problem: 'ECONNREFUSED' })
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
    await store.retryDeliveries(Date.now())
    await deliverDue(store, { url: `${url}else`, secret: null, verdicts: ['unknown'] }, options([]))
    expect(await store.dueDeliveries(Date.now(), 1)).toMatchObject([{ key, attempts: 1 }])
    expect((await deliverNow())[0]?.delivered).toBe(true)
  })

  it('do not come in a rush where a receiver asks for no wait, which an end waits for no longer', async () => {
    await owe('a')
    answers = Array.from({ length: 50 }, () => ({ status: 503, headers: { 'retry-after': '0' } }))
    await deliver(store, { url, secret: null, verdicts: ['unknown'] }, options([]), () => true)
    expect(calls.length).toBe(3)
    expect(await store.dueDeliveries(Date.now() + 60_000, 1)).toHaveLength(1)
  })

  it('are all made before an end, though some are refused at first', async () => {
    const keys = await Promise.all(Array.from({ length: 30 }, (_, i) => owe(`text ${i}`)))
    answers = Array.from({ length: 10 }, (_, i) => ({ status: i % 2 === 0 ? 503 : 200 }))
    const told: Delivered[] = []
    await deliver(store, { url, secret: null, verdicts: ['unknown'] }, options(told), () => true)
    const delivered = told.filter((each) => each.delivered).map(({ key }) => key)
    expect(delivered.sort()).toEqual(keys.sort())
  })

  it('are not made for what was allowed since', async () => {
    const key = await owe('a')
    const told: Delivered[] = []
    await deliverDue(store, { url, secret: null, verdicts: ['unknown'] }, options(told, true))
    expect(told).toEqual([{ key, target: origin(), delivered: false, problem: 'silenced by the allow-list' }])
    expect(calls).toEqual([])
    expect(await store.dueDeliveries(Date.now() + 1e9, 1)).toEqual([])
  })

  it('are not signed with nothing', async () => {
    const secretFile = join(folder, 'empty')
    await writeFile(secretFile, '\n')
    await expect(openWebhooks([{ url, secretFile, verdicts: ['unknown'] }])).rejects.toThrow('is empty')
  })
})

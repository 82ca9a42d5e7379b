import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import fc from 'fast-check'
import { afterEach, describe, expect, it } from 'vitest'
import { fakeCape } from '../../../test/fake-cape.ts'
import { fakeCuckoo } from '../../../test/fake-cuckoo.ts'
import { KnownError } from '../../core/index.ts'
import type { RestOptions } from './rest-sandbox.ts'
import type { SandboxSample } from './sandbox.ts'
import { SandboxError } from './sandbox-errors.ts'
import { sandboxKinds } from './sandbox-kinds.ts'

const toStop: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const stop of toStop.splice(0)) await stop()
})

/** A server that does as it is told, and where it is. */
async function listen(listener: RequestListener): Promise<string> {
  const server: Server = createServer(listener)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  toStop.push(() => {
    server.closeAllConnections()
    return new Promise((resolve) => server.close(resolve))
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const bytes = Buffer.from('sample')
const sample: SandboxSample = {
  sha256: createHash('sha256').update(bytes).digest('hex'),
  name: 'a.exe',
  size: bytes.length,
  open: async function* () {
    yield bytes
  },
}

const TOKEN = 'a-secret-word'
const failureOf = (promise: Promise<unknown>) =>
  promise.then(
    () => null,
    (error: unknown) => error as SandboxError,
  )

async function drain(chunks: AsyncIterable<Uint8Array>): Promise<number> {
  let length = 0
  for await (const chunk of chunks) length += chunk.length
  return length
}

describe.each(sandboxKinds)('the API of $name', ({ name, open }) => {
  const at = async (listener: RequestListener, options: RestOptions = {}) =>
    open(await listen(listener), options)
  const serve = name === 'cuckoo' ? fakeCuckoo : fakeCape

  it('tells what a sandbox says of itself', async () => {
    const server = await serve({ token: TOKEN })
    toStop.push(server.stop)
    const sandbox = open(`${server.url}/`, { token: TOKEN })
    expect(sandbox.name).toBe(`${name} ${server.url}`)
    expect(await sandbox.state()).toMatchObject({
      hostname: 'made-up',
      machines: { total: expect.any(Number) },
    })
    const scheme = name === 'cuckoo' ? 'Bearer' : 'Token'
    expect(server.requests[0]!.authorization).toBe(`${scheme} ${TOKEN}`)
  })

  it('follows redirects on the same server only', async () => {
    const other: string[] = []
    const elsewhere = await listen((request, response) => {
      other.push(request.url!)
      response.end('{}')
    })
    const sandbox = await at((request, response) => {
      if (request.url!.startsWith('/moved')) response.end('{"version":"1","data":{"version":"1"}}')
      else
        response
          .writeHead(302, { Location: request.url!.includes('view') ? `${elsewhere}/x` : '/moved' })
          .end()
    })
    expect(await sandbox.state()).toMatchObject({ version: '1' })
    expect(await failureOf(sandbox.status('1'))).toMatchObject({
      code: 'sandbox-refused',
      status: 302,
      passes: false,
    })
    expect(other).toEqual([])
  })

  it('ends redirects in a circle', async () => {
    const sandbox = await at((_, response) => void response.writeHead(301, { Location: '/' }).end())
    expect(await failureOf(sandbox.state())).toMatchObject({ code: 'sandbox-refused' })
  })

  it('never tells the token, not even where the server does', async () => {
    const said = JSON.stringify({ message: `no ${TOKEN}`, error_value: `no ${TOKEN}`, error: true })
    for (const status of [200, 403, 500]) {
      const sandbox = await at((_, response) => void response.writeHead(status).end(said), { token: TOKEN })
      for (const call of [sandbox.state(), sandbox.status('1'), sandbox.submit(sample, 'mark', {})]) {
        const error = await failureOf(call)
        expect(`${error?.message}${error?.stack}`).not.toContain(TOKEN)
      }
    }
  })

  it('asks to be left alone as long as the sandbox says, within reason', async () => {
    const date = new Date(Date.now() + 90_000).toUTCString()
    for (const [header, from, to] of [
      ['7', 7000, 7000],
      [date, 80_000, 90_000],
      ['99999999999', 3_600_000, 3_600_000],
      ['-1', null, null],
      ['soon', null, null],
    ] as const) {
      const sandbox = await at((_, response) => void response.writeHead(429, { 'Retry-After': header }).end())
      const error = await failureOf(sandbox.state())
      expect(error).toMatchObject({ code: 'sandbox-busy', passes: true, mayBeTaken: false })
      if (from === null) expect(error!.retryAfterMs ?? 0, header).toBeLessThanOrEqual(0)
      else {
        expect(error!.retryAfterMs).toBeGreaterThanOrEqual(from)
        expect(error!.retryAfterMs).toBeLessThanOrEqual(to)
      }
    }
  })

  it('holds no more than a mebibyte of an answer', async () => {
    let sent = 0
    const sandbox = await at((_, response) => {
      const more = () => {
        while (!response.destroyed && sent < 1e9) {
          sent += 65_536
          if (!response.write(Buffer.alloc(65_536, 0x20))) return void response.once('drain', more)
        }
      }
      more()
    })
    expect(await failureOf(sandbox.state())).toMatchObject({
      code: 'sandbox-answer',
      message: expect.stringContaining('more than 1048576 bytes'),
    })
    expect(sent).toBeLessThan(50e6)
  })

  it('waits no longer than it is told, for a head, for more, and for taking a sample', async () => {
    const silent = await at(() => {}, { silenceMs: 30 })
    expect(await failureOf(silent.state())).toMatchObject({ code: 'sandbox-unreachable', mayBeTaken: true })
    const stuck = await at((_, response) => void response.write('{'), { silenceMs: 30 })
    expect(await failureOf(stuck.state())).toMatchObject({ code: 'sandbox-unreachable' })
    const large = {
      ...sample,
      size: 64e6,
      open: async function* () {
        for (;;) yield Buffer.alloc(65_536)
      },
    }
    const deaf = await at((request) => void request.pause(), { silenceMs: 60 })
    expect(await failureOf(deaf.submit(large, 'mark', {}))).toMatchObject({ code: 'sandbox-unreachable' })
  })

  it('takes its own slowness for no silence', async () => {
    const sandbox = await at((_, response) => void response.end(Buffer.alloc(3_000_000, 0x20)), {
      silenceMs: 30,
    })
    let length = 0
    for await (const chunk of sandbox.report('1')) {
      if (length === 0) await new Promise((resolve) => setTimeout(resolve, 150))
      length += chunk.length
    }
    expect(length).toBe(3_000_000)
  })

  it('takes an answer that comes before all was sent', async () => {
    const sandbox = await at(
      (_, response) => void response.writeHead(413, { Connection: 'close' }).end('{"message":"too large"}'),
    )
    const large = {
      ...sample,
      size: 64e6,
      open: async function* () {
        for (;;) yield Buffer.alloc(65_536)
      },
    }
    const error = await failureOf(sandbox.submit(large, 'mark', {}))
    expect(['sandbox-refused', 'sandbox-unreachable']).toContain(error!.code)
  })

  it('tells that nothing listens', async () => {
    const server = await serve()
    await server.stop()
    const error = await failureOf(open(server.url).submit(sample, 'mark', {}))
    expect(error).toMatchObject({ code: 'sandbox-unreachable', mayBeTaken: false })
    expect(error!.message).toBe(`${name} ${server.url}: nothing listens there`)
  })

  it('stops at once when it is told to', async () => {
    const sandbox = await at(() => {})
    const stop = new AbortController()
    setTimeout(() => stop.abort(new Error('enough')), 5)
    await expect(sandbox.state(stop.signal)).rejects.toThrow('enough')
    await expect(sandbox.state(stop.signal)).rejects.toThrow('enough')
    const report = await at((_, response) => void response.write('{'.padEnd(9000)))
    const later = new AbortController()
    setTimeout(() => later.abort(new Error('enough')), 20)
    await expect(drain(report.report('1', later.signal))).rejects.toThrow('enough')
  })

  it('hands on what a sample throws', async () => {
    const server = await serve()
    toStop.push(server.stop)
    const broken = {
      ...sample,
      open: async function* () {
        yield bytes.subarray(0, 2)
        throw new RangeError('disk')
      },
    }
    await expect(open(server.url).submit(broken, 'mark', {})).rejects.toThrow('disk')
    expect(server.tasks).toHaveLength(0)
  })

  it.each([
    'nonsense',
    'ftp://host',
    'file:///etc/passwd',
    'http://user:word@host',
    'http://user:word@ho st',
  ])('refuses the address %s', (address) => {
    expect(() => open(address)).toThrow(KnownError)
    try {
      open(address)
    } catch (error) {
      expect((error as Error).message).not.toContain('word@')
    }
  })

  it.each(['', 'two words', 'a\r\nHost: b', 'é', 'x'.repeat(5000)])(
    'refuses the token %j without telling it',
    (token) => {
      expect(() => open('http://127.0.0.1:1', { token })).toThrow(/one word/)
    },
  )

  it.each(['', '../../admin', '1/../2', '1?x', '9'.repeat(30)])('asks for no task %j', async (task) => {
    const sandbox = open('http://127.0.0.1:1')
    expect(await failureOf(sandbox.status(task))).toMatchObject({ code: 'usage' })
    expect(await failureOf(drain(sandbox.report(task)))).toMatchObject({ code: 'usage' })
  })

  it('makes a result or a named error of any answer', async () => {
    let answer = { status: 200, body: '' }
    const sandbox = await at((_, response) => void response.writeHead(answer.status).end(answer.body))
    const keys = [
      'task_id',
      'data',
      'task',
      'task_ids',
      'status',
      'errors',
      'error',
      'error_value',
      'id',
      'tasks',
      'version',
      'machines',
      'owner',
      '__proto__',
    ]
    const leaf = fc.oneof(
      fc.constantFrom('reported', 'recovered', 'failed_analysis', 1, 7.5, -1, 1e300, null, true, '', '12'),
      fc.string(),
    )
    const { tree } = fc.letrec((tie) => ({
      tree: fc.oneof(
        { depthSize: 'small', withCrossShrink: true },
        leaf,
        fc.array(tie('tree'), { maxLength: 3 }),
        fc.dictionary(fc.constantFrom(...keys), tie('tree'), { maxKeys: 4 }),
      ),
    }))
    const body = fc.oneof(
      { weight: 4, arbitrary: tree.map((value) => JSON.stringify(value)) },
      fc.string(),
      fc.constantFrom('[[[['.repeat(10_000), '{"task":{"status":'),
    )
    await fc.assert(
      fc.asyncProperty(
        body,
        fc.constantFrom(200, 200, 200, 201, 204, 302, 400, 404, 500),
        async (text, status) => {
          answer = { status, body: status === 204 ? '' : text }
          const calls = [
            sandbox.submit(sample, 'mark', {}),
            sandbox.status('1'),
            sandbox.find(sample.sha256, 'mark'),
            sandbox.state(),
            drain(sandbox.report('1')),
          ]
          for (const call of calls) {
            const error = await failureOf(call)
            if (error !== null) expect(error).toBeInstanceOf(SandboxError)
          }
          const status1 = await sandbox.status('1').catch(() => null)
          if (status1 !== null && typeof status1 === 'object') expect(status1.failed.length).toBeLessThan(600)
        },
      ),
      { numRuns: 150 },
    )
  })

  it('makes a result or a named error of any bytes that are no HTTP', async () => {
    let raw = Buffer.alloc(0)
    const url = await listen((request) => void request.socket.end(raw))
    const sandbox = open(url, { silenceMs: 1000 })
    const http = fc.constantFrom(
      'HTTP/1.1 200 OK\r\n',
      'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n{',
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffff\r\n{',
      'HTTP/1.0 200 OK\r\n\r\n{"version"',
      `HTTP/1.1 200 OK\r\nX: ${'x'.repeat(40_000)}\r\n\r\n`,
    )
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(
          http.map((text) => Buffer.from(text)),
          fc.uint8Array().map((all) => Buffer.from(all)),
        ),
        async (bytes) => {
          raw = bytes
          for (const call of [
            sandbox.state(),
            sandbox.submit(sample, 'mark', {}),
            drain(sandbox.report('1')),
          ]) {
            expect(await failureOf(call)).toBeInstanceOf(SandboxError)
          }
        },
      ),
      { numRuns: 60 },
    )
  })
})

import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'

/** A task of a fake sandbox. */
export interface FakeTask {
  readonly id: number
  readonly sha256: string
  readonly size: number
  readonly name: string
  readonly form: ReadonlyMap<string, string>
  /** Its state, one step further each time it is asked for until the last. */
  readonly states: string[]
  readonly errors: readonly string[]
  readonly report: Report | null
  /** The task that this one was made of. */
  readonly after: number | null
}

/** A report as it is sent; `bytes` are what the header says of its length, null for a chunked one. */
export interface Report {
  readonly bytes: number | null
  chunks(): Iterable<Uint8Array>
}

/** What becomes of a sample. */
export interface Outcome {
  readonly states?: readonly string[]
  readonly errors?: readonly string[]
  readonly report?: Report | null
}

/** What goes wrong with one request. */
export type Fault =
  | {
      readonly is: 'status'
      readonly status: number
      readonly headers?: Record<string, string>
      readonly body?: string
    }
  | { readonly is: 'body'; readonly body: string }
  /** The connection breaks before anything was done. */
  | { readonly is: 'reset' }
  /** All was done and the connection breaks before the answer. */
  | { readonly is: 'lost' }
  /** The answer breaks off after so many bytes; `ends` as if it were whole, with no length said. */
  | { readonly is: 'cut'; readonly after: number; readonly ends?: boolean }
  | { readonly is: 'silent' }

/** A request as a plan sees it. */
export interface FakeRequest {
  readonly method: string
  readonly path: string
  /** How often this method and path were asked for before. */
  readonly before: number
  /** How many requests of all kinds came before. */
  readonly total: number
  readonly authorization: string | undefined
}

/** What a fake server is to do. */
export interface Plan {
  readonly token?: string
  /** @param number counts the submissions of the server, from 1 */
  outcome?(sample: { sha256: string; name: string; bytes: Buffer }, number: number): Outcome
  fault?(request: FakeRequest): Fault | null
}

/** What a dialect answers with: JSON with a status, or a report. */
export type Reply = { readonly status: number; readonly json: unknown } | { readonly report: Report }

/** An API as a table of what it answers. */
export interface Dialect {
  /** Refuses a token. */
  readonly unauthorized: Reply
  readonly scheme: string
  reply(method: string, url: URL, desk: Desk, upload: Upload | null): Reply
}

/** The tasks of a sandbox. */
export interface Desk {
  readonly tasks: FakeTask[]
  add(upload: Upload): FakeTask
  /** The state of a task, which moves on by being asked for; one that becomes `recovered` is added once more. */
  stateOf(task: FakeTask): string
}

/** What a form brought. */
export interface Upload {
  readonly name: string
  readonly bytes: Buffer
  readonly form: ReadonlyMap<string, string>
}

/** A fake sandbox that listens. Its tasks outlive stops. */
export interface FakeServer {
  readonly url: string
  readonly tasks: readonly FakeTask[]
  readonly requests: readonly FakeRequest[]
  /** Breaks all connections and refuses new ones. */
  stop(): Promise<void>
  start(): Promise<void>
}

/** Starts a fake sandbox on a free port of 127.0.0.1. */
export async function fakeServer(dialect: Dialect, plan: Plan = {}): Promise<FakeServer> {
  const tasks: FakeTask[] = []
  const requests: FakeRequest[] = []
  const desk: Desk = {
    tasks,
    add({ name, bytes, form }) {
      const sha256 = createHash('sha256').update(bytes).digest('hex')
      const outcome = plan.outcome?.({ sha256, name, bytes }, tasks.length + 1) ?? {}
      const task: FakeTask = {
        id: tasks.length + 1,
        sha256,
        size: bytes.length,
        name,
        form,
        after: null,
        states: [...(outcome.states ?? ['pending', 'running', 'completed', 'reported'])],
        errors: outcome.errors ?? [],
        report: outcome.report === undefined ? smallReport(sha256) : outcome.report,
      }
      tasks.push(task)
      return task
    },
    stateOf(task) {
      const state = task.states.length > 1 ? task.states.shift()! : task.states[0]!
      if (state === 'recovered' && !tasks.some(({ after }) => after === task.id))
        tasks.push({ ...task, id: tasks.length + 1, after: task.id, states: ['pending', 'reported'] })
      return state
    },
  }
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const url = new URL(request.url!, 'http://fake')
    const { method = '' } = request
    const path = url.pathname
    const before = requests.filter((each) => each.method === method && each.path === path).length
    const { authorization } = request.headers
    const seen: FakeRequest = { method, path, before, total: requests.length, authorization }
    requests.push(seen)
    const fault = plan.fault?.(seen) ?? null
    if (fault?.is === 'reset') return void request.socket.destroy()
    const body = await collect(request)
    if (fault?.is === 'silent') return
    if (fault?.is === 'status') {
      response.writeHead(fault.status, fault.headers).end(fault.body ?? '')
      return
    }
    if (fault?.is === 'body') return void response.end(fault.body)
    const upload = method === 'POST' ? multipart(request.headers['content-type'] ?? '', body) : null
    const isKnown = plan.token === undefined || authorization === `${dialect.scheme} ${plan.token}`
    const reply = isKnown ? dialect.reply(method, url, desk, upload) : dialect.unauthorized
    if (fault?.is === 'lost') return void request.socket.destroy()
    await send(response, reply, fault)
  }
  const sockets = new Set<Socket>()
  const listen = async (port: number) => {
    const server = createServer((request, response) => {
      answer(request, response).catch(() => request.socket.destroy())
    })
    server.on('connection', (socket) => {
      sockets.add(socket)
      socket.on('close', () => sockets.delete(socket))
    })
    server.listen(port, '127.0.0.1')
    await once(server, 'listening')
    return server
  }
  let server: Awaited<ReturnType<typeof listen>> | null = await listen(0)
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    tasks,
    requests,
    async stop() {
      if (!server) return
      const closed = once(server, 'close')
      server.close()
      for (const socket of sockets) socket.destroy()
      server = null
      await closed
    },
    async start() {
      server ??= await listen(port)
    },
  }
}

async function send(response: ServerResponse, reply: Reply, fault: Fault | null): Promise<void> {
  const isReport = 'report' in reply
  const text = isReport ? null : Buffer.from(JSON.stringify(reply.json))
  const length = isReport ? reply.report.bytes : text!.length
  const cut = fault?.is === 'cut' ? fault : null
  response.writeHead(isReport ? 200 : reply.status, {
    'Content-Type': 'application/json',
    ...(cut?.ends ? { Connection: 'close' } : length === null ? {} : { 'Content-Length': String(length) }),
  })
  // As HTTP/1.0 servers do, which Cuckoo's own is: the end of the connection is the end of the answer.
  if (cut?.ends) response.useChunkedEncodingByDefault = response.chunkedEncoding = false
  let left = cut?.after ?? Number.POSITIVE_INFINITY
  for (const chunk of isReport ? reply.report.chunks() : [text!]) {
    const part = chunk.subarray(0, left)
    left -= part.length
    if (!response.write(part)) await drained(response)
    if (response.destroyed) return
    if (left > 0) continue
    if (cut?.ends) response.end()
    else response.socket?.end(() => response.destroy())
    return
  }
  response.end()
}

function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      response.off('drain', done)
      response.off('close', done)
      resolve()
    }
    response.on('drain', done)
    response.on('close', done)
  })
}

async function collect(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}

/** Reads a form (RFC 7578); a file that is missing, as Flask would, is an error. */
function multipart(type: string, body: Buffer): Upload {
  const boundary = /^multipart\/form-data; boundary=([^;]+)$/.exec(type)?.[1]
  if (boundary === undefined) throw new TypeError('no form')
  const form = new Map<string, string>()
  let file: { name: string; bytes: Buffer } | null = null
  const mark = `--${boundary}`
  let at = body.indexOf(mark)
  while (body.subarray(at + mark.length, at + mark.length + 2).toString() === '\r\n') {
    const begin = at + mark.length + 2
    const head = body.indexOf('\r\n\r\n', begin)
    const end = body.indexOf(`\r\n${mark}`, head)
    if (head < 0 || end < 0) throw new TypeError('a form that is cut off')
    const headers = body.subarray(begin, head).toString()
    const content = body.subarray(head + 4, end)
    const name = / name="([^"]*)"/.exec(headers)?.[1] ?? ''
    const filename = / filename="([^"]*)"/.exec(headers)?.[1]
    if (name === 'file') file = { name: filename ?? '', bytes: content }
    else form.set(name, content.toString())
    at = end + 2
  }
  if (!file) throw new TypeError('a form without a file')
  return { ...file, form }
}

/** A report of made-up calls in Cuckoo 2's layout, about so many bytes long, sent from one block over and over. */
export function bigReport(
  sha256: string,
  bytes: number,
  callsInBlock = 2000,
): Report & { readonly calls: number } {
  const open = Buffer.from(
    `{"info":{"version":"2.0.7","score":1.5,"duration":60,"id":1},"target":{"category":"file","file":{"sha256":"${sha256}","name":"a.exe"}},"behavior":{"processes":[{"process_name":"a.exe","pid":2000,"ppid":4,"calls":[`,
  )
  const calls = Array.from({ length: callsInBlock }, (_, i) =>
    JSON.stringify({
      category: 'file',
      status: 1,
      stacktrace: [],
      api: ['NtCreateFile', 'NtReadFile', 'NtWriteFile', 'RegOpenKeyExW', 'NtClose'][(i * 7) % 5],
      return_value: 0,
      arguments: {
        file_handle: `0x${((i * 2654435761) >>> 0).toString(16)}`,
        filepath: `C:\\Temp\\${i}.tmp`,
      },
      time: 1717617500 + i / 1000,
      tid: 2004,
      flags: {},
    }),
  )
  const block = Buffer.from(`${calls.join(',\n')},\n`)
  const last = Buffer.from('{"api":"NtTerminateProcess","time":1717620000,"tid":2004}')
  const close = Buffer.from(']}]}}\n')
  const blocks = Math.max(0, Math.round((bytes - open.length) / block.length))
  return {
    bytes: open.length + blocks * block.length + last.length + close.length,
    calls: blocks * callsInBlock + 1,
    *chunks() {
      yield open
      for (let i = 0; i < blocks; i++) yield block
      yield last
      yield close
    },
  }
}

/** A report of a few calls. */
export function smallReport(sha256: string): Report & { readonly calls: number } {
  return bigReport(sha256, 4000, 12)
}

/** Any text as a report. */
export function textReport(text: string): Report {
  const bytes = Buffer.from(text)
  return { bytes: bytes.length, chunks: () => [bytes] }
}

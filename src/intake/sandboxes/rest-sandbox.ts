import { LimitExceededError, peek, UsageError } from '../../core/index.ts'
import { type Answer, type Exchange, exchange } from './exchange.ts'
import { taskNumber, textAt } from './json-answer.ts'
import { type Body, formBody } from './multipart.ts'
import type { AnalysisOptions, Sandbox, SandboxSample, ServerState, TaskStatus } from './sandbox.ts'
import {
  AnswerCutError,
  BusySandboxError,
  RefusedBySandboxError,
  type SandboxError,
  UnexpectedAnswerError,
} from './sandbox-errors.ts'

/** What is particular to the REST API of one kind of sandbox. */
export interface RestApi {
  readonly kind: string
  /** The word before the token in the header `Authorization`. */
  readonly scheme: string
  readonly paths: {
    readonly create: string
    readonly state: string
    view(task: string): string
    report(task: string): string
  }
  /** Form fields by which the task of a submission is found again. */
  marked(mark: string): readonly (readonly [string, string])[]
  /** What a well-formed answer with status 200 says against it; null where it says nothing. */
  complaint(answer: unknown): string | null
  /** The number of the new task; null where the sandbox says that it made none. */
  created(answer: unknown): unknown
  /** How far a task is; null for anything that says nothing of a task. */
  viewed(answer: unknown): TaskStatus | null
  state(answer: unknown): ServerState
  find(ask: (path: string) => Promise<unknown>, sha256: string, mark: string): Promise<string | null>
}

/** How a sandbox is talked to. */
export interface RestOptions {
  /** Never part of a message. */
  readonly token?: string
  /** Longest silence of the server, in milliseconds; default one minute. */
  readonly silenceMs?: number
  /** Most bytes of one report; what follows is left, and the report is partial. */
  readonly maxReportBytes?: number
}

/** Bytes of one report that are read by default: 8 GiB. */
export const DEFAULT_MAX_REPORT_BYTES = 8 * 1024 ** 3
/** Bytes of any other answer. */
const MAX_ANSWER_BYTES = 1024 ** 2
/** Bytes of an answer that is an error, of which only what it says is of interest. */
const MAX_COMPLAINT_BYTES = 64 * 1024
const DEFAULT_SILENCE_MS = 60_000
const ANSWER_MS = 10 * 60_000
const REPORT_MS = 12 * 3_600_000
/** A pace that a sandbox asks for is kept up to an hour. */
const MAX_RETRY_AFTER_MS = 3_600_000
const MAX_REDIRECTS = 3

/** A sandbox behind a REST API. @throws UsageError for an address or a token that cannot be used */
export function restSandbox(api: RestApi, address: string, options: RestOptions = {}): Sandbox {
  const { token, silenceMs = DEFAULT_SILENCE_MS, maxReportBytes = DEFAULT_MAX_REPORT_BYTES } = options
  const base = baseUrl(api.kind, address)
  const name = `${api.kind} ${base.origin}${base.pathname.replace(/\/$/, '')}`
  const headers: Record<string, string> = { Accept: 'application/json' }
  if (token !== undefined) headers.Authorization = `${api.scheme} ${checkedToken(token)}`
  /** What a server says may hold the token it was sent. */
  const discreet = (said: string | null) => (token && said ? said.replaceAll(token, '[token]') : said)

  const send = async (path: string, totalMs: number, signal?: AbortSignal, body?: Body): Promise<Answer> => {
    const method = body ? 'POST' : 'GET'
    const asked: Exchange = {
      subject: name,
      method,
      headers,
      silenceMs,
      totalMs,
      signal,
      ...(body && { body }),
    }
    let url = new URL(base.href.replace(/\/$/, '') + path)
    for (let redirects = 0; ; redirects++) {
      const answer = await exchange(url, asked)
      if (answer.status === 200) return answer
      try {
        const next = body || redirects >= MAX_REDIRECTS ? null : sameOrigin(answer, url)
        if (!next) throw await statusError(answer)
        url = next
      } finally {
        answer.close()
      }
    }
  }

  const statusError = async ({ status, headers: sent, chunks }: Answer): Promise<SandboxError> => {
    const answer = await collect(chunks, MAX_COMPLAINT_BYTES).then(parsed, () => undefined)
    const told = textAt(answer, 'message') ?? textAt(answer, 'error_value') ?? textAt(answer, 'detail')
    if (status >= 500 || PASSING.has(status))
      return new BusySandboxError(name, status, discreet(told), retryAfterMs(sent['retry-after']))
    if (status >= 300 && status < 400)
      return new RefusedBySandboxError(name, status, 'a redirect, which is not followed')
    if (status >= 400) return new RefusedBySandboxError(name, status, discreet(told))
    return new UnexpectedAnswerError(name, `status ${status}`)
  }

  const ask = async (path: string, signal?: AbortSignal, body?: Body): Promise<unknown> => {
    const answer = await send(path, ANSWER_MS, signal, body)
    try {
      const json = parsed(await collect(answer.chunks, MAX_ANSWER_BYTES).catch(tooLong))
      if (json === undefined) throw new UnexpectedAnswerError(name, 'not JSON')
      const complaint = api.complaint(json)
      if (complaint !== null) throw new RefusedBySandboxError(name, answer.status, discreet(complaint))
      return json
    } finally {
      answer.close()
    }
  }

  const tooLong = (error: unknown): never => {
    if (!(error instanceof LimitExceededError)) throw error
    throw new UnexpectedAnswerError(name, `more than ${error.limit} bytes`, { cause: error })
  }

  return {
    name,
    async submit(sample: SandboxSample, mark: string, chosen: AnalysisOptions, signal) {
      const fields = new Map([...Object.entries(chosen), ...api.marked(mark)])
      const answer = await ask(api.paths.create, signal, formBody(fields, sample))
      const created = api.created(answer)
      if (created === null) throw new RefusedBySandboxError(name, 200, 'no task was made of it')
      const task = taskNumber(created)
      if (task === null) throw new UnexpectedAnswerError(name, 'no number of a task')
      return { task }
    },
    find: (sha256, mark, signal) => api.find((path) => ask(path, signal), sha256, mark),
    async status(task, signal) {
      const status = api.viewed(await ask(api.paths.view(checkedTask(task)), signal))
      if (status === null) throw new UnexpectedAnswerError(name, 'no state of a task')
      return typeof status === 'string' ? status : { failed: discreet(status.failed) ?? '' }
    },
    async *report(task, signal) {
      const answer = await send(api.paths.report(checkedTask(task)), REPORT_MS, signal)
      try {
        const { head, rest } = await peek(answer.chunks, MAX_COMPLAINT_HEAD)
        const complaint = head.length < MAX_COMPLAINT_HEAD ? api.complaint(parsed(head)) : null
        if (complaint !== null) throw new RefusedBySandboxError(name, answer.status, discreet(complaint))
        yield* whole(rest, answer.hasEnd, maxReportBytes)
      } finally {
        answer.close()
      }
    },
    async state(signal) {
      return api.state(await ask(api.paths.state, signal))
    },
  }

  /** The chunks up to a cap. Where the connection does not tell the end, the end of the JSON must. */
  async function* whole(chunks: AsyncIterable<Uint8Array>, hasEnd: boolean, maxBytes: number) {
    let bytes = 0
    let last = 0
    for await (const chunk of chunks) {
      if (bytes + chunk.length > maxBytes) {
        if (maxBytes > bytes) yield chunk.subarray(0, maxBytes - bytes)
        throw new LimitExceededError('bytes of the report', maxBytes)
      }
      bytes += chunk.length
      const end = chunk.findLastIndex((byte) => byte > SPACE)
      if (end >= 0) last = chunk[end]!
      yield chunk
    }
    if (!hasEnd && last !== CLOSING_BRACE) throw new AnswerCutError(name, bytes)
  }
}

const SPACE = 0x20
const CLOSING_BRACE = 0x7d
/** Bytes of a report's start that are looked at: no report is as short as a complaint. */
const MAX_COMPLAINT_HEAD = 4096
/** Statuses below 500 after which the same may succeed later: too slow, too early, too many. */
const PASSING: ReadonlySet<number> = new Set([408, 425, 429])

async function collect(chunks: AsyncIterable<Uint8Array>, maxBytes: number): Promise<Uint8Array> {
  const held: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of chunks) {
    bytes += chunk.length
    if (bytes > maxBytes) throw new LimitExceededError('bytes of an answer', maxBytes)
    held.push(chunk)
  }
  return Buffer.concat(held)
}

/** The value that JSON stands for; undefined for anything else. */
function parsed(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8'))
  } catch {
    return undefined
  }
}

/** Where a redirect leads, if that is the same server: the token is for no other. */
function sameOrigin({ status, headers }: Answer, from: URL): URL | null {
  if (status < 301 || status > 308 || headers.location === undefined) return null
  try {
    const url = new URL(headers.location, from)
    return url.origin === from.origin && url.username === '' ? url : null
  } catch {
    return null
  }
}

/** How long to wait (RFC 9110, 10.2.3: seconds or a date), within reason; null where it is not said. */
function retryAfterMs(header: string | undefined): number | null {
  if (header === undefined) return null
  const ms = /^\d+$/.test(header) ? Number(header) * 1000 : Date.parse(header) - Date.now()
  return Number.isNaN(ms) ? null : Math.min(Math.max(0, ms), MAX_RETRY_AFTER_MS)
}

function baseUrl(kind: string, address: string): URL {
  let url: URL
  try {
    url = new URL(address)
  } catch {
    // What was given may hold a password.
    throw new UsageError(`${kind}: an address such as http://localhost:8090 is wanted`)
  }
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    throw new UsageError(`${kind}: an http or https address is wanted, got ${JSON.stringify(url.protocol)}`)
  if (url.username !== '' || url.password !== '')
    throw new UsageError(`${kind}: the address must hold no password; a token is given in a file`)
  url.search = ''
  url.hash = ''
  return url
}

function checkedToken(token: string): string {
  if (/^[\x21-\x7e]{1,4096}$/.test(token)) return token
  throw new UsageError('the token of a sandbox is one word of ASCII characters')
}

function checkedTask(task: string): string {
  if (taskNumber(task) !== null) return task
  throw new UsageError(`the number of a task is wanted, got ${JSON.stringify(task.slice(0, 40))}`)
}
